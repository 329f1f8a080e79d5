import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Scalars } from "../../../lib/archetypes/index.ts";
import { encodeGrpcParts, GRPC_PREFIX_BYTES, grpcLogMsgPrefix } from "../../../lib/encode/grpc.ts";
import { encodeFrame, MESSAGE_HEADER_BYTES } from "../../../lib/encode/rrd.ts";
import { RerunError } from "../../../lib/errors.ts";
import type { LogMsg } from "../../../lib/log-msg.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { memory } from "../../../sinks/memory.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("messages over gRPC", () => {
  it("are wrapped as in the worked example of the format", async () => {
    const file = fileURLToPath(new URL("../../fixtures/worked-example.rrd", import.meta.url));
    const bytes = await readFile(file);
    // Where the two messages of the example stand.
    const info = bytes.subarray(28, 28 + 69);
    const arrow = bytes.subarray(113, 113 + 1626);
    expect(hex(grpcLogMsgPrefix(1, info.length))).to.equal("00000000490a470a45");
    expect(hex(grpcLogMsgPrefix(2, arrow.length))).to.equal("00000006600add0c12da0c");
  });

  it("hold the same bytes as in files, whatever the kind and the compression", async () => {
    const rec = new RecordingStream("spec");
    const sink = memory();
    rec.attach(sink);
    rec.log("a", Scalars(Array.from({ length: 500 }, (_, i) => i % 7)));
    await rec.close();
    const activation: LogMsg = {
      kind: "blueprint-activation",
      storeId: { kind: "blueprint", applicationId: "spec", recordingId: "b" },
      makeActive: true,
      makeDefault: false,
    };
    for (const message of [...sink.messages, activation]) {
      for (const compression of ["lz4", "none"] as const) {
        const sent = Buffer.concat(encodeGrpcParts(message, compression));
        const bare = encodeFrame(message, compression).subarray(MESSAGE_HEADER_BYTES);
        expect(hex(sent.subarray(-bare.length))).to.equal(hex(bare));
        expect(sent[0]).to.equal(0);
        expect(sent.readUInt32BE(1)).to.equal(sent.length - GRPC_PREFIX_BYTES);
      }
    }
  });

  it("are refused when they are larger than a frame can be", () => {
    expect(() => grpcLogMsgPrefix(2, 2 ** 32))
      .to.throw(RerunError, /at most 4294967295 bytes to send over gRPC/)
      .with.property("code", "invalid-data");
    expect(grpcLogMsgPrefix(2, 2 ** 32 - 100)).to.be.instanceOf(Uint8Array);
  });
});
