import { expect } from "chai";
import { Image, Scalars, TextLog, Transform3D } from "../../lib/archetypes/index.ts";
import type { Attachment, AttachOptions } from "../../lib/attachment.ts";
import { type RerunError, RerunError as RerunErrorClass } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { RecordingStream, type RecordingStreamOptions } from "../../lib/recording-stream.ts";
import type { Sink } from "../../lib/sink.ts";
import { memory } from "../../sinks/memory.ts";
import { VirtualTime } from "../helpers/virtual-time.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Takes a batch, and the next one when it is let. */
class Slow implements Sink {
  readonly name = "slow";
  readonly messages: LogMsg[] = [];
  #go: () => void = () => undefined;

  write(messages: readonly LogMsg[]): Promise<void> {
    // Kept beyond the call.
    this.messages.push(...messages);
    return new Promise((resolve) => {
      this.#go = resolve;
    });
  }

  /** Takes all that waits. */
  async catchUp(): Promise<void> {
    for (let before = -1; before !== this.messages.length; ) {
      before = this.messages.length;
      this.#go();
      await turn();
    }
  }

  /** Entities of what came, with how many rows. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const message of this.messages) {
      if (message.kind !== "chunk") continue;
      const { entityPath, numRows } = message.chunk;
      counts[entityPath] = (counts[entityPath] ?? 0) + numRows;
    }
    return counts;
  }
}

interface Scene {
  readonly rec: RecordingStream;
  readonly slow: Slow;
  readonly attached: Attachment;
  readonly told: RerunError[];
  /** What the recording says of itself, as another sink has it. */
  warnings(): string[];
}

function scene(options: AttachOptions = {}, more: RecordingStreamOptions = {}): Scene {
  const rec = new RecordingStream("spec", {
    sendProperties: false,
    batch: { flushNumRows: 1 },
    ...more,
  });
  const told: RerunError[] = [];
  rec.errors$.subscribe((error) => told.push(error));
  const all = memory();
  rec.attach(all, { from: "now" });
  const slow = new Slow();
  const attached = rec.attach(slow, { budgetBytes: 20_000, ...options });
  return {
    rec,
    slow,
    attached,
    told,
    warnings: () =>
      all.messages.flatMap((message) =>
        message.kind === "chunk" && message.chunk.entityPath === "/__warnings"
          ? [textOf(message)]
          : [],
      ),
  };
}

function textOf(message: LogMsg): string {
  if (message.kind !== "chunk") return "";
  const { chunk } = message;
  const read = (name: string): string => {
    const found = chunk.components.find(({ descriptor }) => descriptor.component === name);
    const array = found === undefined ? undefined : chunk.column(found.descriptor).children?.[0];
    return new TextDecoder().decode(array?.values as Uint8Array);
  };
  return `${read("TextLog:level")} ${read("TextLog:text")}`;
}

/** The first pixel of an image. */
function pixelOf(message: LogMsg): number {
  if (message.kind !== "chunk") return -1;
  const buffer = message.chunk.components.find(
    ({ descriptor }) => descriptor.component === "Image:buffer",
  );
  if (buffer === undefined) return -1;
  const bytes = message.chunk.column(buffer.descriptor).children?.[0]?.children?.[0]?.values;
  return Number(bytes?.[0]);
}

const picture = (pixel: number): ReturnType<typeof Image> =>
  Image({ data: new Uint8Array(3000).fill(pixel), width: 50, height: 20, colorModel: "RGB" });

describe("a sink that is too slow", () => {
  it("gets the latest image of each camera, every transform, and the last of the rest", async () => {
    const { rec, slow, attached } = scene();
    rec.log("mesh", Scalars(0), { static: true });
    for (let i = 1; i <= 50; i++) {
      rec.log("left", picture(i));
      rec.log("right", picture(i + 100));
      rec.log("arm", Transform3D({ translation: [i, 0, 0] }));
      rec.log("speed", Scalars(i));
    }
    await slow.catchUp();
    expect(slow.counts).to.include({ "/mesh": 1, "/left": 1, "/right": 1, "/arm": 50 });
    expect(slow.messages.map(pixelOf).filter((pixel) => pixel >= 0)).to.deep.equal([50, 150]);
    const speeds = slow.counts["/speed"] ?? 0;
    expect(speeds).to.equal(0);
    await rec.close();
    expect(attached.stats.classes).to.deep.include({
      images: { deliveredMessages: 2, deliveredRows: 2, droppedMessages: 98, droppedRows: 98 },
      transforms: { deliveredMessages: 50, deliveredRows: 50, droppedMessages: 0, droppedRows: 0 },
      static: { deliveredMessages: 1, deliveredRows: 1, droppedMessages: 0, droppedRows: 0 },
    });
    const { deliveredRows, droppedRows } = attached.stats;
    expect(deliveredRows + droppedRows).to.equal(rec.stats.loggedRows);
  });
});
