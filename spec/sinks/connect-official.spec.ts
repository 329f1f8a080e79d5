import { access, readFile, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Image, Points3D, Scalars, TextLog, ViewCoordinates } from "../../lib/archetypes/index.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { connect } from "../../sinks/connect.ts";
import { save } from "../../sinks/save.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
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

  it("brings a viewer that is killed again and again back to every row, each once", async function () {
    const rows = 100_000;
    const kills = 5;
    const port = await freePort();
    const rec = new RecordingStream("spec", { historyBytes: 1 << 30 });
    rec.errors$.subscribe(() => undefined);
    const attached = rec.attach(connect(`rerun+http://127.0.0.1:${port}/proxy`));
    rec.log("static", Scalars(-1), { static: true });
    let receiver: Receiver | undefined;
    let file = "";
    let restarts = 0;
    let running = true;
    const restart = async (): Promise<void> => {
      file = dir.file(`${restarts++}.rrd`);
      receiver = await start.save(file, port);
    };
    await restart();
    const killing = (async () => {
      for (let i = 0; i < kills; i++) {
        await sleep(200 + Math.random() * 600);
        await receiver?.kill("SIGKILL");
        await restart();
      }
      running = false;
    })();

    const took: number[] = [];
    let logged = 0;
    // As long as it takes: the last rows are logged while the viewer is being killed.
    while (logged < rows) {
      const pace = running ? rows / 10 : rows;
      for (let i = 0; i < pace / 100 && logged < rows; i++) {
        rec.setTime("frame", { sequence: logged });
        const before = performance.now();
        rec.log("value", Scalars(logged));
        took.push(performance.now() - before);
        logged++;
      }
      await sleep(running ? 10 : 0);
    }
    await killing;
    const { complete } = await rec.flush({ signal: AbortSignal.timeout(60_000) });
    expect(complete).to.equal(true);
    // The start time of the recording and the static value are rows as well.
    await until(file, rows + 2);
    const { chunks } = decodeRrd(await readFile(file));
    const numbers = chunks
      .filter((chunk) => chunk.entityPath === "/value")
      .flatMap((chunk) => Array.from(flatOf(chunk, "Scalars:scalars"), Number));
    expect(numbers).to.have.lengthOf(rows);
    expect(numbers.every((number, i) => number === i)).to.equal(true);
    expect(chunks.filter((chunk) => chunk.entityPath === "/static")).to.have.lengthOf(1);
    expect(attached.stats).to.deep.include({
      deliveredRows: rows + 2,
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
    for (let i = 0; i < restarts; i++) await access(dir.file(`${i}.rrd`));
    expect((await stat(file)).size).to.be.above(0);
  });
});

const us = (ms: number | undefined): string => `${((ms ?? Number.NaN) * 1000).toFixed(1)} µs`;
