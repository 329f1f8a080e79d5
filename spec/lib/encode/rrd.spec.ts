import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import fc from "fast-check";
import { Clear, Points3D, Scalars, TextLog } from "../../../lib/archetypes/index.ts";
import { primitive } from "../../../lib/arrow/data-type.ts";
import { Chunk } from "../../../lib/chunk.ts";
import { ComponentBatch } from "../../../lib/component-batch.ts";
import {
  encodeFrame,
  encodeFrameParts,
  messageHeader,
  streamHeader,
} from "../../../lib/encode/rrd.ts";
import { FooterBuilder } from "../../../lib/encode/rrd-footer.ts";
import { Xxh32, xxh32 } from "../../../lib/encode/xxh32.ts";
import type { LogMsg, StoreId } from "../../../lib/log-msg.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { Tuid } from "../../../lib/tuid.ts";
import { memory } from "../../../sinks/memory.ts";
import { type DecodedManifest, decodeRrd, xxh32 as otherXxh32 } from "../../helpers/decode-rrd.ts";
import { usePeer } from "../../helpers/peers.ts";
import { print, verify } from "../../helpers/rerun-cli.ts";
import { describeComponent, values } from "../../helpers/rows.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const text = (string: string): Uint8Array => new TextEncoder().encode(string);

/** A complete file of what is logged. */
async function fileOf(
  body: (rec: RecordingStream) => void,
  compression: "lz4" | "none" = "lz4",
): Promise<Uint8Array> {
  const rec = new RecordingStream("spec", {
    sendProperties: false,
    logTime: false,
    logTick: false,
    recordingId: "rec",
  });
  const sink = memory();
  rec.attach(sink);
  body(rec);
  await rec.close();
  return sink.toRrd({ compression });
}

describe("xxh32", () => {
  it("is the same for bytes in one piece and in any pieces", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (pieces) => {
        const hash = new Xxh32(5);
        for (const piece of pieces) hash.update(piece);
        expect(hash.digest()).to.equal(otherXxh32(Buffer.concat(pieces), 5));
      }),
    );
  });

  it("has the published check values", () => {
    expect(xxh32(text("")).toString(16)).to.equal("2cc5d05");
    expect(xxh32(text("abc")).toString(16)).to.equal("32d153ff");
    expect(xxh32(text(""), 7_850_921).toString(16)).to.equal("2a973671");
  });

  it("agrees with a second implementation for any bytes, also at odd offsets", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.nat(7),
        (bytes, seed, offset) => {
          const shifted = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
          expect(xxh32(shifted, seed)).to.equal(otherXxh32(bytes, seed));
        },
      ),
    );
  });
});

describe("RRD framing", () => {
  it("begins with the version and the compression", () => {
    expect(hex(streamHeader())).to.equal("525246320021000001020000");
    expect(hex(streamHeader("none"))).to.equal("525246320021000000020000");
  });

  it("puts kind and length before each message, 64 bits each", () => {
    expect(hex(messageHeader(2, 0x1234))).to.equal("02000000000000003412000000000000");
    expect(hex(messageHeader(2, 2 ** 33 + 5))).to.equal("02000000000000000500000002000000");
  });

  it("gives the bytes of the hand-made file when given its ids", async () => {
    const file = await readFile(
      fileURLToPath(new URL("../../fixtures/worked-example.rrd", import.meta.url)),
    );
    const storeId: StoreId = {
      kind: "recording",
      applicationId: "demo_app",
      recordingId: "demo_rec",
    };
    const info: LogMsg = {
      kind: "set-store-info",
      storeId,
      rowId: new Tuid(0x17d0_0000, 0, 0, 0x10),
      source: "demo-sdk",
    };
    const [read] = decodeRrd(file).chunks;
    if (read === undefined) throw new Error("no chunk in the fixture");
    const chunk = new Chunk({
      id: new Tuid(0x17d0_0000, 2, 0, 0x12),
      entityPath: "/plots/sin",
      numRows: 1,
      timelines: [
        { timeline: { name: "frame_nr", type: "sequence" }, min: 42n, max: 42n, sorted: true },
      ],
      components: [],
      encoded: { parts: [read.ipc], borrowed: undefined },
      columns: () => {
        throw new Error("not needed");
      },
    });
    expect(hex(streamHeader("none"))).to.equal(hex(file.subarray(0, 12)));
    expect(hex(encodeFrame(info, "none"))).to.equal(hex(file.subarray(12, 97)));
    expect(hex(encodeFrame({ kind: "chunk", storeId, chunk }, "none"))).to.equal(
      hex(file.subarray(97, 1739)),
    );
  });

  it("writes an Arrow stream that says the same as the hand-made one", async () => {
    const file = await readFile(
      fileURLToPath(new URL("../../fixtures/worked-example.rrd", import.meta.url)),
    );
    const [theirs] = decodeRrd(file).chunks;
    const [ours] = decodeRrd(
      await fileOf((rec) => {
        rec.setTime("frame_nr", { sequence: 42 });
        rec.log("/plots/sin", Scalars(0.5));
      }),
    ).chunks;
    const columns = ["rerun.controls.RowId", "frame_nr", "Scalars:scalars"];
    const facts = (chunk: typeof ours) =>
      columns.map((name) => {
        const field = chunk?.field(name);
        return [String(field?.type), field?.nullable, Object.fromEntries(field?.metadata ?? [])];
      });
    expect(facts(ours)).to.deep.equal(facts(theirs));
    expect(columns.slice(1).map((name) => ours?.column(name))).to.deep.equal(
      columns.slice(1).map((name) => theirs?.column(name)),
    );
    expect([...(ours?.metadata.keys() ?? [])]).to.have.members([
      ...(theirs?.metadata.keys() ?? []),
    ]);
  });

  it("gives the same bytes in pieces and in one piece", async () => {
    const rec = new RecordingStream("spec");
    const sink = memory();
    rec.attach(sink);
    rec.log("a", Points3D(new Float32Array(3000)));
    await rec.close();
    for (const message of sink.messages) {
      for (const compression of ["lz4", "none"] as const) {
        expect(
          Buffer.concat(encodeFrameParts(message, compression)).equals(
            Buffer.from(encodeFrame(message, compression)),
          ),
        ).to.equal(true);
      }
    }
  });

  it("compresses what shrinks, and leaves what does not as it is", async () => {
    const bytes = describeComponent("bytes", primitive("uint8"));
    const noise = new Uint8Array(randomBytes(100_000));
    const file = await fileOf((rec) => {
      rec.log("zeros", { batches: [new ComponentBatch(bytes, 100_000, new Uint8Array(100_000))] });
      rec.log("noise", { batches: [new ComponentBatch(bytes, 100_000, noise)] });
    });
    const { chunks } = decodeRrd(file);
    const [zeros, random] = ["/zeros", "/noise"].map((path) =>
      chunks.find((chunk) => chunk.entityPath === path),
    );
    expect(zeros?.compression).to.equal("lz4");
    expect(zeros?.payload.length).to.be.lessThan(5000);
    expect(random?.payload.length).to.be.at.most(random?.ipc.length ?? 0);
    expect(
      Buffer.from((random?.column("bytes")[0] ?? []) as number[]).equals(Buffer.from(noise)),
    ).to.equal(true);
  });

  it("round-trips LZ4 for whatever is in a chunk", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string(), fc.string({ minLength: 200, maxLength: 2000 })), {
          minLength: 1,
          maxLength: 20,
        }),
        async (texts) => {
          const { chunks } = decodeRrd(
            await fileOf((rec) => texts.forEach((t) => rec.log("log", TextLog(t)))),
          );
          expect(chunks.flatMap((chunk) => chunk.column("TextLog:text"))).to.deep.equal(
            texts.map((t) => [t]),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it("carries blueprints and their activation", () => {
    const storeId: StoreId = { kind: "blueprint", applicationId: "app", recordingId: "b" };
    for (const [makeActive, makeDefault] of [
      [true, true],
      [false, true],
      [false, false],
    ] as const) {
      const stream = Buffer.concat([
        streamHeader(),
        encodeFrame({ kind: "blueprint-activation", storeId, makeActive, makeDefault }),
      ]);
      expect(decodeRrd(stream).messages).to.deep.equal([
        { kind: "blueprint-activation", storeId, makeActive, makeDefault },
      ]);
    }
  });
});

describe("the footer", () => {
  const logEverything = (rec: RecordingStream): void => {
    rec.log("style", values(1), { static: true });
    rec.setTime("frame nr", { sequence: 5 });
    rec.log("a", Scalars(1));
    rec.setTime("frame nr", { sequence: 3 });
    rec.log("a", Scalars([2, 3]));
    rec.log("a", TextLog("only here"));
    rec.disableTimeline("frame nr");
    rec.setTime("t", { timestamp: 1n });
    rec.log("b", Clear.updateFields({ isRecursive: true }));
    rec.log("c", values());
  };

  const manifestOf = async (body: (rec: RecordingStream) => void): Promise<DecodedManifest> => {
    const [manifest] = decodeRrd(await fileOf(body)).manifests;
    if (manifest === undefined) throw new Error("no manifest");
    return manifest;
  };

  it("has a row for each chunk, with ranges and counts", async () => {
    const { rows, table } = await manifestOf(logEverything);
    const byPath = new Map(
      rows.map((row) => [
        `${String(row["chunk_entity_path"])} ${String(row["chunk_num_rows"])}`,
        row,
      ]),
    );
    expect([...byPath.keys()]).to.have.members(["/style 1", "/a 2", "/a 1", "/b 1", "/c 1"]);
    expect(table.schema.fields.map((f) => f.name)).to.deep.equal([
      "chunk_entity_path",
      "chunk_id",
      "chunk_is_static",
      "chunk_num_rows",
      "chunk_byte_offset",
      "chunk_byte_size",
      "chunk_byte_size_uncompressed",
      "value:has_static_data",
      "Clear:is_recursive:has_static_data",
      "Scalars:scalars:has_static_data",
      "TextLog:text:has_static_data",
      "frame_nr:start",
      "frame_nr:end",
      "t:start",
      "t:end",
      ...["frame_nr", "t"].flatMap((t) =>
        ["value", "Clear:is_recursive", "Scalars:scalars", "TextLog:text"].flatMap((c) => [
          `${t}:${c}:start`,
          `${t}:${c}:end`,
          `${t}:${c}:num_rows`,
        ]),
      ),
    ]);
    expect(byPath.get("/a 2")).to.deep.include({
      chunk_is_static: false,
      "frame_nr:start": 3n,
      "frame_nr:end": 5n,
      "t:start": null,
      "Scalars:scalars:has_static_data": false,
      "frame_nr:Scalars:scalars:start": 3n,
      "frame_nr:Scalars:scalars:end": 5n,
      "frame_nr:Scalars:scalars:num_rows": 2n,
      "frame_nr:TextLog:text:start": null,
      "frame_nr:TextLog:text:num_rows": 0n,
    });
    expect(byPath.get("/style 1")).to.deep.include({
      chunk_is_static: true,
      "value:has_static_data": true,
      "frame_nr:start": null,
      "t:value:num_rows": 0n,
    });
    expect(byPath.get("/b 1")).to.deep.include({
      "t:start": 1n,
      "t:end": 1n,
      "t:Clear:is_recursive:num_rows": 1n,
    });
  });

  it("gives a component that some rows lack the range of those that have it", async () => {
    const other = describeComponent("other", primitive("float64"));
    const { rows } = await manifestOf((rec) => {
      for (const [frame, both] of [
        [9, false],
        [4, true],
        [6, true],
        [1, false],
      ] as const) {
        rec.setTime("f", { sequence: frame });
        if (both) rec.log("a", { batches: [new ComponentBatch(other, 1, 1)] });
        else rec.log("a", values(1));
      }
    });
    expect(rows).to.have.lengthOf(1);
    expect(rows[0]).to.deep.include({
      "f:start": 1n,
      "f:end": 9n,
      "f:other:start": 4n,
      "f:other:end": 6n,
      "f:other:num_rows": 2n,
      "f:value:start": 1n,
      "f:value:end": 9n,
      "f:value:num_rows": 2n,
    });
  });

  it("describes the columns of the store, with flags where they hold", async () => {
    const { schemaFields, schemaSha256 } = await manifestOf(logEverything);
    const facts = new Map(schemaFields.map((f) => [f.name, Object.fromEntries(f.metadata)]));
    expect([...facts.keys()]).to.have.members([
      "rerun.controls.RowId",
      "frame nr",
      "t",
      "/style:value",
      "/a:Scalars:scalars",
      "/a:TextLog:text",
      "/b:Clear:is_recursive",
      "/c:value",
    ]);
    expect(facts.get("frame nr")).to.deep.equal({
      "rerun:kind": "index",
      "rerun:index_name": "frame nr",
    });
    expect(facts.get("/a:Scalars:scalars")).to.deep.equal({
      "rerun:kind": "data",
      "rerun:entity_path": "/a",
      "rerun:component": "Scalars:scalars",
      "rerun:archetype": "rerun.archetypes.Scalars",
      "rerun:component_type": "rerun.components.Scalar",
    });
    expect(facts.get("/style:value")?.["rerun:is_static"]).to.equal("true");
    expect(facts.get("/b:Clear:is_recursive")?.["rerun:is_tombstone"]).to.equal("true");
    expect(facts.get("/c:value")?.["rerun:is_semantically_empty"]).to.equal("true");
    expect(schemaSha256).to.have.lengthOf(32);
  });

  it("names properties in their own way", async () => {
    const { schemaFields } = await manifestOf((rec) => {
      rec.log("__properties", values(1), { static: true });
      rec.log("__properties/a/b", values(1), { static: true });
    });
    expect(schemaFields.map((f) => f.name)).to.include.members([
      "property:value",
      "property:a/b:value",
    ]);
  });

  it("says of thousands of chunks what is in them", async () => {
    const other = describeComponent("other", primitive("float64"));
    const file = await fileOf((rec) => {
      for (let i = 0; i < 2500; i++) {
        rec.setTime("even", { sequence: i });
        if (i % 3 === 0) rec.disableTimeline("even");
        rec.setTime("time", { timestamp: BigInt(i) * 10n ** 15n - 10n ** 18n });
        const path = `entity/${i % 7}`;
        rec.log(path, values(i));
        if (i % 5 === 0) {
          rec.setTime("time", { timestamp: BigInt(i) });
          rec.log(path, { batches: [new ComponentBatch(other, 1, i)] });
        }
        if (i % 100 === 0) rec.log("static", values(i), { static: true });
        rec.log("each/a", { batches: [new ComponentBatch(other, 1, i), ...values(i).batches] });
        rec.sendColumns(
          "columns",
          { even: { sequence: [i, -i] } },
          Scalars.columns({ scalars: [1, 2] }),
        );
      }
    });
    const { chunks, manifests } = decodeRrd(file);
    const [manifest] = manifests;
    expect(chunks.length).to.be.greaterThan(2500);
    expect(manifest?.rows).to.have.lengthOf(chunks.length);
    chunks.forEach((chunk, i) => {
      const row = manifest?.rows[i] ?? {};
      const facts: Record<string, unknown> = {};
      for (const timeline of ["even", "time"]) {
        const times = chunk.timelines.includes(timeline)
          ? (chunk.column(timeline) as bigint[])
          : undefined;
        const range = (at: readonly bigint[] | undefined): readonly [unknown, unknown] =>
          at === undefined || at.length === 0
            ? [null, null]
            : [at.reduce((a, b) => (a < b ? a : b)), at.reduce((a, b) => (a > b ? a : b))];
        [facts[`${timeline}:start`], facts[`${timeline}:end`]] = range(times);
        for (const component of ["value", "other", "Scalars:scalars"]) {
          const cells = chunk.components.includes(component) ? chunk.column(component) : [];
          const where = times?.filter((_, at) => (cells[at] ?? null) !== null);
          const name = `${timeline}:${component}`;
          [facts[`${name}:start`], facts[`${name}:end`]] = range(where);
          facts[`${name}:num_rows`] = BigInt(where?.length ?? 0);
        }
      }
      expect(row, `row ${i}`).to.deep.include({
        chunk_entity_path: chunk.entityPath,
        chunk_is_static: chunk.isStatic,
        chunk_num_rows: BigInt(chunk.numRows),
        chunk_byte_size_uncompressed: BigInt(chunk.ipc.length),
        "value:has_static_data": chunk.isStatic === true,
        ...facts,
      });
    });
  }).timeout(20_000);

  it("is given up, and no end promised, when there are more chunks than it may have memory for", async () => {
    const rec = new RecordingStream("spec", { batch: { flushNumRows: 1 } });
    const sink = memory();
    rec.attach(sink);
    for (let i = 0; i < 300; i++) rec.log("a", values(i));
    await rec.close();
    const footers = [new FooterBuilder(), new FooterBuilder({ maxBytes: 20_000 })] as const;
    for (const message of sink.messages) {
      if (message.kind !== "chunk") continue;
      for (const footer of footers) footer.add(message.storeId, message.chunk, 0, 0);
    }
    const [kept, given] = footers;
    expect([kept.full, given.full]).to.deep.equal([false, true]);
    expect(kept.byteLength / 301).to.be.within(50, 200);
    expect(given.byteLength).to.equal(0);
    expect(given.finish(100)).to.have.lengthOf(0);
  });

  it("has one manifest for each store, and none without data", () => {
    const footer = new FooterBuilder();
    const header = streamHeader();
    const { streams } = decodeRrd(Buffer.concat([header, footer.finish(header.length)]));
    expect(streams[0]?.footer?.manifests).to.deep.equal([]);
  });
});

describe("files of all kinds of data", function () {
  this.timeout(30_000);
  usePeer("rerun-cli");
  const dir = useTempDir();

  it("are verified and printed by the official command line", async () => {
    const file = dir.file("a.rrd");
    for (const compression of ["lz4", "none"] as const) {
      await writeFile(
        file,
        await fileOf((rec) => {
          rec.setTime("frame", { sequence: 1 });
          rec.setTime("span", { duration: 1.5 });
          rec.setTime("wall", { timestamp: new Date() });
          rec.log("points", Points3D([[1, 2, 3]], { labels: ["a"], colors: ["red"] }));
          rec.log("odd part/ü 日本", Scalars(1), { static: false });
          rec.log("text", TextLog("hello", { level: "INFO" }));
          rec.log("gone", Clear.updateFields({ isRecursive: false }));
          rec.sendColumns(
            "columns",
            { frame: { sequence: [3, 1, 2] } },
            Scalars.columns({ scalars: [3, 1, 2] }),
          );
        }, compression),
      );
      const { code, stderr } = await verify(file);
      expect(stderr).to.include("verified without error");
      expect(code).to.equal(0);
      const { stdout } = await print(file, "-v");
      for (const word of ["/points", "/columns", "Points3D"]) expect(stdout).to.include(word);
    }
  });

  it("of nothing but a header and an announcement can be read", async () => {
    const file = dir.file("a.rrd");
    const bytes = await fileOf(() => undefined);
    await writeFile(file, bytes);
    expect(decodeRrd(bytes).messages.map((m) => m.kind)).to.deep.equal(["set-store-info"]);
    expect((await print(file)).code).to.equal(0);
  });
});
