import { execFile } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { build } from "esbuild";
import { filter, firstValueFrom, lastValueFrom, map, take, toArray } from "rxjs";
import { Points3D, Scalars, TextLog } from "../../../lib/archetypes/index.ts";
import type { RrdSource } from "../../../lib/decode/byte-input.ts";
import { type ArrowMsgEnvelope, decodeEnvelope } from "../../../lib/decode/envelope.ts";
import { fromRrd, readRrd } from "../../../lib/decode/read-rrd.ts";
import { type RrdDamage, RrdParser } from "../../../lib/decode/rrd-parser.ts";
import { encodeFrame, streamHeader } from "../../../lib/encode/rrd.ts";
import { RerunError } from "../../../lib/errors.ts";
import type { LogMsg } from "../../../lib/log-msg.ts";
import { ObserverSink } from "../../../lib/sink.ts";
import { save } from "../../../sinks/save.ts";
import { decodeRrd } from "../../helpers/decode-rrd.ts";
import { messagesOf, OLD_VERSIONS, oldRrd, readAll, rrdOf } from "../../helpers/make-rrd.ts";
import { usePeer } from "../../helpers/peers.ts";
import { compare, verify } from "../../helpers/rerun-cli.ts";
import { chunksOf, inShort, values } from "../../helpers/rows.ts";
import { projectRoot } from "../../helpers/run-program.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

/** Messages in a word each. */
const words = (messages: readonly LogMsg[]): string[] =>
  messages.map((message) => (message.kind === "chunk" ? inShort(message.chunk) : message.kind));

const WORDS = ["set-store-info", "/a 1,2", "/b 3"];

async function example(): Promise<Uint8Array> {
  return rrdOf(
    await messagesOf((rec) => {
      rec.log("a", values(1, 2));
      rec.log("b", values(3), { static: true });
    }),
  );
}

/** A sink that takes its time, and knows what came while it was busy. */
class SlowSink extends ObserverSink {
  readonly name = "slow";
  readonly taken: LogMsg[] = [];
  readonly waiting: (() => void)[] = [];
  closed = false;

  write(messages: readonly LogMsg[]): Promise<void> {
    this.taken.push(...messages);
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  close(): void {
    this.closed = true;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe("readRrd", () => {
  const dir = useTempDir();
  let bytes: Uint8Array;

  before(async () => {
    bytes = await example();
  });

  describe("sources", () => {
    it("reads bytes, blobs and iterables of blocks of any size", async () => {
      function* blocks(size: number): Generator<Uint8Array> {
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      }
      for (const source of [
        bytes,
        Buffer.from(bytes),
        bytes.slice().buffer,
        new Blob([bytes.slice().buffer]),
        blocks(1),
        blocks(100),
        [bytes, new Uint8Array()],
      ]) {
        expect(words(await readAll(source))).to.deep.equal(WORDS);
      }
    });

    it("reads Node streams, Web streams and responses", async () => {
      for (const source of [
        Readable.from([bytes.subarray(0, 500), bytes.subarray(500)]),
        new Blob([bytes.slice().buffer]).stream(),
        new Response(bytes.slice().buffer),
      ]) {
        expect(words(await readAll(source))).to.deep.equal(WORDS);
      }
    });

    it("reads files by path and by URL, and closes them", async () => {
      const path = dir.file("a file.rrd");
      await writeFile(path, bytes);
      for (const source of [path, pathToFileURL(path), pathToFileURL(path).href]) {
        expect(words(await readAll(source))).to.deep.equal(WORDS);
      }
    });

    it("reads from an http URL", async () => {
      const server = createServer((request, response) => {
        if (request.url === "/a.rrd") response.end(bytes);
        else response.writeHead(404).end();
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      try {
        expect(words(await readAll(`${url}/a.rrd`))).to.deep.equal(WORDS);
        expect(words(await readAll(new URL(`${url}/a.rrd`)))).to.deep.equal(WORDS);
        await refuses(`${url}/b.rrd`, "file-missing", "404");
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      await refuses(`${url}/a.rrd`, "io-failed", url);
    });

    async function refuses(source: unknown, code: string, message: string): Promise<void> {
      let caught: unknown;
      try {
        await readAll(source as RrdSource);
      } catch (error) {
        caught = error;
      }
      expect(caught).to.be.instanceOf(RerunError).with.property("code", code);
      expect((caught as Error).message).to.contain(message);
    }

    it("says what is wrong with a source", async () => {
      await refuses(dir.file("none.rrd"), "file-missing", "none.rrd");
      await refuses(dir.path, "io-failed", "directory");
      await refuses(42, "invalid-argument", "`42`");
      await refuses(["text"], "invalid-argument", "Uint8Array");
      await refuses(new Uint8Array(), "invalid-data", "an empty file");
    });

    it("passes on what a stream fails with", async () => {
      const source = new Readable({ read: () => undefined });
      const reading = readAll(source);
      source.push(bytes.subarray(0, 100));
      await turn();
      source.destroy(new Error("the cable was pulled"));
      await reading.then(
        () => expect.fail("it was read"),
        (error: RerunError) => {
          expect(error.code).to.equal("io-failed");
          expect(error.message).to.contain("the cable was pulled");
        },
      );
    });
  });

  it("lets go of its source when it is left early, or aborted", async () => {
    let closed = 0;
    function* endless(): Generator<Uint8Array> {
      try {
        yield bytes;
        for (;;) yield new Uint8Array(0);
      } finally {
        closed++;
      }
    }
    for await (const message of readRrd(endless())) {
      expect(message.kind).to.equal("set-store-info");
      break;
    }
    expect(closed).to.equal(1);

    const controller = new AbortController();
    const seen: string[] = [];
    try {
      for await (const message of readRrd(endless(), { signal: controller.signal })) {
        seen.push(message.kind);
        controller.abort(new Error("enough"));
      }
      expect.fail("it went on");
    } catch (error) {
      expect((error as Error).message).to.equal("enough");
    }
    expect(seen).to.deep.equal(["set-store-info"]);
    expect(closed).to.equal(2);
  });

  describe("damage", () => {
    async function readDamaged(
      file: Uint8Array,
    ): Promise<{ readonly words: string[]; readonly damages: RrdDamage[] }> {
      const damages: RrdDamage[] = [];
      const messages: LogMsg[] = [];
      for await (const message of readRrd(file, { onDamage: (damage) => damages.push(damage) }))
        messages.push(message);
      return { words: words(messages), damages };
    }

    it("passes over a message that cannot be decoded, and tells of it", async () => {
      const file = bytes.slice();
      const [, chunk] = decodeRrd(file).streams[0]?.places ?? [];
      if (chunk === undefined) throw new Error("no chunk");
      file.fill(0xff, chunk.offset + 60, chunk.offset + 80);
      const { words: read, damages } = await readDamaged(file);
      expect(read).to.deep.equal(["set-store-info", "/b 3"]);
      expect(damages).to.have.length(1);
      expect(damages[0]).to.deep.include({
        offset: chunk.offset - 16,
        byteLength: 16 + chunk.byteLength,
      });
    });

    it("keeps what came before the end of a file that was cut off", async () => {
      const [, , last] = decodeRrd(bytes).streams[0]?.places ?? [];
      const { words: read, damages } = await readDamaged(
        bytes.subarray(0, (last?.offset ?? 0) + 9),
      );
      expect(read).to.deep.equal(["set-store-info", "/a 1,2"]);
      expect(damages.map((damage) => damage.byteLength)).to.deep.equal([25]);
    });

    it("ends with the error if it is to be strict, and warns once otherwise", async () => {
      const cut = bytes.subarray(0, 300);
      await readAll(cut).then(
        () => expect.fail("it was read"),
        (error: RerunError) => expect(error.code).to.equal("invalid-data"),
      );
      const { warn } = console;
      const warnings: string[] = [];
      console.warn = (text: string) => warnings.push(text);
      try {
        for await (const message of readRrd(cut)) expect(message.kind).to.equal("set-store-info");
      } finally {
        console.warn = warn;
      }
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.contain("the file was cut off");
    });
  });

  describe("files of the official SDK", () => {
    for (const version of OLD_VERSIONS) {
      it(`reads version ${version} as today's data`, async () => {
        const messages = await readAll(await oldRrd(version));
        const [info] = messages;
        expect(info).to.deep.include({ kind: "set-store-info", source: "Python SDK 3.11.7" });
        expect((info as { version?: string }).version).to.match(
          new RegExp(`^${version.replace(".", "\\.")}\\.`),
        );
        const chunks = chunksOf(messages);
        const names = new Set(
          chunks.flatMap((chunk) =>
            chunk.components.map(({ descriptor }) => `${chunk.entityPath} ${descriptor.component}`),
          ),
        );
        expect([...names]).to.include.members([
          "/__properties RecordingInfo:start_time",
          "/world ViewCoordinates:xyz",
          "/world/points Points3D:positions",
          "/world/points Clear:is_recursive",
          "/plots/sin Scalars:scalars",
          "/plots/sin SeriesLines:widths",
          "/logs TextLog:text",
          "/image Image:format",
          "/values number",
          "/plots/columns Scalars:scalars",
        ]);
        expect([...names].filter((name) => name.endsWith("Indicator"))).to.deep.equal([]);
        const descriptors = chunks.flatMap((chunk) =>
          chunk.components.map(({ descriptor }) => descriptor),
        );
        for (const [component, archetype, type] of [
          ["Points3D:positions", Points3D.archetype, "rerun.components.Position3D"],
          ["Scalars:scalars", Scalars.archetype, "rerun.components.Scalar"],
          ["TextLog:level", TextLog.archetype, "rerun.components.TextLogLevel"],
          ["InstancePoses3D:translations", undefined, "rerun.components.Translation3D"],
        ] as const) {
          const found = descriptors.find((each) => each.component === component);
          expect(found?.componentType, component).to.equal(type);
          if (archetype !== undefined) expect(found?.archetype).to.equal(archetype);
        }
        const columns = chunks.find((chunk) => chunk.entityPath === "/plots/columns");
        if (columns === undefined) throw new Error("no columns");
        expect(inShort(columns)).to.equal("/plots/columns 0,0.25,0.5,0.75,1");
        expect(
          columns.timelines.map(({ timeline, min, max, sorted }) => [
            timeline.name,
            min,
            max,
            sorted,
          ]),
        ).to.deep.equal([["frame", 0n, 4n, true]]);
      });
    }
  });

  describe("files of the official SDK, written anew", () => {
    usePeer("rerun-cli");

    for (const version of OLD_VERSIONS) {
      it(`are equal to what version ${version} wrote, says the official tool`, async function () {
        this.timeout(30_000);
        const [old, own] = [dir.file("old.rrd"), dir.file("own.rrd")];
        const original = await oldRrd(version);
        await writeFile(old, original);
        await writeFile(own, rrdOf(await readAll(original)));
        const verified = await verify(own);
        expect(verified.code, verified.stderr).to.equal(0);
        const compared = await compare(old, own);
        expect(compared.code, compared.stdout + compared.stderr).to.equal(0);
      });
    }
  });

  it("gives each chunk of an older version its own id", async () => {
    for (const version of OLD_VERSIONS) {
      const ids = chunksOf(await readAll(await oldRrd(version))).map((chunk) =>
        chunk.id.toString(),
      );
      expect(new Set(ids).size).to.equal(ids.length);
      const parser = new RrdParser();
      parser.push(await oldRrd(version));
      const stated: (string | undefined)[] = [];
      for (let item = parser.next(); item !== undefined; item = parser.next()) {
        if (item.kind !== "frame" || item.messageKind !== 2) continue;
        const { chunkId } = decodeEnvelope(2, item.payload) as ArrowMsgEnvelope;
        stated.push(chunkId?.toString());
      }
      if (stated[0] !== undefined) expect(stated).to.include.members(ids);
    }
  });

  it("writes what it read byte for byte", async () => {
    const places = decodeRrd(bytes).streams[0]?.places ?? [];
    const end = (places.at(-1)?.offset ?? 0) + (places.at(-1)?.byteLength ?? 0);
    const again = Buffer.concat([
      streamHeader(),
      ...(await readAll(bytes)).map((message) => encodeFrame(message)),
    ]);
    expect(again.equals(bytes.subarray(0, end))).to.equal(true);
  });

  it("reads several stores in one file, and several files as one", async () => {
    const other = rrdOf(
      await messagesOf((rec) => rec.log("c", values(4)), { recordingId: "other" }),
    );
    const messages = await readAll(Buffer.concat([bytes, other, bytes]));
    expect(words(messages)).to.deep.equal([...WORDS, "set-store-info", "/c 4", ...WORDS]);
    const ids = messages.map((message) => message.storeId);
    expect(new Set(ids).size).to.equal(2);
    expect(ids[0]).to.equal(ids.at(-1));
  });
});

describe("fromRrd", () => {
  const dir = useTempDir();
  let bytes: Uint8Array;

  before(async () => {
    bytes = await example();
  });

  it("emits the messages and completes, from the start for each subscriber", async () => {
    const source = fromRrd(bytes);
    for (let i = 0; i < 2; i++) {
      expect(words(await lastValueFrom(source.pipe(toArray())))).to.deep.equal(WORDS);
    }
  });

  it("fails with what is wrong with the source", async () => {
    await lastValueFrom(fromRrd(dir.file("none.rrd"))).then(
      () => expect.fail("it was read"),
      (error: RerunError) => expect(error.code).to.equal("file-missing"),
    );
  });

  it("lets go of its source when the subscriber leaves", async () => {
    let closed = false;
    function* endless(): Generator<Uint8Array> {
      try {
        yield bytes;
        for (;;) yield new Uint8Array(0);
      } finally {
        closed = true;
      }
    }
    await firstValueFrom(fromRrd(endless()).pipe(take(1)));
    await turn();
    expect(closed).to.equal(true);
  });

  it("copies a recording into a file", async () => {
    const path = dir.file("copy.rrd");
    const sink = save(path);
    fromRrd(bytes).subscribe(sink);
    await firstValueFrom(sink.state$.pipe(filter((state) => state === "closed")));
    // Nothing but the order of keys in footers may differ.
    expect(words(await readAll(path))).to.deep.equal(WORDS);
    expect(decodeRrd(await readFile(path)).chunks).to.have.length(2);
  });

  it("waits for a slow sink before it reads on, with operators in between", async () => {
    for (const pipe of [false, true]) {
      const sink = new SlowSink();
      const source = fromRrd(bytes);
      const piped = source.pipe(
        filter(() => true),
        map((message) => message),
      );
      (pipe ? piped : source).subscribe(sink);
      for (let taken = 1; taken <= WORDS.length; taken++) {
        await turn();
        await turn();
        expect(words(sink.taken)).to.deep.equal(WORDS.slice(0, taken));
        expect(sink.closed).to.equal(false);
        sink.waiting.shift()?.();
      }
      await turn();
      expect(sink.closed).to.equal(true);
    }
  });

  it("goes at a given pace", async () => {
    const seen: LogMsg[] = [];
    let go: () => void = () => undefined;
    let pending: Promise<void> | undefined;
    const done = lastValueFrom(
      fromRrd(bytes, { pace: () => pending }).pipe(
        map((message) => {
          seen.push(message);
          pending = new Promise((resolve) => {
            go = () => {
              pending = undefined;
              resolve();
            };
          });
        }),
      ),
    );
    for (let count = 1; count <= WORDS.length; count++) {
      await turn();
      expect(seen).to.have.length(count);
      go();
    }
    await done;
  });

  it("lets timers run while it reads", async function () {
    this.timeout(20_000);
    const file = rrdOf(
      await messagesOf((rec) => {
        for (let i = 0; i < 1000; i++) rec.log(`e/${i}`, values(i));
      }),
    );
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const count = await lastValueFrom(fromRrd([file, file, file]).pipe(toArray()));
    clearInterval(timer);
    expect(count).to.have.length(3003);
    expect(ticks).to.be.greaterThan(1);
  });

  it("reads a large recording in less than 150 MiB", async function () {
    this.timeout(60_000);
    const { messages, bytes: read, peakMiB } = await readLarge(300e6);
    expect(messages).to.be.greaterThan(4000);
    expect(read).to.be.greaterThan(600e6);
    expect(peakMiB).to.be.lessThan(150);
  });
});

interface LargeReading {
  readonly messages: number;
  readonly bytes: number;
  readonly peakMiB: number;
}

/** Runs `fixtures/read-large.ts` without what runs TypeScript, which has memory of its own. */
async function readLarge(bytes: number): Promise<LargeReading> {
  // Beside the packages that it imports.
  const program = join(projectRoot, `node_modules/.cache/rerun-rx/read-large-${process.pid}.mjs`);
  try {
    await build({
      entryPoints: [join(projectRoot, "spec/fixtures/read-large.ts")],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      conditions: ["source"],
      packages: "external",
      logLevel: "silent",
    });
    const { stdout } = await promisify(execFile)(process.execPath, [program, String(bytes)]);
    return JSON.parse(stdout) as LargeReading;
  } finally {
    await rm(program, { force: true });
  }
}
