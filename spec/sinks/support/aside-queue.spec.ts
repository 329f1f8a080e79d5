import { expect } from "chai";
import { Image, Scalars } from "../../../lib/archetypes/index.ts";
import { lz4Of } from "../../../lib/encode/recent-lz4.ts";
import type { LogMsg } from "../../../lib/log-msg.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { memory } from "../../../sinks/memory.ts";
import { AsideQueue } from "../../../sinks/support/aside-queue.ts";

const SIZE = { width: 640, height: 480, colorModel: "RGB" } as const;

/** What is logged as a message for each, scalars and pictures that shrink, by turns. */
async function messagesOf(...kinds: readonly ("scalar" | "picture")[]): Promise<LogMsg[]> {
  const rec = new RecordingStream("spec", { sendProperties: false, batch: { flushNumRows: 1 } });
  const sink = memory();
  rec.attach(sink);
  for (const [i, kind] of kinds.entries()) {
    const data = Uint8Array.from({ length: 640 * 480 * 3 }, (_, at) => at % (50 + i));
    rec.log("v", kind === "scalar" ? Scalars(i) : Image({ ...SIZE, data }));
  }
  await rec.close();
  return sink.messages.filter(({ kind }) => kind === "chunk");
}

describe("AsideQueue", () => {
  it("hands on at once what is small, as long as nothing waits", async () => {
    const messages = await messagesOf("scalar", "scalar");
    const taken: LogMsg[] = [];
    const queue = new AsideQueue("lz4", (message) => taken.push(message));
    queue.push(messages);
    expect(taken).to.deep.equal(messages);
    expect(queue.pending).to.equal(undefined);
  });

  it("keeps the order, and hands on large messages when they are compressed", async () => {
    const messages = await messagesOf(
      "scalar",
      "picture",
      "scalar",
      "picture",
      "picture",
      "scalar",
    );
    const taken: LogMsg[] = [];
    const queue = new AsideQueue("lz4", (message) => {
      if (message.kind === "chunk") expect(lz4Of(message.chunk)?.length).to.be.above(0);
      taken.push(message);
    });
    queue.push(messages.slice(0, 4));
    expect(taken).to.deep.equal(messages.slice(0, 1));
    queue.push(messages.slice(4));
    await queue.pending;
    expect(taken).to.deep.equal(messages);
    expect(queue.pending).to.equal(undefined);
  });

  it("compresses nothing when nothing is to be compressed", async () => {
    const messages = await messagesOf("picture", "scalar");
    const taken: LogMsg[] = [];
    const queue = new AsideQueue("none", (message) => taken.push(message));
    queue.push(messages);
    expect(taken).to.deep.equal(messages);
  });

  it("hands on everything at once when there is no time, each message once", async () => {
    const messages = await messagesOf("picture", "scalar", "picture");
    const taken: LogMsg[] = [];
    const queue = new AsideQueue("lz4", (message) => taken.push(message));
    queue.push(messages);
    const { pending } = queue;
    queue.takeAll();
    expect(taken).to.deep.equal(messages);
    await pending;
    queue.push(messages.slice(1, 2));
    expect(taken).to.have.lengthOf(4);
  });

  it("says when no more should come", async () => {
    const messages = await messagesOf(...Array.from({ length: 12 }, () => "picture" as const));
    const queue = new AsideQueue("lz4", () => undefined);
    queue.push(messages.slice(0, 4));
    expect(queue.isFull).to.equal(false);
    queue.push(messages.slice(4));
    expect(queue.isFull).to.equal(true);
    await queue.pending;
    expect(queue.isFull).to.equal(false);
  });
});
