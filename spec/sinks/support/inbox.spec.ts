import { expect } from "chai";
import { Tensor } from "../../../lib/archetypes/index.ts";
import type { LogMsg } from "../../../lib/log-msg.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import type { Sink } from "../../../lib/sink.ts";
import { memory } from "../../../sinks/memory.ts";
import { Inbox } from "../../../sinks/support/inbox.ts";

/** Messages of four mebibytes each, behind a store info. */
async function large(count: number): Promise<readonly LogMsg[]> {
  const rec = new RecordingStream("spec", { sendProperties: false, batch: { flushNumRows: 1 } });
  const sink = memory();
  rec.attach(sink);
  for (let i = 0; i < count; i++) rec.log("v", Tensor(new Uint8Array(4 << 20)));
  await rec.close();
  return sink.messages;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("Inbox", () => {
  it("hands on in order, and asks sources to wait while much waits", async () => {
    const written: LogMsg[] = [];
    let release: () => void = () => undefined;
    const sink: Sink = {
      write: (messages) => {
        written.push(...messages);
        return new Promise((resolve) => {
          release = resolve;
        });
      },
    };
    const messages = await large(8);
    const inbox = new Inbox(sink);
    let settled = 0;
    for (const message of messages) {
      inbox.append(message);
      if (inbox.pending !== undefined && settled === 0) {
        settled = 1;
        void inbox.pending.then(() => {
          settled = 2;
        });
      }
    }
    expect(settled).to.equal(1);
    for (let i = 0; i < messages.length; i++) {
      release();
      await turn();
    }
    expect(settled).to.equal(2);
    expect(inbox.pending).to.equal(undefined);
    expect(written).to.deep.equal(messages);
    release();
    await inbox.end();
  });

  it("lets sources go on when the sink has failed", async () => {
    const [info, chunk] = (await large(1)) as [LogMsg, LogMsg];
    const warned: unknown[] = [];
    const { warn } = console;
    console.warn = (text: unknown) => warned.push(text);
    try {
      const inbox = new Inbox({
        name: "broken",
        write: () => Promise.reject(new Error("no more")),
      });
      inbox.append(info);
      for (let i = 0; i < 8; i++) inbox.append(chunk);
      await inbox.pending;
      expect(warned).to.deep.equal(["rerun-rx: no more"]);
      await inbox.end();
    } finally {
      console.warn = warn;
    }
  });
});
