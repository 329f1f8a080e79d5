import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import {
  Image,
  Pinhole,
  Scalars,
  TextDocument,
  Transform3D,
  ViewCoordinates,
} from "../../lib/archetypes/index.ts";
import type { Attachment } from "../../lib/attachment.ts";
import { streamHeader } from "../../lib/encode/rrd.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { filterEntities } from "../../operators/filter-entities.ts";
import { throttleEntities } from "../../operators/throttle-entities.ts";
import { connect } from "../../sinks/connect.ts";
import { memory } from "../../sinks/memory.ts";
import { save } from "../../sinks/save.ts";
import { type DecodedChunk, decodeRrd } from "../helpers/decode-rrd.ts";
import type { HubClient } from "../helpers/hub-client.ts";
import { usePeer } from "../helpers/peers.ts";
import { eventually, useReceivers } from "../helpers/receivers.ts";
import { compare, stats, verify } from "../helpers/rerun-cli.ts";
import { chunksOf, numbersOf, values } from "../helpers/rows.ts";
import { useHub } from "../helpers/use-hub.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

const SECONDS = 10;
const HZ = 100;
const ENTITIES = ["/camera/image", "/camera/pose", "/camera/debug/fps", "/debug/loop"];

/** Logs ten seconds of a robot: four entities at 100 Hz, on a timeline that the program gives. */
async function drive(rec: RecordingStream): Promise<void> {
  rec.log("world", ViewCoordinates.RIGHT_HAND_Z_UP, { static: true });
  rec.log("camera", Pinhole({ focalLength: 100, width: 8, height: 8 }), { static: true });
  rec.log("debug", TextDocument("how to debug"), { static: true });
  for (let i = 0; i < SECONDS * HZ; i++) {
    rec.setTime("sensor", { duration: i / HZ });
    const data = new Uint8Array(64).fill(i % 256);
    rec.log("camera/image", Image({ data, width: 8, height: 8, colorModel: "L" }));
    rec.log("camera/pose", Transform3D({ translation: [i, 0, 0] }));
    rec.log("camera/debug/fps", Scalars(i));
    rec.log("debug/loop", Scalars(i));
    // Sinks come to their turn in between.
    if (i % 50 === 0) await sleep(2);
  }
}

function recording(): RecordingStream {
  // Chunks of a number of rows: those of the file must not depend on who else watches.
  return new RecordingStream("robot", { deterministic: true, batch: { flushNumRows: 64 } });
}

/** Rows of each temporal entity. */
function rowsByEntity(chunks: readonly DecodedChunk[]): Record<string, number> {
  const rows: Record<string, number> = {};
  for (const chunk of chunks) {
    if (chunk.timelines.length === 0) continue;
    rows[chunk.entityPath] = (rows[chunk.entityPath] ?? 0) + chunk.numRows;
  }
  return rows;
}

/** Entities with static data. */
const staticEntities = (chunks: readonly DecodedChunk[]): string[] =>
  chunks
    .filter((c) => c.timelines.length === 0)
    .map((c) => c.entityPath)
    .sort();

/** What a WebSocket client received, as a file. */
function captured(client: HubClient): Uint8Array {
  return Buffer.concat([streamHeader(), ...client.frames]);
}

/** Rows as the official command counts them. */
async function countedRows(file: string): Promise<number> {
  const { code, stdout, stderr } = await stats(file);
  expect(code, stderr).to.equal(0);
  // Digits are in groups of three.
  return Number(/^num_rows = (.+)$/m.exec(stdout)?.[1]?.replaceAll(/\D/g, ""));
}

describe("a pipeline per sink", function () {
  this.timeout(120_000);
  usePeer("rerun-cli");
  const dir = useTempDir();
  const receivers = useReceivers();
  const hub = useHub();

  it("gives three sinks of one program exactly what each asked for, and the file no less than alone", async () => {
    const receiver = await receivers.save(dir.file("grpc.rrd"));
    const served = await hub.serve();
    const client = await hub.client(served.port);

    const rec = recording();
    const file = rec.attach(save(dir.file("file.rrd")));
    const grpc = rec.attach(connect(receiver.url), {
      pipe: [
        filterEntities("+ /camera/**\n- /debug/**"),
        throttleEntities({ timeline: "sensor", intervalMs: 100, maxDelayMs: Infinity }),
      ],
    });
    const web = rec.attach(served, {
      pipe: [throttleEntities({ timeline: "sensor", intervalMs: 500, maxDelayMs: Infinity })],
    });
    await drive(rec);
    // Ends the pipeline: the values of the last interval pass.
    await rec.detach(web, { close: false });
    const expected = { file: 4 * 1000 + 4, grpc: 3 * 100 + 3, web: 4 * 20 + 4 };
    await client.until(
      () => decodeRrd(captured(client)).chunks.reduce((n, c) => n + c.numRows, 0) >= expected.web,
    );
    const { complete } = await rec.close();
    expect(complete).to.equal(true);
    const rowsOf = ({ stats: { deliveredRows, droppedRows } }: Attachment): number[] => [
      deliveredRows,
      droppedRows,
    ];
    expect([file, grpc, web].map(rowsOf)).to.deep.equal([
      [expected.file, 0],
      [expected.grpc, 0],
      [expected.web, 0],
    ]);
    await eventually(
      async () =>
        decodeRrd(await readFile(dir.file("grpc.rrd"))).chunks.reduce((n, c) => n + c.numRows, 0) >=
        expected.grpc,
      "the receiver has everything",
    );
    await receiver.kill("SIGTERM");
    await writeFile(dir.file("web.rrd"), captured(client));

    const captures = {
      file: decodeRrd(await readFile(dir.file("file.rrd"))).chunks,
      grpc: decodeRrd(await readFile(dir.file("grpc.rrd"))).chunks,
      web: decodeRrd(await readFile(dir.file("web.rrd"))).chunks,
    };
    for (const name of ["file", "grpc", "web"] as const) {
      expect(await countedRows(dir.file(`${name}.rrd`)), name).to.equal(expected[name]);
    }
    // The other two are captures that end without a footer.
    const verified = await verify(dir.file("file.rrd"));
    expect(verified.code, verified.stderr).to.equal(0);
    const each = (paths: readonly string[], rows: number): Record<string, number> =>
      Object.fromEntries(paths.map((path) => [path, rows]));
    expect(rowsByEntity(captures.file)).to.deep.equal(each(ENTITIES, 1000));
    expect(rowsByEntity(captures.grpc)).to.deep.equal(each(ENTITIES.slice(0, 3), 100));
    expect(rowsByEntity(captures.web)).to.deep.equal(each(ENTITIES, 20));
    expect(staticEntities(captures.file)).to.deep.equal([
      "/__properties",
      "/camera",
      "/debug",
      "/world",
    ]);
    expect(staticEntities(captures.grpc)).to.deep.equal(["/__properties", "/camera", "/world"]);
    expect(staticEntities(captures.web)).to.deep.equal([
      "/__properties",
      "/camera",
      "/debug",
      "/world",
    ]);
    // The last row of each interval, and no other.
    const poses = captures.grpc
      .filter((c) => c.entityPath === "/camera/pose")
      .flatMap((c) => c.column("Transform3D:translation"));
    expect(poses).to.deep.equal(Array.from({ length: 100 }, (_, i) => [[10 * i + 9, 0, 0]]));

    const alone = recording();
    alone.attach(save(dir.file("alone.rrd")));
    await drive(alone);
    await alone.close();
    const { code, stderr } = await compare(dir.file("alone.rrd"), dir.file("file.rrd"));
    expect(code, stderr.slice(0, 500)).to.equal(0);
    const [a, b] = await Promise.all(
      ["alone.rrd", "file.rrd"].map((name) => readFile(dir.file(name))),
    );
    expect(a?.equals(b as Buffer)).to.equal(true);
  });

  it("keeps the rate by the clock, and lets the last value pass while the program is silent", async () => {
    const rec = new RecordingStream("clock", { batch: { flushTickMs: 5 } });
    const all = memory();
    const some = memory();
    rec.attach(all);
    rec.attach(some, { pipe: [throttleEntities(100)] });
    const start = performance.now();
    let last = 0;
    while (performance.now() - start < 1000) {
      rec.log("value", values(++last));
      await sleep(1);
    }
    const numbers = (sink: typeof all): number[] => {
      const chunks = chunksOf(sink.messages).filter((c) => c.entityPath === "/value");
      return chunks.flatMap((chunk) => numbersOf(chunk));
    };
    await eventually(() => numbers(some).at(-1) === last, "the last value");
    const elapsed = performance.now() - start;
    expect(numbers(all)).to.deep.equal(Array.from({ length: last }, (_, i) => i + 1));
    expect(numbers(some).length).to.be.within(2, Math.ceil(elapsed / 100) + 1);
    await rec.close();
    expect(numbers(some).at(-1)).to.equal(last);
  });

  it("lets what waits pass when the sink is detached or replaced, and when the stream ends", async () => {
    const rec = new RecordingStream("end", { batch: { flushNumRows: 1 } });
    const pipe = [throttleEntities(3_600_000)];
    const [first, second, third] = [memory(), memory(), memory()];
    rec.attach(first, { pipe });
    rec.attach(second, { pipe });
    for (let i = 1; i <= 5; i++) rec.log("value", values(i));
    await rec.detach(first);
    await rec.replace(second, third, { pipe });
    for (let i = 6; i <= 9; i++) rec.log("value", values(i));
    await rec.close();
    const numbers = [first, second, third].map((sink) =>
      chunksOf(sink.messages)
        .filter((c) => c.entityPath === "/value")
        .flatMap((chunk) => numbersOf(chunk)),
    );
    expect(numbers).to.deep.equal([
      [1, 5],
      [1, 5],
      [6, 9],
    ]);
  });
});
