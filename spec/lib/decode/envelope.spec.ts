import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import fc from "fast-check";
import {
  type ArrowMsgEnvelope,
  decodeEnvelope,
  decodeLogMsgProto,
  type EnvelopeKind,
} from "../../../lib/decode/envelope.ts";
import {
  encodeArrowMsgFrame,
  encodeBlueprintActivation,
  encodeSetStoreInfo,
} from "../../../lib/encode/log-msg.ts";
import { ProtobufWriter } from "../../../lib/encode/protobuf.ts";
import { RerunError } from "../../../lib/errors.ts";
import type { StoreId } from "../../../lib/log-msg.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { Tuid } from "../../../lib/tuid.ts";
import { memory } from "../../../sinks/memory.ts";
import { chunksOf, values } from "../../helpers/rows.ts";

const EXAMPLE = fileURLToPath(new URL("../../fixtures/worked-example.rrd", import.meta.url));

/** A message of the hand-made example, as its map of the file has it. */
async function example(offset: number, length: number): Promise<Uint8Array> {
  return (await readFile(EXAMPLE)).subarray(offset, offset + length);
}

const STORE: StoreId = { kind: "recording", applicationId: "demo_app", recordingId: "demo_rec" };
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

describe("decodeEnvelope", () => {
  it("reads the store info of the hand-made example", async () => {
    const info = decodeEnvelope(1, await example(28, 69));
    if (info.kind !== "set-store-info") throw new Error(info.kind);
    expect(info.storeId).to.deep.equal(STORE);
    expect(info.rowId.toString()).to.equal("17D00000000000000000000000000010");
    expect(info.origin.kind).to.equal(6);
    expect(text(info.origin.extra)).to.equal("demo-sdk");
    expect(info.versionBits).to.equal(8448);
  });

  it("reads the chunk message of the hand-made example, its payload as a view", async () => {
    const bytes = await example(113, 1626);
    const message = decodeEnvelope(2, bytes) as ArrowMsgEnvelope;
    expect(message).to.deep.include({
      kind: "arrow-msg",
      isStatic: false,
      compression: "none",
      uncompressedSize: 1568,
    });
    expect(message.storeId).to.deep.equal(STORE);
    expect(message.chunkId?.toString()).to.equal("17D00000000000020000000000000012");
    expect(message.payload.length).to.equal(1568);
    expect(message.payload.buffer).to.equal(bytes.buffer);
  });

  it("reads back what is written", async () => {
    const blueprint: StoreId = { kind: "blueprint", applicationId: "a", recordingId: "b" };
    const activation = { kind: "blueprint-activation", storeId: blueprint } as const;
    for (const [makeActive, makeDefault] of [
      [true, false],
      [false, true],
    ] as const) {
      const message = { ...activation, makeActive, makeDefault };
      expect(decodeEnvelope(3, encodeBlueprintActivation(message))).to.deep.equal(message);
    }

    const info = decodeEnvelope(
      1,
      encodeSetStoreInfo({
        kind: "set-store-info",
        storeId: STORE,
        rowId: new Tuid(1, 2, -3, 4),
        source: "a writer",
      }),
    );
    expect(info).to.deep.include({ storeId: STORE, rowId: new Tuid(1, 2, -3, 4) });

    const rec = new RecordingStream("spec", { sendProperties: false });
    const sink = memory();
    rec.attach(sink);
    rec.log("a", values(1, 2));
    await rec.close();
    const [chunk] = chunksOf(sink.messages);
    if (chunk === undefined) throw new Error("nothing was logged");
    const { before, after } = encodeArrowMsgFrame(
      { kind: "chunk", storeId: STORE, chunk },
      "none",
      chunk.byteLength,
    );
    const message = decodeEnvelope(2, Buffer.concat([before, chunk.ipc, after]));
    expect(message).to.deep.include({
      storeId: STORE,
      chunkId: chunk.id,
      isStatic: false,
      compression: "none",
      uncompressedSize: chunk.byteLength,
    });
    expect((message as ArrowMsgEnvelope).payload).to.deep.equal(new Uint8Array(chunk.ipc));
  });

  it("gives the same store id object to messages of one store in a row", async () => {
    const bytes = await example(113, 1626);
    expect(decodeEnvelope(2, bytes).storeId).to.equal(decodeEnvelope(2, bytes).storeId);
  });

  it("takes the application id from where writers before 0.25 had it", () => {
    const tuid = new ProtobufWriter().fixed64(1, 0, 1).fixed64(2, 0, 2);
    const info = new ProtobufWriter()
      .bytes(1, new ProtobufWriter().bytes(1, "old_app"))
      .bytes(2, new ProtobufWriter().varint(1, 1).bytes(2, "rec"));
    const message = new ProtobufWriter().bytes(1, tuid).bytes(2, info).finish();
    expect(decodeEnvelope(1, message).storeId).to.deep.equal({
      kind: "recording",
      applicationId: "old_app",
      recordingId: "rec",
    });
  });

  it("ignores fields that it does not know", async () => {
    const bytes = await example(113, 1626);
    const more = new ProtobufWriter().varint(99, 1).bytes(100, "new").finish();
    const plain = decodeEnvelope(2, bytes);
    expect(decodeEnvelope(2, Buffer.concat([more, bytes, more]))).to.deep.equal(plain);
  });

  for (const [what, kind, message] of [
    ["a store info without row id", 1, new ProtobufWriter().bytes(2, "")],
    ["a chunk message without store", 2, new ProtobufWriter().varint(4, 1).bytes(5, "")],
    ["a chunk message of another encoding", 2, new ProtobufWriter().varint(4, 2).bytes(5, "")],
    ["a chunk message without payload", 2, new ProtobufWriter().bytes(1, "").varint(4, 1)],
    [
      "an unknown compression",
      2,
      new ProtobufWriter().bytes(1, "").varint(2, 3).varint(4, 1).bytes(5, ""),
    ],
    ["an activation without blueprint", 3, new ProtobufWriter().varint(2, 1)],
    ["half an id", 1, new ProtobufWriter().bytes(1, new ProtobufWriter().fixed64(1, 0, 1))],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => decodeEnvelope(kind, message.finish()))
        .to.throw(RerunError)
        .with.property("code", "invalid-data");
    });
  }

  it("throws nothing but RerunError for damaged messages", async () => {
    const messages: readonly (readonly [EnvelopeKind, Uint8Array])[] = [
      [1, await example(28, 69)],
      [2, (await example(113, 1626)).subarray(0, 60)],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...messages),
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.nat(),
        ([kind, whole], at, value, length) => {
          const bytes = whole.slice(0, length % 3 === 0 ? length % whole.length : whole.length);
          bytes[at % whole.length] = value;
          try {
            decodeEnvelope(kind, bytes);
          } catch (error) {
            expect(error).to.be.instanceOf(RerunError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe("decodeLogMsgProto", () => {
  it("opens what gRPC carries", () => {
    for (const kind of [1, 2, 3] as const) {
      const bytes = Uint8Array.of(1, 2, 3, kind);
      const found = decodeLogMsgProto(new ProtobufWriter().bytes(kind, bytes).finish());
      expect(found).to.deep.equal({ kind, bytes });
    }
  });

  it("refuses a message that holds none", () => {
    expect(() => decodeLogMsgProto(new Uint8Array())).to.throw(RerunError, "Expected a message");
    expect(() => decodeLogMsgProto(Uint8Array.of(0x22, 0))).to.throw(RerunError);
  });
});
