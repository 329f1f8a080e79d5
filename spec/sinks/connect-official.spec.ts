import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Image, Points3D, Scalars, TextLog, ViewCoordinates } from "../../lib/archetypes/index.ts";
import { Spatial3DView } from "../../lib/blueprint/index.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { connect } from "../../sinks/connect.ts";
import { memory } from "../../sinks/memory.ts";
import { save } from "../../sinks/save.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { useLines } from "../helpers/lines.ts";
import { usePeer } from "../helpers/peers.ts";
import { eventually, freePort, type Receiver, useReceivers } from "../helpers/receivers.ts";
import { compare } from "../helpers/rerun-cli.ts";
import { flatOf } from "../helpers/rows.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

/** Something of everything. */
function logAll(rec: RecordingStream): void {
  rec.sendProperty("situation", TextLog("fair"));
  rec.log("world", ViewCoordinates.RIGHT_HAND_Z_UP, { static: true });
  for (let i = 0; i < 500; i++) {
    rec.setTime("frame", { sequence: i });
    rec.log("plots/sin", Scalars(Math.sin(i / 10)));
    if (i % 10 === 0) rec.log("log", TextLog(`step ${i}`, { level: "INFO" }));
    if (i % 50 === 0) {
      const positions = Float32Array.from({ length: 3000 }, (_, j) => i + j);
      rec.log("world/points", Points3D(positions, { radii: 0.1 }));
      const data = new Uint8Array(64 * 48 * 3).fill(i % 256);
      rec.log("camera", Image({ data, width: 64, height: 48, colorModel: "RGB" }));
    }
  }
  rec.sendColumns(
    "plots/columns",
    { t: { duration: Float64Array.from({ length: 1000 }, (_, i) => i / 100) } },
    Scalars.columns({ scalars: Float64Array.from({ length: 1000 }, (_, i) => i) }),
  );
}

/** Rows in a file that may still grow, or be cut off. */
async function rowsIn(file: string): Promise<number> {
  const bytes = await readFile(file);
  if (bytes.length < 12) return 0;
  return decodeRrd(bytes).chunks.reduce((rows, chunk) => rows + chunk.numRows, 0);
}

const until = async (file: string, rows: number): Promise<void> =>
  eventually(async () => (await rowsIn(file)) >= rows, `${rows} rows in ${file}`);

describe("connect, with the official programs", function () {
  this.timeout(120_000);
  usePeer("rerun-cli");
  const dir = useTempDir();
  const start = useReceivers();
  const open = useLines();

  it("gives `rerun --save` exactly what a file gets", async () => {
    const receiver = await start.save(dir.file("received.rrd"));
    const rec = new RecordingStream("spec");
    rec.attach(connect(receiver.url));
    rec.attach(save(dir.file("saved.rrd")));
    logAll(rec);
    const { complete, sinks } = await rec.close();
    expect(complete).to.equal(true);
    const [sent, saved] = sinks;
    expect(sent).to.include({ droppedRows: 0, state: "closed" });
    expect(sent?.deliveredRows).to.equal(saved?.deliveredRows);
    await until(dir.file("received.rrd"), saved?.deliveredRows ?? Infinity);
    await receiver.kill("SIGTERM");
    const { code, stderr } = await compare(dir.file("saved.rrd"), dir.file("received.rrd"));
    expect(code, stderr).to.equal(0);
  });

  it("gives viewers that read from `rerun --serve-grpc` exactly what a file gets", async () => {
    const server = await start.serveGrpc();
    const rec = new RecordingStream("spec");
    rec.attach(connect(`127.0.0.1:${server.port}`, { compression: "none" }));
    rec.attach(save(dir.file("saved.rrd")));
    logAll(rec);
    const { complete, sinks } = await rec.close();
    expect(complete).to.equal(true);
    const reader = await start.read(server, dir.file("read.rrd"));
    await until(dir.file("read.rrd"), sinks[0]?.deliveredRows ?? Infinity);
    await reader.kill("SIGTERM");
    const { code, stderr } = await compare(dir.file("saved.rrd"), dir.file("read.rrd"));
    expect(code, stderr).to.equal(0);
  });

  it("waits for a viewer that is started later, and delivers what was logged before", async () => {
    const port = await freePort();
    const rec = new RecordingStream("spec");
    const sink = connect(`rerun+http://127.0.0.1:${port}/proxy`);
    const states: string[] = [];
    sink.state$.subscribe((state) => states.push(state));
    rec.attach(sink);
    logAll(rec);
    await sleep(300);
    expect(states).to.deep.equal(["connecting"]);
    expect(sink.trouble?.message).to.include("nothing listens there");
    const receiver = await start.save(dir.file("received.rrd"), port);
    const { complete, sinks } = await rec.flush({ signal: AbortSignal.timeout(20_000) });
    expect(complete).to.equal(true);
    expect(states).to.deep.equal(["connecting", "open"]);
    expect(sink.trouble).to.equal(undefined);
    await until(dir.file("received.rrd"), sinks[0]?.deliveredRows ?? Infinity);
    await rec.close();
    await receiver.kill();
  });

  /** A viewer that is killed again and again while a program logs; each one writes a file of its own. */
  async function killAndKill(
    rec: RecordingStream,
    { rows, kills }: { rows: number; kills: number },
  ) {
    const port = await freePort();
    rec.errors$.subscribe(() => undefined);
    const attached = rec.attach(connect(`rerun+http://127.0.0.1:${port}/proxy`));
    rec.sendBlueprint(Spatial3DView({ origin: "world" }));
    rec.log("static", Scalars(-1), { static: true });
    let receiver: Receiver | undefined;
    let file = "";
    let restarts = 0;
    let running = true;
    const restart = async (): Promise<void> => {
      file = dir.file(`${restarts++}.rrd`);
      receiver = await start.save(file, port);
    };
    const kill = async (): Promise<void> => receiver?.kill("SIGKILL");
    await restart();
    const killing = (async () => {
      for (let i = 0; i < kills; i++) {
        await sleep(200 + Math.random() * 600);
        await kill();
        // Now and then nobody is there for so long that attempts have become rare.
        if (i % 2 === 1) await sleep(2_000);
        if (i === kills - 1) running = false;
        await restart();
      }
    })();
    /** How long each call took, while viewers come and go. */
    const took: number[] = [];
    let logged = 0;
    // As long as it takes: the last rows are logged while the viewer is being killed.
    while (logged < rows) {
      const pace = running ? rows / 10 : rows;
      for (let i = 0; i < pace / 100 && logged < rows; i++) {
        rec.setTime("frame", { sequence: logged });
        const before = performance.now();
        rec.log("value", Scalars(logged));
        if (running) took.push(performance.now() - before);
        logged++;
      }
      await sleep(running ? 10 : 0);
    }
    await killing;
    const { complete } = await rec.flush({ signal: AbortSignal.timeout(60_000) });
    expect(complete).to.equal(true);
    return { attached, took, kill, restart, file: () => file };
  }

  const valuesIn = async (file: string): Promise<number[]> =>
    decodeRrd(await readFile(file))
      .chunks.filter((chunk) => chunk.entityPath === "/value")
      .flatMap((chunk) => Array.from(flatOf(chunk, "Scalars:scalars"), Number));

  it("brings a viewer that is killed again and again back to every row, each once", async () => {
    const rows = 100_000;
    const rec = new RecordingStream("spec", { historyBytes: 1 << 30 });
    const { attached, took, file } = await killAndKill(rec, { rows, kills: 6 });
    await eventually(
      async () => (await valuesIn(file())).length >= rows,
      "all rows in the last file",
    );
    const numbers = await valuesIn(file());
    expect(numbers).to.have.lengthOf(rows);
    expect(numbers.every((number, i) => number === i)).to.equal(true);
    const { chunks } = decodeRrd(await readFile(file()));
    expect(chunks.filter((chunk) => chunk.entityPath === "/static")).to.have.lengthOf(1);
    expect(attached.stats).to.deep.include({
      deliveredRows: rec.stats.loggedRows,
      droppedRows: 0,
      queuedBytes: 0,
    });

    took.sort((a, b) => a - b);
    const p999 = took[Math.floor(took.length * 0.999)] ?? Infinity;
    console.log(
      `        log(): p50 ${us(took[took.length >> 1])}, p99 ${us(took[Math.floor(took.length * 0.99)])}, p99.9 ${us(p999)}, max ${us(took.at(-1))}`,
    );
    expect(p999).to.be.below(1);
    await rec.close();
  });

  it("brings it back to exactly what the recording retains, each once and in order, with the blueprint", async () => {
    const rows = 50_000;
    // Chunks of one size on machines of any speed: how many rows are retained depends on it.
    const batch = { flushNumRows: 200, flushTickMs: 60_000 };
    const rec = new RecordingStream("spec", { historyBytes: 200_000, batch });
    const { kill, restart, file } = await killAndKill(rec, { rows, kills: 2 });
    // Everything is logged and acknowledged: the next viewer gets what is retained, and nothing else.
    await kill();
    await restart();
    const late = memory();
    rec.attach(late);
    await rec.flush();
    const retained = late.messages.flatMap((message) =>
      message.kind === "chunk" ? [String(message.chunk.id).toLowerCase()] : [],
    );
    const chunksIn = async () => decodeRrd(await readFile(file()));
    await until(file(), 1);
    await eventually(async () => (await chunksIn()).chunks.length >= retained.length, "all of it");
    const { chunks, messages } = await chunksIn();
    expect(chunks.map(({ chunkId }) => chunkId)).to.deep.equal(retained);
    const activations = messages.filter(({ kind }) => kind === "blueprint-activation");
    expect(activations).to.have.lengthOf(1);
    expect(chunks.filter(({ entityPath }) => entityPath === "/static")).to.have.lengthOf(1);
    const numbers = await valuesIn(file());
    expect(numbers.length).to.be.within(1_000, rows / 2);
    expect(numbers.every((number, i) => number === rows - numbers.length + i)).to.equal(true);
    await rec.close();
  });

  it("writes down twice what is sent twice to the same process, as the official receiver ignores nothing", async () => {
    const receiver = await start.save(dir.file("received.rrd"));
    const line = await open(receiver);
    const rec = new RecordingStream("spec", { sendProperties: false });
    rec.errors$.subscribe(() => undefined);
    const sink = connect(`127.0.0.1:${line.port}`);
    const attached = rec.attach(sink);
    for (let i = 0; i < 100; i++) rec.log("value", Scalars(i));
    await rec.flush();
    line.cut();
    await eventually(() => sink.state === "reconnecting", "the loss");
    rec.log("value", Scalars(100));
    expect((await rec.flush()).complete).to.equal(true);
    await eventually(
      async () => (await valuesIn(dir.file("received.rrd"))).includes(100),
      "the last",
    );
    expect(await valuesIn(dir.file("received.rrd"))).to.have.lengthOf(201);
    // Counted once, however often they were sent.
    expect(attached.stats).to.include({ deliveredRows: 101, droppedRows: 0 });
    await rec.close();
    await receiver.kill();
  });
});

const us = (ms: number | undefined): string => `${((ms ?? Number.NaN) * 1000).toFixed(1)} µs`;
