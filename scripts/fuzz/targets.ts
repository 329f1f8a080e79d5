import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { decodeChunk } from "../../lib/decode/chunk.ts";
import { decodeEnvelope, decodeLogMsgProto, type EnvelopeKind } from "../../lib/decode/envelope.ts";
import { decodeLogMsg } from "../../lib/decode/log-msg.ts";
import { decompressLz4 } from "../../lib/decode/lz4.ts";
import { openRrd } from "../../lib/decode/open-rrd.ts";
import { ProtobufReader } from "../../lib/decode/protobuf.ts";
import { RrdDecoder } from "../../lib/decode/rrd-decoder.ts";
import { decodeRrdFooter } from "../../lib/decode/rrd-footer.ts";
import { RrdManifest } from "../../lib/decode/rrd-manifest.ts";
import { type RrdItem, RrdParser } from "../../lib/decode/rrd-parser.ts";
import { salvage } from "../../lib/decode/salvage.ts";
import { ProtobufWriter } from "../../lib/encode/protobuf.ts";
import { messageHeader, streamHeader } from "../../lib/encode/rrd.ts";
import { xxh32 } from "../../lib/encode/xxh32.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { compressLz4 } from "../../lib/node/lz4.ts";
import { chunkColumns } from "../../lib/query/chunk-rows.ts";

/** Something that decodes bytes from outside. */
export interface FuzzTarget {
  readonly name: string;
  /** Bytes that it decodes, to be changed. */
  readonly samples: readonly Uint8Array[];
  /** Decodes bytes; nothing but `RerunError` may be thrown. */
  run(bytes: Uint8Array): void | Promise<void>;
}

/** All decoders, with samples that the official SDKs and this package wrote. */
export async function fuzzTargets(): Promise<readonly FuzzTarget[]> {
  const fixtures = join(import.meta.dirname, "../../spec/fixtures");
  const unpacked = async (path: string): Promise<Uint8Array> =>
    new Uint8Array(gunzipSync(await readFile(join(fixtures, path))));
  const files = [
    new Uint8Array(await readFile(join(fixtures, "worked-example.rrd"))),
    await unpacked("versions/0.23.rrd.gz"),
    await unpacked("versions/0.27.rrd.gz"),
    await unpacked("versions/0.32.rrd.gz"),
    await unpacked("foreign/foreign.rrd.gz"),
  ];
  const items = files.flatMap(itemsOf);
  const frames = items.flatMap((item) => (item.kind === "frame" ? [item] : []));
  const footers = items.flatMap((item) =>
    item.kind === "end" && item.footer.length > 0 ? [item.footer] : [],
  );
  const chunks = frames.flatMap(({ messageKind, payload }) => {
    const envelope = decodeEnvelope(messageKind, payload);
    const message = decodeLogMsg(envelope);
    if (message.kind !== "chunk" || envelope.kind !== "arrow-msg") return [];
    // As it was written, not as it was migrated.
    return envelope.compression === "none"
      ? [envelope.payload]
      : [decompressLz4(envelope.payload, envelope.uncompressedSize)];
  });
  const blocks = chunks.map((chunk) => compressLz4(chunk) as Uint8Array);
  const tagged = frames.map(({ messageKind, payload }) =>
    new ProtobufWriter().bytes(messageKind, payload).finish(),
  );
  const small = files.map((file) => cutAfter(file, 6));

  return [
    { name: "protobuf", samples: [...tagged, ...footers], run: (bytes) => walk(bytes, 0) },
    {
      name: "envelope",
      samples: tagged,
      run: (bytes) => {
        const { kind, bytes: payload } = decodeLogMsgProto(bytes);
        for (const each of [kind, 1, 2, 3] as const) guarded(() => decodeEnvelope(each, payload));
        touch(decodeLogMsg(decodeEnvelope(kind, payload)));
      },
    },
    {
      name: "lz4",
      samples: blocks,
      run: (bytes) => {
        // The size is a claim like any other.
        const size = bytes.length === 0 ? 0 : 7 * bytes.length + (bytes[0] as number) * 1009;
        for (const each of [size, bytes.length, 4096]) guarded(() => decompressLz4(bytes, each));
      },
    },
    { name: "arrow", samples: chunks, run: (bytes) => touch({ chunk: decodeChunk(bytes) }) },
    {
      name: "footer",
      samples: footers,
      run: (bytes) => {
        for (const packed of decodeRrdFooter(bytes)) {
          const manifest = new RrdManifest(packed);
          manifest.chunks.forEach((_, i) => {
            for (const timeline of manifest.timelines) manifest.timeRange(i, timeline);
            for (const component of manifest.components) manifest.hasComponent(i, component);
          });
        }
      },
    },
    {
      name: "rrd",
      samples: small,
      run: (bytes) => {
        const decoder = new RrdDecoder();
        const half = bytes.length >> 1;
        for (const part of [bytes.subarray(0, half), bytes.subarray(half)]) {
          decoder.push(part);
          for (let message = decoder.next(); message !== undefined; message = decoder.next())
            touch(message);
        }
        decoder.end();
      },
    },
    { name: "salvage", samples: small, run: repair },
    {
      name: "random-access",
      samples: files.filter((file) =>
        itemsOf(file).some((item) => item.kind === "end" && item.footer.length > 0),
      ),
      run: async (bytes) => {
        // With its checksum, or nothing behind it would ever be looked at.
        sign(bytes);
        const file = await openRrd(bytes);
        for (const { recordingId } of file.stores)
          for await (const chunk of file.chunks({ store: recordingId })) touch({ chunk });
      },
    },
  ];
}

function itemsOf(file: Uint8Array): RrdItem[] {
  const parser = new RrdParser();
  parser.push(file);
  const items: RrdItem[] = [];
  for (let item = parser.next(); item !== undefined; item = parser.next()) items.push(item);
  return items;
}

/** The first few messages of a file. */
function cutAfter(file: Uint8Array, count: number): Uint8Array {
  const frames = itemsOf(file).flatMap((item) => (item.kind === "frame" ? [item] : []));
  return Buffer.concat([
    streamHeader(),
    ...frames
      .slice(0, count)
      .flatMap(({ messageKind, payload }) => [messageHeader(messageKind, payload.length), payload]),
  ]);
}

function guarded(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof RerunError)) throw error;
  }
}

/** Reads everything of a message: what was let pass must be readable. */
function touch(message: LogMsg | { readonly chunk: ReturnType<typeof decodeChunk> }): void {
  if (!("chunk" in message)) return;
  const { chunk } = message;
  for (const { timeline, min, max } of chunk.timelines) {
    if (min > max || chunk.times(timeline).length !== chunk.numRows)
      throw new Error(`times of ${timeline.name} are not in order`);
  }
  for (const { numCells, numInstances } of chunk.components) {
    if (numCells > chunk.numRows || numInstances < 0) throw new Error("cells are miscounted");
  }
  // Types that are not read are refused here.
  guarded(() => {
    for (const column of chunkColumns(chunk))
      for (let row = 0; row < chunk.numRows; row++) void column.cell(row)?.values;
  });
}

/** Reads all that protobuf could mean by these bytes. */
function walk(bytes: Uint8Array, depth: number): void {
  const message = new ProtobufReader(bytes, "Fuzz");
  while (message.next()) {
    for (const read of [
      () => message.uint(),
      () => message.int64(),
      () => message.fixed64(),
      () => message.string(),
    ])
      guarded(read);
    if (depth < 5) guarded(() => walk(message.bytes(), depth + 1));
  }
}

function repair(bytes: Uint8Array): void {
  const steps = salvage(bytes.length);
  let told = 0;
  let step = steps.next();
  while (step.done !== true) {
    const { value } = step;
    let answer: Uint8Array | undefined;
    if (value.kind === "read") {
      if (value.offset < 0 || value.offset + value.byteLength > bytes.length)
        throw new Error("it asks for bytes that are not there");
      answer = bytes.subarray(value.offset, value.offset + value.byteLength);
    } else if (value.kind === "loss") told += value.loss.byteLength;
    else if (value.kind === "message") touch(value.message);
    step = steps.next(answer);
  }
  if (told > bytes.length) throw new Error("it lost more bytes than there are");
}

function sign(bytes: Uint8Array): void {
  if (bytes.length < 64) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 32, 32);
  const length = Number(view.getBigUint64(8, true));
  const from = bytes.length - 32 - length;
  if (from >= 0)
    view.setUint32(16, xxh32(bytes.subarray(from, bytes.length - 32), 7_850_921), true);
}

/** For {@link FuzzTarget}s of one kind of message. */
export type { EnvelopeKind };
