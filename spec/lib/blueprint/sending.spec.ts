import { expect } from "chai";
import { Subject } from "rxjs";
import {
  Blueprint,
  type BlueprintLike,
  Grid,
  Spatial2DView,
  Spatial3DView,
  TimePanel,
  TopPanel,
} from "../../../lib/blueprint/index.ts";
import { RerunError } from "../../../lib/errors.ts";
import { type LogMsg, RecordingStream, Scalars } from "../../../lib/index.ts";
import { memory } from "../../../sinks/memory.ts";
import { blueprintMessages } from "./helpers.ts";

const view = (name: string): BlueprintLike => Spatial2DView({ name });

const VIEW = ["/view/ID/ViewContents", "/view/ID", "/container/ID", "/viewport"];

/** The names of the views that messages lay out. */
function names(messages: readonly LogMsg[]): unknown[] {
  return messages.flatMap((message) => {
    if (message.kind !== "chunk") return [];
    const found = message.chunk.components.find(
      ({ descriptor }) => descriptor.component === "ViewBlueprint:display_name",
    );
    if (found === undefined) return [];
    const [texts] = message.chunk.column(found.descriptor).children ?? [];
    return [new TextDecoder().decode(texts?.values as Uint8Array)];
  });
}

function stream(options = {}): RecordingStream {
  return new RecordingStream("spec", { sendProperties: false, ...options });
}

/** What a sink gets that comes now. */
async function late(rec: RecordingStream): Promise<readonly LogMsg[]> {
  const sink = memory();
  const attachment = rec.attach(sink, { from: "now" });
  await rec.flush();
  await rec.detach(attachment);
  return sink.messages;
}

describe("sending a blueprint", () => {
  it("sends its store, its rows, then its activation", async () => {
    const rec = stream();
    const sink = memory();
    rec.attach(sink);
    rec.sendBlueprint(view("a"));
    await rec.close();
    expect(blueprintMessages(sink.messages)).to.deep.equal(["info", ...VIEW, "active default"]);
    const stores = sink.messages.slice(1).map(({ storeId }) => storeId);
    expect(new Set(stores.map((id) => JSON.stringify(id))).size).to.equal(1);
    expect(stores[0]).to.deep.include({ kind: "blueprint", applicationId: "spec" });
    expect(stores[0]?.recordingId).to.match(/^rec_[0-9a-f]{32}$/);
  });

  it("hands it to a sink in one go, with nothing in between", async () => {
    const rec = stream();
    const writes: string[][] = [];
    rec.attach({ write: (messages) => void writes.push([...blueprintMessages(messages)]) });
    rec.attach((message) => {
      // A sink that logs in response.
      if (message.kind === "set-store-info") rec.log("a", Scalars(1), { static: true });
    });
    rec.sendBlueprint(view("a"));
    await rec.close();
    const filled = writes.filter((write) => write.length > 0);
    expect(filled).to.deep.equal([["info", ...VIEW, "active default"]]);
  });

  it("is on the timeline of blueprints, at 0, and has the time and a count of its own", async () => {
    const rec = stream({ logTick: false, logTime: false });
    const sink = memory();
    rec.attach(sink);
    rec.setTime("frame", { sequence: 7 });
    // A panel without anything makes no row, and is counted.
    rec.sendBlueprint(Blueprint(TopPanel(), TimePanel({ timeline: "t", playState: "Paused" })));
    await rec.close();
    const times = sink.messages.flatMap((message) => {
      if (message.kind !== "chunk") return [];
      const { entityPath, timelines } = message.chunk;
      const found = timelines.map(({ timeline, min }) =>
        timeline.name === "log_time" ? timeline.name : `${timeline.name}=${min}`,
      );
      return [`${entityPath} ${found.join(" ")}`.trim()];
    });
    expect(times).to.deep.equal([
      "/viewport blueprint=0 log_tick=0 log_time",
      "/time_panel blueprint=0 log_tick=2 log_time",
      "/time_panel",
    ]);
  });

  it("counts as many ticks of the recording as with the official SDK", async () => {
    const rec = stream();
    const sink = memory();
    rec.attach(sink);
    rec.log("a", Scalars(1));
    rec.sendBlueprint(view("a"));
    rec.log("a", Scalars(2));
    await rec.close();
    const ticks = sink.messages.flatMap((message) =>
      message.kind === "chunk" && message.storeId.kind === "recording"
        ? message.chunk.timelines.filter(({ timeline }) => timeline.name === "log_tick")
        : [],
    );
    // One row, then four of the blueprint and three more.
    expect(ticks.map(({ min, max }) => [min, max])).to.deep.equal([[0n, 8n]]);
  });

  it("can leave the active or the default one alone", async () => {
    const rec = stream();
    const sink = memory();
    rec.attach(sink);
    rec.sendBlueprint(view("a"), { makeActive: false });
    rec.sendBlueprint(view("a"), { makeDefault: false });
    await rec.close();
    expect(
      blueprintMessages(sink.messages).filter((text) => /active|default/.test(text)),
    ).to.deep.equal(["default", "active"]);
  });

  it("refuses what is no blueprint, and sends nothing then", async () => {
    const rec = stream();
    for (const wrong of [undefined, 5, {}, Scalars(1), TopPanel()])
      expect(() => rec.sendBlueprint(wrong as never))
        .to.throw(RerunError, "Expected a blueprint")
        .with.property("code", "invalid-argument");
    const twice = Grid(Spatial2DView({ id: "a" }), Spatial3DView({ id: "a" }));
    expect(() => rec.sendBlueprint(twice)).to.throw(RerunError, '"a" twice');
    expect(blueprintMessages(await late(rec))).to.deep.equal([]);
    await rec.close();
    expect(() => rec.sendBlueprint(view("a"))).to.throw(RerunError, "before close()");
  });

  it("does nothing when logging is switched off", async () => {
    const rec = stream({ enabled: false, defaultBlueprint: view("a") });
    rec.sendBlueprint(view("b"));
    rec.followBlueprint(new Subject<BlueprintLike>());
    expect(await late(rec)).to.deep.equal([]);
    await rec.close();
  });
});

describe("late sinks and blueprints", () => {
  it("get the current one whole, whatever their start, and none of those before it", async () => {
    const rec = stream();
    rec.attach(memory());
    for (const name of ["a", "b", "c"]) rec.sendBlueprint(view(name));
    rec.log("x", Scalars(1));
    const messages = await late(rec);
    expect(blueprintMessages(messages)).to.deep.equal(["info", ...VIEW, "active default"]);
    expect(names(messages)).to.deep.equal(["c"]);
    await rec.close();
  });

  it("get the active and the default one where these are two", async () => {
    const rec = stream();
    rec.sendBlueprint(view("a"));
    rec.sendBlueprint(view("b"), { makeDefault: false });
    expect(names(await late(rec))).to.deep.equal(["a", "b"]);
    rec.sendBlueprint(view("c"), { makeDefault: false });
    expect(names(await late(rec))).to.deep.equal(["a", "c"]);
    rec.sendBlueprint(view("d"), { makeActive: false });
    expect(names(await late(rec))).to.deep.equal(["c", "d"]);
    rec.sendBlueprint(view("e"), { makeActive: false, makeDefault: false });
    rec.sendBlueprint(view("f"), { makeActive: false, makeDefault: false });
    expect(names(await late(rec))).to.deep.equal(["c", "d", "f"]);
    await rec.close();
  });

  it("get it in place of another sink", async () => {
    const rec = stream();
    const [first, second] = [memory(), memory()];
    rec.attach(first);
    rec.sendBlueprint(view("a"));
    await rec.replace(first, second);
    await rec.close();
    expect(names(second.messages)).to.deep.equal(["a"]);
  });

  it("get none that was replaced while they were busy, not even half of it", async () => {
    const rec = stream();
    const got: LogMsg[] = [];
    let release: () => void = () => undefined;
    rec.attach({
      write: (messages) => {
        got.push(...messages);
        return new Promise((resolve) => {
          release = resolve;
        });
      },
    });
    for (const name of ["a", "b", "c"]) rec.sendBlueprint(view(name));
    release();
    await Promise.resolve();
    const closed = rec.close();
    for (let turn = 0; turn < 5; turn++) {
      release();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await closed;
    expect(names(got)).to.deep.equal(["c"]);
    expect(blueprintMessages(got)).to.deep.equal(["info", ...VIEW, "active default"]);
  });

  it("do not make the log grow with each new blueprint", async () => {
    const rec = stream();
    rec.attach(memory());
    rec.sendBlueprint(view("first"));
    const { heldBytes } = rec.stats;
    for (let i = 0; i < 100; i++) rec.sendBlueprint(view(`again ${i}`));
    expect(rec.stats.heldBytes).to.be.lessThan(heldBytes * 1.5);
    await rec.close();
  });
});

describe("a default blueprint", () => {
  it("of a recording stream comes to every sink before all else", async () => {
    const rec = stream({ defaultBlueprint: view("a") });
    const first = memory();
    rec.attach(first);
    rec.log("x", Scalars(1));
    const messages = await late(rec);
    await rec.close();
    for (const received of [first.messages, messages]) {
      expect(blueprintMessages(received)).to.deep.equal(["info", ...VIEW, "default"]);
      expect(blueprintMessages(received.slice(0, 6))).to.have.lengthOf(6);
    }
  });

  it("counts no ticks, as with the official SDK", async () => {
    const rec = stream({ defaultBlueprint: view("a") });
    const sink = memory();
    rec.attach(sink);
    rec.log("x", Scalars(1));
    await rec.close();
    const last = sink.messages.at(-1);
    const ticks =
      last?.kind === "chunk"
        ? last.chunk.timelines.find((t) => t.timeline.name === "log_tick")
        : last;
    expect(ticks).to.deep.include({ min: 0n });
  });

  it("of a sink comes to that sink alone, before all else", async () => {
    const rec = stream();
    const [own, other] = [memory(), memory()];
    rec.attach(own, { defaultBlueprint: view("own") });
    rec.attach(other);
    rec.log("x", Scalars(1));
    await rec.close();
    expect(blueprintMessages(own.messages)).to.deep.equal(["info", ...VIEW, "default"]);
    expect(blueprintMessages(own.messages.slice(0, 6))).to.have.lengthOf(6);
    expect(own.messages.length).to.equal(8);
    expect(blueprintMessages(other.messages)).to.deep.equal([]);
  });
});
