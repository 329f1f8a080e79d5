import { expect } from "chai";
import { primitive } from "../../lib/arrow/data-type.ts";
import { ComponentBatch } from "../../lib/component-batch.ts";
import type { BlueprintActivation, LogMsg, StoreId } from "../../lib/log-msg.ts";
import { PinnedMessages } from "../../lib/pinned-messages.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { memory } from "../../sinks/memory.ts";
import { chunksOf, describeComponent, inShort, values } from "../helpers/rows.ts";

const other = describeComponent("other", primitive("float64"));

/** The messages of what is logged, each row by itself; `storeId` puts them into another store. */
async function messagesOf(
  body: (rec: RecordingStream) => void,
  storeId?: StoreId,
): Promise<LogMsg[]> {
  const rec = new RecordingStream("app", {
    recordingId: "rec",
    sendProperties: false,
    batch: { flushNumRows: 1 },
  });
  const sink = memory();
  rec.attach(sink);
  body(rec);
  await rec.close();
  return sink.messages.map((m) => (storeId === undefined ? m : { ...m, storeId }));
}

function keep(...messages: readonly LogMsg[]): LogMsg[] {
  const pinned = new PinnedMessages();
  for (const message of messages) pinned.add(message);
  return [...pinned];
}

const blueprint = async (
  recordingId: string,
  makeActive: boolean,
  makeDefault: boolean,
): Promise<LogMsg[]> => {
  const storeId: StoreId = { kind: "blueprint", applicationId: "app", recordingId };
  const messages = await messagesOf((rec) => {
    for (let i = 0; i < 3; i++) {
      rec.setTime("blueprint", { sequence: 0 });
      rec.log("viewport", values(i));
    }
    rec.setTime("blueprint", { sequence: 1 });
    rec.log("viewport", values(9));
  }, storeId);
  return [...messages, { kind: "blueprint-activation", storeId, makeActive, makeDefault }];
};

const short = (message: LogMsg): string =>
  `${message.storeId.recordingId} ${message.kind === "chunk" ? inShort(message.chunk) : message.kind}`;

describe("the messages that every file repeats", () => {
  it("are the info and the latest static value of each component, and nothing temporal", async () => {
    const kept = keep(
      ...(await messagesOf((rec) => {
        for (let i = 0; i < 100; i++) {
          rec.log("a", values(i), { static: true });
          rec.log("b", values(i));
        }
      })),
    );
    expect(kept.map(short)).to.deep.equal(["rec set-store-info", "rec /a 99"]);
  });

  it("hold an older chunk as long as one of its components has no later value", async () => {
    const both = { batches: [...values(1).batches, new ComponentBatch(other, 1, 1)] };
    const alone = { batches: [new ComponentBatch(other, 1, 2)] };
    const messages = await messagesOf((rec) => {
      for (const data of [both, values(3), alone, values(4)]) rec.log("a", data, { static: true });
    });
    expect(chunksOf(keep(...messages.slice(0, 3))).length).to.equal(2);
    expect(
      chunksOf(keep(...messages)).map((chunk) =>
        chunk.components.map((c) => c.descriptor.component),
      ),
    ).to.deep.equal([["other"], ["value"]]);
  });

  it("hold of a blueprint the latest of everything, and its activation last", async () => {
    const kept = keep(...(await blueprint("one", true, true)));
    expect(kept.map(short)).to.deep.equal([
      "one set-store-info",
      "one /viewport 9",
      "one blueprint-activation",
    ]);
  });

  it("forget a blueprint that is neither active nor the default any more", async () => {
    const [one, two, three] = await Promise.all([
      blueprint("one", true, true),
      blueprint("two", true, false),
      blueprint("three", false, true),
    ]);
    const stores = (...messages: LogMsg[]): string[] => [
      ...new Set(keep(...messages).map((m) => m.storeId.recordingId)),
    ];
    expect(stores(...one, ...two)).to.deep.equal(["one", "two"]);
    expect(stores(...one, ...two, ...three)).to.deep.equal(["two", "three"]);
    expect(stores(...one, ...two.slice(0, -1))).to.deep.equal(["one", "two"]);
  });

  it("hold activations in the order in which they came, so that the last one holds", async () => {
    const [one, two] = await Promise.all([
      blueprint("one", true, true),
      blueprint("two", false, false),
    ]);
    const shown = (messages: readonly LogMsg[]): BlueprintActivation => ({
      ...(messages.at(-1) as BlueprintActivation),
      makeActive: true,
      makeDefault: false,
    });
    const [forth, back] = [shown(two), shown(one)];
    const kept = keep(...one, ...two, forth, back);
    const activations = kept.filter((m) => m.kind === "blueprint-activation");
    expect(activations.slice(-2)).to.deep.equal([forth, back]);
    expect(kept.slice(-activations.length)).to.deep.equal(activations);
  });

  it("begin with the infos of all stores", async () => {
    const kept = keep(
      ...(await blueprint("one", true, true)),
      ...(await messagesOf((rec) => rec.log("a", values(1), { static: true }))),
    );
    expect(kept.map((m) => m.kind)).to.deep.equal([
      "set-store-info",
      "set-store-info",
      "chunk",
      "blueprint-activation",
      "chunk",
    ]);
  });
});
