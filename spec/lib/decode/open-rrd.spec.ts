import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Points3D, Scalars, TextLog } from "../../../lib/archetypes/index.ts";
import type { Chunk } from "../../../lib/chunk.ts";
import { type ChunkSelection, openRrd, type RrdFile } from "../../../lib/decode/open-rrd.ts";
import type { RerunError } from "../../../lib/errors.ts";
import { decodeRrd } from "../../helpers/decode-rrd.ts";
import { messagesOf, OLD_VERSIONS, oldRrd, rrdOf } from "../../helpers/make-rrd.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

/** Cameras and a plot over a hundred frames, a chunk for each ten of them, and something static. */
async function example(recordingId = "rec"): Promise<Uint8Array> {
  const messages = await messagesOf(
    (rec) => {
      rec.log("fixed", Scalars(1), { static: true });
      for (let frame = 0; frame < 100; frame++) {
        rec.setTime("frame", { sequence: frame });
        for (const camera of ["left", "right"]) {
          const points = Float32Array.from({ length: 900 }, () => Math.random());
          rec.log(["camera", camera], Points3D(points));
        }
        if (frame % 10 === 0) rec.log("camera/log", TextLog(`at ${frame}`));
        rec.log("plot", Scalars(frame));
      }
    },
    { recordingId, batch: { flushNumRows: 10 } },
  );
  return rrdOf(messages);
}

async function read(file: RrdFile, selection?: ChunkSelection): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of file.chunks(selection)) chunks.push(chunk);
  return chunks;
}

const inShort = (chunk: Chunk): string => {
  const frames = chunk.timelines[0];
  const names = chunk.components.map(({ descriptor }) => descriptor.component).join(" ");
  return `${chunk.entityPath} ${names} ${frames === undefined ? "static" : `${frames.min}-${frames.max}`}`;
};

async function errorOf(work: Promise<unknown>): Promise<RerunError> {
  try {
    await work;
  } catch (error) {
    return error as RerunError;
  }
  throw new Error("it worked");
}

describe("openRrd", () => {
  const dir = useTempDir();
  let bytes: Uint8Array;

  before(async () => {
    bytes = await example();
  });

  it("says what is in a recording, and reads its footer alone for it", async () => {
    const file = await openRrd(bytes);
    expect(file.stores).to.deep.equal([
      { kind: "recording", applicationId: "spec", recordingId: "rec" },
    ]);
    const manifest = file.manifest();
    expect(manifest.timelines).to.deep.equal(["frame"]);
    expect(manifest.components.map(({ component }) => component)).to.include.members([
      "Points3D:positions",
      "Scalars:scalars",
      "TextLog:text",
    ]);
    const { chunks } = decodeRrd(bytes);
    expect(manifest.chunks).to.have.length(chunks.length);
    manifest.chunks.forEach((info, i) => {
      const chunk = chunks[i];
      expect(info).to.deep.include({
        entityPath: chunk?.entityPath,
        isStatic: chunk?.timelines.length === 0,
        numRows: chunk?.numRows,
        uncompressedBytes: chunk?.ipc.length,
      });
      expect(info.chunkId.toString().toLowerCase()).to.equal(chunk?.chunkId);
      const frames = chunk?.timelines.length === 0 ? [] : (chunk?.column("frame") as bigint[]);
      expect(manifest.timeRange(i, "frame")).to.deep.equal(
        frames.length === 0 ? undefined : { min: frames[0], max: frames.at(-1) },
      );
      for (const component of manifest.components) {
        expect(manifest.hasComponent(i, component)).to.equal(
          chunk?.components.includes(component.component),
        );
      }
    });
    expect(file.bytesRead).to.be.below(bytes.length / 4);
    expect((await file.storeInfo())?.source).to.contain("rerun-rx");
    await file.close();
  });

  it("reads the chunks of given entities, components and times, and nothing else", async () => {
    const file = await openRrd(bytes);
    const before = file.bytesRead;
    const chunks = await read(file, {
      entities: "/camera/**",
      components: "Points3D:positions",
      timeline: "frame",
      range: { min: 35n, max: 41n },
    });
    expect(chunks.map(inShort)).to.deep.equal([
      "/camera/left Points3D:positions 30-39",
      "/camera/right Points3D:positions 30-39",
      "/camera/left Points3D:positions 40-49",
      "/camera/right Points3D:positions 40-49",
    ]);
    const wanted = file
      .manifest()
      .chunks.filter(({ chunkId }) => chunks.some(({ id }) => id.toString() === chunkId.toString()))
      .reduce((sum, { byteLength }) => sum + byteLength, 0);
    expect(file.bytesRead - before).to.be.within(wanted, wanted + 4 * 512);
    await file.close();
  });

  it("selects by archetype, by path, by timeline; static chunks come with all times unless told not to", async () => {
    const file = await openRrd(bytes);
    const shorts = async (selection: ChunkSelection): Promise<string[]> =>
      (await read(file, selection)).map(inShort);
    expect(
      await shorts({ entities: "/plot", timeline: "frame", range: { max: 5n } }),
    ).to.deep.equal(["/plot Scalars:scalars 0-9"]);
    expect(
      await shorts({ components: "TextLog", range: { min: 95n }, timeline: "frame" }),
    ).to.deep.equal([]);
    expect(
      await shorts({ components: ["Scalars"], timeline: "frame", range: { min: 200n } }),
    ).to.deep.equal(["/fixed Scalars:scalars static"]);
    expect(
      await shorts({
        components: ["Scalars"],
        timeline: "frame",
        range: { min: 200n },
        static: false,
      }),
    ).to.deep.equal([]);
    expect(await shorts({ timeline: "nowhere" })).to.deep.equal(["/fixed Scalars:scalars static"]);
    expect(await shorts({ entities: ["+ /**", "- /camera/**", "- /plot"] })).to.deep.equal([
      "/fixed Scalars:scalars static",
    ]);
    expect(await shorts({})).to.have.length(file.manifest().chunks.length);
    expect(await shorts({ entities: "/none" })).to.deep.equal([]);
    const error = await errorOf(read(file, { range: { min: 1n } }));
    expect(error.code).to.equal("invalid-argument");
    expect(error.message).to.contain("timeline");
    await file.close();
  });

  it("passes over chunks whose rows in the range lack the component", async () => {
    const sparse = rrdOf(
      await messagesOf((rec) => {
        rec.log("a", Points3D([1, 2, 3]), { time: { frame: { sequence: 1 } } });
        rec.log("a", TextLog("x"), { time: { frame: { sequence: 9 } } });
      }),
    );
    const file = await openRrd(sparse);
    const found = await read(file, {
      components: "Points3D",
      timeline: "frame",
      range: { min: 5n },
    });
    expect(found).to.deep.equal([]);
    await file.close();
  });

  it("reads files, blobs, and servers that answer ranges", async () => {
    const path = dir.file("a.rrd");
    await writeFile(path, bytes);
    const ranges: string[] = [];
    const server = createServer((request, response) => {
      const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "");
      if (request.url === "/whole.rrd" || range === null) {
        response.end(bytes);
        return;
      }
      ranges.push(range[0]);
      const [from, to] = [Number(range[1]), Number(range[2])];
      response.writeHead(206, { "content-range": `bytes ${from}-${to}/${bytes.length}` });
      response.end(bytes.subarray(from, to + 1));
    });
    const url = await listen(server);
    try {
      for (const source of [path, new Blob([bytes.slice().buffer]), `${url}/a.rrd`]) {
        const file = await openRrd(source);
        const chunks = await read(file, {
          entities: "/plot",
          timeline: "frame",
          range: { min: 95n },
        });
        expect(chunks.map(inShort)).to.deep.equal(["/plot Scalars:scalars 90-99"]);
        expect(file.bytesRead).to.be.below(bytes.length / 4);
        await file.close();
        await file.close();
      }
      expect(ranges.length).to.be.within(3, 8);
      const error = await errorOf(openRrd(`${url}/whole.rrd`));
      expect(error.code).to.equal("io-failed");
      expect(error.message).to.contain("fromRrd");
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it("reads several stores, and several streams one after the other", async () => {
    const other = await example("other");
    const both = Buffer.concat([bytes, other, bytes]);
    const file = await openRrd(both);
    expect(file.stores.map(({ recordingId }) => recordingId)).to.deep.equal(["rec", "other"]);
    expect((await errorOf(read(file))).message).to.contain('recording "other"');
    expect((await errorOf(read(file, { store: "none" }))).code).to.equal("invalid-argument");
    const single = (await openRrd(other)).manifest().chunks.length;
    expect(await read(file, { store: "other" })).to.have.length(single);
    expect(await read(file, { store: "rec" })).to.have.length(2 * single);
    const [, store] = file.stores;
    if (store === undefined) throw new Error("no store");
    expect(await read(file, { store, entities: "/fixed" })).to.have.length(1);
    expect((await file.storeInfo("other"))?.storeId.recordingId).to.equal("other");
    await file.close();
  });

  it("reads what the official SDK wrote since it has footers", async () => {
    for (const version of OLD_VERSIONS) {
      const old = await oldRrd(version);
      if (Number(version.slice(2)) < 28) {
        const error = await errorOf(openRrd(old));
        expect(error.code, version).to.equal("unsupported-data");
        expect(error.message).to.contain("footer");
        continue;
      }
      const file = await openRrd(old);
      expect(file.manifest().timelines).to.deep.equal(["elapsed", "frame", "log_tick", "log_time"]);
      const chunks = await read(file, { entities: "/world/points", components: "Points3D" });
      expect(chunks.map(({ numRows }) => numRows)).to.deep.equal([3]);
      await file.close();
    }
  });

  it("refuses damaged footers, and files that are something else", async () => {
    const end = bytes.length - 32;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const payload = Number(view.getBigUint64(end, true));
    const damaged = (change: (copy: Uint8Array, own: DataView) => void): Promise<RerunError> => {
      const copy = bytes.slice();
      change(copy, new DataView(copy.buffer));
      return errorOf(openRrd(copy));
    };
    const codes = await Promise.all([
      damaged((copy) => {
        copy[payload + 50] = (copy[payload + 50] as number) ^ 1;
      }),
      damaged((_, own) => own.setBigUint64(end, 2n ** 60n, true)),
      damaged((_, own) => own.setBigUint64(end + 8, 2n ** 60n, true)),
      errorOf(openRrd(new Uint8Array(0))),
      errorOf(openRrd(new Uint8Array(100))),
      errorOf(openRrd(new TextEncoder().encode("no recording"))),
    ]);
    expect(codes.map(({ code }) => code)).to.deep.equal(new Array(6).fill("invalid-data"));
    expect((await errorOf(openRrd(dir.file("none.rrd")))).code).to.equal("file-missing");
    expect((await errorOf(openRrd(42 as never))).code).to.equal("invalid-argument");
  });

  it("tells when a chunk is not what the footer says", async () => {
    const file = await openRrd(bytes);
    const [first, second] = file.manifest().chunks;
    if (first === undefined || second === undefined) throw new Error("no chunks");
    const swapped = bytes.slice();
    // The second chunk in the place of the first.
    swapped.set(
      bytes.subarray(second.byteOffset, second.byteOffset + first.byteLength),
      first.byteOffset,
    );
    const error = await errorOf(read(await openRrd(swapped), { entities: first.entityPath }));
    expect(error.code).to.equal("invalid-data");
    await file.close();
  });

  it("finds the same in a file that the sink wrote", async () => {
    const path = dir.file("b.rrd");
    await writeFile(path, bytes);
    expect((await readFile(path)).length).to.equal(bytes.length);
    const file = await openRrd(path);
    expect(file.name).to.equal(path);
    expect(file.byteLength).to.equal(bytes.length);
    expect((await read(file, { entities: "/fixed" }))[0]?.isStatic).to.equal(true);
    await file[Symbol.asyncDispose]();
  });
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
