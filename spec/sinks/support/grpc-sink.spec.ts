import { expect } from "chai";
import { Image } from "../../../lib/archetypes/index.ts";
import type { LogMsg } from "../../../lib/log-msg.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { memory } from "../../../sinks/memory.ts";
import { connectDouble, nameOf, useGrpcDoubles } from "../../helpers/network-doubles.ts";
import { VirtualTime } from "../../helpers/virtual-time.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("GrpcSink", () => {
  useGrpcDoubles();

  /** Messages of a mebibyte each, which are a few kilobytes on their way. */
  function shrinking(count: number): LogMsg[] {
    const sink = memory();
    const rec = new RecordingStream("spec", { batch: { flushNumRows: 1 } });
    rec.attach(sink);
    for (let i = 0; i < count; i++)
      rec.log("image", Image({ width: 1024, height: 1024, colorModel: "L", data: black }));
    return sink.messages.filter(({ kind }) => kind === "chunk");
  }
  const black = new Uint8Array(1 << 20);

  it("has room again as soon as the viewer answers, of data that shrinks to less than is acknowledged by itself", async () => {
    const messages = shrinking(80);
    // No time passes: what waits for a timer never comes.
    const time = new VirtualTime();
    try {
      const { sink, peer } = connectDouble({ name: "double", compression: "lz4" });
      let delivered = 0;
      const reaches = async (isThere: () => boolean): Promise<void> => {
        const deadline = process.hrtime.bigint() + 10_000_000_000n;
        while (!isThere()) {
          if (process.hrtime.bigint() > deadline) throw new Error(`${delivered} were delivered`);
          peer.step();
          await turn();
        }
      };
      await reaches(() => sink.state === "open");
      for (const message of messages) {
        const receipt = sink.write([message]);
        void receipt.delivered.then(() => delivered++);
        let isReady = receipt.ready === undefined;
        void receipt.ready?.then(() => {
          isReady = true;
        });
        await reaches(() => isReady);
      }
      // What is left is less than a window.
      expect(delivered).to.be.at.least(80 - 32);
      await reaches(() => peer.held.names.length === messages.length);
      time.advance(1_000);
      await reaches(() => delivered === messages.length);
      await sink.close();
      expect(peer.held.names).to.deep.equal(messages.map(nameOf));
    } finally {
      time.end();
    }
  });
});
