import { expect } from "chai";
import { Scalars } from "../../../lib/archetypes/index.ts";
import type { LogMsg } from "../../../lib/log-msg.ts";
import { GrpcConnection } from "../../../lib/node/grpc-client.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { memory } from "../../../sinks/memory.ts";
import type { AckPolicy } from "../../../sinks/support/ack-policy.ts";
import { MessageWriter } from "../../../sinks/support/message-writer.ts";
import { type FakeProxyOptions, useFakeProxy } from "../../helpers/fake-proxy.ts";
import { eventually } from "../../helpers/receivers.ts";

/** As many messages, the first of which announces the store. */
async function messages(count: number): Promise<readonly LogMsg[]> {
  const rec = new RecordingStream("spec", { sendProperties: false, batch: { flushNumRows: 1 } });
  const sink = memory();
  rec.attach(sink);
  for (let i = 1; i < count; i++) rec.log("v", Scalars(i));
  await rec.close();
  return sink.messages;
}

/** A message that cannot be encoded, as one that is larger than the format allows. */
const impossible = (): LogMsg => ({
  kind: "chunk",
  storeId: { kind: "recording", applicationId: "spec", recordingId: "rec" },
  chunk: {
    get lz4(): never {
      throw new Error("too large");
    },
  } as never,
});

describe("MessageWriter", function () {
  this.timeout(10_000);
  const proxy = useFakeProxy();
  let ends: (() => void)[] = [];

  afterEach("close the writers", () => {
    for (const end of ends) end();
    ends = [];
  });

  async function open(
    options: FakeProxyOptions = {},
    policy: AckPolicy = { bytes: 1 << 20, afterMs: 60_000 },
  ) {
    const viewer = await proxy(options);
    const origin = `http://127.0.0.1:${viewer.port}`;
    const told: string[] = [];
    const writer = new MessageWriter(
      await GrpcConnection.open({ origin }),
      "lz4",
      {
        lost: (error) => told.push(`lost: ${error.message}`),
        refused: (error) => told.push(`refused: ${error.message}`),
        progress: () => undefined,
      },
      policy,
    );
    ends.push(() => writer.close());
    const delivered: number[] = [];
    const push = (all: readonly LogMsg[]): void =>
      writer.push(all, (refused) => delivered.push(all.length - refused.length));
    return { viewer, writer, told, delivered, push };
  }

  it("acknowledges after so many bytes, in the order of the batches, with calls one after the other", async () => {
    let running = 0;
    let most = 0;
    const { viewer, delivered, push } = await open(
      {
        onCall: (call) => {
          most = Math.max(most, ++running);
          call.stream.once("close", () => running--);
        },
      },
      { bytes: 2_000, afterMs: 60_000 },
    );
    const all = await messages(30);
    for (let i = 0; i < 30; i += 3) push(all.slice(i, i + 3));
    // The last ones wait for more.
    await eventually(() => delivered.length >= 8, "acknowledgements");
    expect(delivered.every((count) => count === 3)).to.equal(true);
    expect(viewer.calls.length).to.be.greaterThan(5);
    expect(most).to.equal(1);
    await eventually(() => viewer.frames.length === 30, "all messages");
  });

  it("acknowledges at once what someone waits for, and what was sent before", async () => {
    const { writer, delivered, push } = await open();
    const all = await messages(5);
    push(all.slice(0, 2));
    await new Promise((resolve) => setTimeout(resolve, 50));
    push(all.slice(2));
    expect(delivered).to.deep.equal([]);
    writer.flush();
    await eventually(() => delivered.length === 2, "both");
    expect(delivered).to.deep.equal([2, 3]);
    writer.flush();
  });

  it("leaves out what cannot be encoded, alone and among others", async () => {
    const { viewer, writer, told, delivered, push } = await open();
    const all = await messages(3);
    push([impossible()]);
    push([...all.slice(0, 2), impossible(), ...all.slice(2)]);
    writer.flush();
    await eventually(() => delivered.length === 2, "both");
    expect(delivered).to.deep.equal([0, 3]);
    expect(viewer.frames).to.have.lengthOf(3);
    expect(told).to.deep.equal(["refused: too large", "refused: too large"]);
  });

  it("gives the connection up when calls break for no reason, and says nothing after that", async () => {
    const { writer, told, delivered, push } = await open({
      onCall: (call) => {
        call.stream.close(2);
        return true;
      },
    });
    push(await messages(4));
    await eventually(() => told.length > 0, "the loss");
    push(await messages(4));
    writer.flush();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(told).to.have.lengthOf(1);
    expect(told[0]).to.match(/^lost: .*(RST_STREAM|INTERNAL_ERROR)/);
    expect(delivered).to.deep.equal([]);
  });
});
