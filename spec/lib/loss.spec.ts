import { expect } from "chai";
import { Image, Scalars, TextLog, Transform3D } from "../../lib/archetypes/index.ts";
import type { Attachment, AttachOptions } from "../../lib/attachment.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import type { RecordingStreamOptions } from "../../lib/recording-options.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
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
  const attached = rec.attach(slow, { budgetBytes: 40_000, ...options });
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
    for (let i = 1; i <= 60; i++) rec.log("text", TextLog("x".repeat(1000)));
    await slow.catchUp();
    expect(slow.counts).to.include({ "/mesh": 1, "/left": 1, "/right": 1, "/arm": 50 });
    expect(slow.counts["/speed"] ?? 0).to.equal(0);
    expect(slow.counts["/text"]).to.be.within(1, 59);
    expect(slow.messages.map(pixelOf).filter((pixel) => pixel >= 0)).to.deep.equal([50, 150]);
    await rec.close();
    const all = (deliveredRows: number, droppedRows: number): object => ({
      deliveredMessages: deliveredRows,
      deliveredRows,
      droppedMessages: droppedRows,
      droppedRows,
    });
    const { classes, deliveredRows, droppedRows } = attached.stats;
    expect(classes.images).to.deep.equal(all(2, 98));
    expect(classes.transforms).to.deep.equal(all(50, 0));
    expect(classes.static).to.deep.equal(all(1, 0));
    expect((classes.other?.deliveredRows ?? 0) + (classes.other?.droppedRows ?? 0)).to.equal(110);
    expect(deliveredRows + droppedRows).to.equal(rec.stats.loggedRows);
  });

  it("has its losses told once for each time: at once on errors$, then with the counts in the recording", async () => {
    const { rec, slow, attached, told, warnings } = scene();
    const burst = (): void => {
      for (let i = 0; i < 100; i++) rec.log("left", picture(i));
    };
    for (const episode of [1, 2]) {
      burst();
      expect(told.map(({ code }) => code)).to.deep.equal(Array(episode).fill("data-dropped"));
      expect(attached.stats.lastLoss).to.include({ ended: undefined });
      expect(warnings()).to.have.lengthOf(episode - 1);
      await slow.catchUp();
      expect(attached.stats.lossEpisodes).to.equal(episode);
    }
    const { lastLoss } = attached.stats;
    expect(lastLoss?.ended).to.be.instanceOf(Date);
    expect(lastLoss?.classes).to.deep.equal({ images: lastLoss?.droppedRows });
    expect(lastLoss?.droppedBytes).to.be.greaterThan(3000 * (lastLoss?.droppedRows ?? 0));
    const rows = /^WARN slow was too slow: (\d+) rows were dropped for it \(images \1\) from/;
    expect(warnings()).to.have.lengthOf(2);
    for (const warning of warnings()) expect(warning).to.match(rows);
    // It gets the bad news itself, too.
    await rec.flush();
    expect(slow.counts["/__warnings"]).to.equal(2);
  });

  it("has them told after a second if it does not catch up, and not again when it does", async () => {
    const time = new VirtualTime();
    try {
      const { rec, slow, warnings } = scene();
      for (let i = 0; i < 100; i++) rec.log("left", picture(i));
      time.advance(999);
      expect(warnings()).to.deep.equal([]);
      time.advance(1);
      expect(warnings()).to.have.lengthOf(1);
      expect(warnings()[0]).to.match(/which took 1\.\d s and goes on/);
      await slow.catchUp();
      expect(warnings()).to.have.lengthOf(1);
    } finally {
      time.end();
    }
  });

  it("has them told when it is taken off or the recording ends, whatever comes first", async () => {
    for (const end of ["detach", "replace", "close", "drain"] as const) {
      const { rec, slow, attached, warnings } = scene();
      let drain: () => void = () => undefined;
      rec.attach({
        write: () => undefined,
        attached: (host) => {
          drain = () => host.drain();
        },
      });
      for (let i = 0; i < 100; i++) rec.log("left", picture(i));
      const signal = AbortSignal.abort();
      if (end === "detach") await rec.detach(slow, { signal });
      else if (end === "replace") await rec.replace(slow, memory(), { signal });
      else if (end === "close") await rec.close({ signal });
      else drain();
      expect(warnings(), end).to.have.lengthOf(1);
      await rec.close({ signal });
      expect(warnings(), end).to.have.lengthOf(1);
      expect(attached.stats.lossEpisodes, end).to.equal(1);
    }
  });

  it("has nothing of it told in a recording that must be the same each time", async () => {
    const { rec, slow, told, warnings } = scene({}, { deterministic: true });
    for (let i = 0; i < 100; i++) rec.log("left", picture(i));
    await slow.catchUp();
    await rec.close();
    expect(told).to.have.lengthOf(1);
    expect(warnings()).to.deep.equal([]);
  });

  it("loses reliable data only past its own bound, which is told as an error", async () => {
    const { rec, slow, attached, told, warnings } = scene({ reliableBytes: 30_000 });
    for (let i = 0; i < 100; i++) rec.log("arm", Transform3D({ translation: [i, 0, 0] }));
    await slow.catchUp();
    await rec.close();
    const { deliveredRows = 0, droppedRows = 0 } = attached.stats.classes.transforms ?? {};
    expect(deliveredRows + droppedRows).to.equal(100);
    expect(deliveredRows).to.be.within(10, 60);
    expect(told.map(({ message }) => message.includes("`reliableBytes`"))).to.deep.equal([
      false,
      true,
    ]);
    expect(warnings()[0]).to.match(/^ERROR slow was too slow: \d+ rows were dropped/);
  });

  it("loses what waits for longer than `maxAgeMs`, of images all but the latest", async () => {
    const time = new VirtualTime();
    try {
      const { rec, slow, attached } = scene({ budgetBytes: 1e9, maxAgeMs: 50 });
      for (let i = 0; i < 20; i++) {
        time.advance(10);
        rec.log("left", picture(i));
        rec.log("speed", Scalars(i));
        rec.log("arm", Transform3D({ translation: [i, 0, 0] }));
      }
      time.advance(20);
      await slow.catchUp();
      expect(slow.messages.map(pixelOf).filter((pixel) => pixel >= 0)).to.deep.equal([19]);
      // The last one was logged 20 ms ago.
      expect(slow.counts).to.include({ "/speed": 4, "/arm": 20 });
      await rec.close();
      expect(attached.stats.lossEpisodes).to.equal(1);
    } finally {
      time.end();
    }
  });

  it("loses nothing of what was there before it came, as long as it keeps up with what comes", async () => {
    const { rec, attached: first } = scene({ budgetBytes: 1e9 });
    for (let i = 0; i < 100; i++) rec.log("left", picture(i));
    const late = new Slow();
    const attached = rec.attach(late, { budgetBytes: 20_000 });
    rec.log("left", picture(100));
    rec.log("speed", Scalars(1));
    await late.catchUp();
    expect(late.counts).to.include({ "/left": 101, "/speed": 1 });
    expect(attached.stats).to.include({ lossEpisodes: 0, droppedRows: 0 });
    expect(first.stats.lossEpisodes).to.equal(0);
    await rec.close({ signal: AbortSignal.abort() });
  });

  it("hands to its successor what it did not deliver, also what the log has let go of", async () => {
    const { rec, slow } = scene({}, { historyBytes: 0 });
    for (let i = 1; i <= 50; i++) {
      rec.log("left", picture(i));
      rec.log("arm", Transform3D({ translation: [i, 0, 0] }));
    }
    const next = memory();
    await rec.replace(slow, next, { signal: AbortSignal.abort() });
    rec.log("left", picture(51));
    const pixels = next.messages.map(pixelOf).filter((pixel) => pixel >= 0);
    expect(pixels).to.deep.equal([50, 51]);
    const arms = next.messages.filter((m) => m.kind === "chunk" && m.chunk.entityPath === "/arm");
    expect(arms).to.have.lengthOf(50);
    await rec.close();
  });

  it("copies what waits for it while the caller goes on with its array", async () => {
    const { rec, slow } = scene({}, { historyBytes: 0, batch: {} });
    const data = new Uint8Array(3 << 20);
    for (let i = 1; i <= 5; i++) {
      data.fill(i);
      rec.log("left", Image({ data, width: 1024, height: 1024, colorModel: "RGB" }));
    }
    data.fill(99);
    await slow.catchUp();
    expect(slow.messages.map(pixelOf).filter((pixel) => pixel >= 0)).to.deep.equal([5]);
    await rec.close({ signal: AbortSignal.abort() });
  });
});

describe("policies of a sink", () => {
  it("are asked for what has to wait, and nothing else", async () => {
    const asked: string[] = [];
    const { rec, slow } = scene({
      policy: ({ chunk }, dataClass) => {
        asked.push(`${chunk.entityPath} ${dataClass}`);
        return chunk.entityPath === "/left" ? "oldest" : undefined;
      },
    });
    rec.log("left", picture(0));
    await slow.catchUp();
    expect(asked).to.deep.equal([]);
    for (let i = 1; i <= 20; i++) {
      rec.log("left", picture(i));
      rec.log("right", picture(i));
    }
    await slow.catchUp();
    expect(new Set(asked)).to.deep.equal(
      new Set(["/left images", "/right images", "/__warnings state"].slice(0, 2)),
    );
    expect(slow.counts["/left"]).to.be.within(3, 10);
    expect(slow.counts["/right"]).to.equal(1);
    await rec.close();
  });

  it("that throw end that sink, and not the call of log", async () => {
    const { rec, attached, told } = scene({
      policy: () => {
        throw new Error("no policy");
      },
    });
    for (let i = 0; i < 20; i++) rec.log("left", picture(i));
    expect(attached.state).to.equal("open");
    await turn();
    expect(attached.state).to.equal("failed");
    expect(told.map(({ message }) => message)).to.include("no policy");
    await rec.close();
  });

  it("and budgets that make no sense are refused at the call", () => {
    const rec = new RecordingStream("spec");
    for (const options of [
      { budgetBytes: -1 },
      { reliableBytes: Number.NaN },
      { maxAgeMs: "5" },
      { policy: "newest" },
    ]) {
      expect(() => rec.attach(memory(), options as AttachOptions)).to.throw(
        RerunError,
        Object.keys(options)[0],
      );
    }
    expect(rec.attachments).to.deep.equal([]);
  });
});
