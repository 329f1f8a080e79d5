import { expect } from "chai";
import { BehaviorSubject, concat, of, Subject, throwError } from "rxjs";
import {
  Blueprint,
  type BlueprintLike,
  Horizontal,
  type Panel,
  Spatial2DView,
  Spatial3DView,
  TimePanel,
  TimeSeriesView,
  TopPanel,
  type View,
} from "../../../lib/blueprint/index.ts";
import type { Chunk } from "../../../lib/chunk.ts";
import type { RerunError } from "../../../lib/errors.ts";
import { type Archetype, type LogMsg, Points3D, RecordingStream } from "../../../lib/index.ts";
import { type MemorySink, memory } from "../../../sinks/memory.ts";
import { arrowValues } from "../components/arrow-values.ts";
import { blueprintMessages } from "./helpers.ts";

interface Following {
  readonly rec: RecordingStream;
  readonly sink: MemorySink;
  /** Sends a blueprint; gives what came of it, entity by entity. */
  readonly follow: (blueprint: BlueprintLike) => readonly string[];
}

function following(): Following {
  const rec = new RecordingStream("spec", { sendProperties: false });
  const sink = memory();
  rec.attach(sink);
  sink.drain();
  const blueprint$ = new Subject<BlueprintLike>();
  rec.followBlueprint(blueprint$);
  return {
    rec,
    sink,
    follow: (blueprint) => {
      blueprint$.next(blueprint);
      return blueprintMessages(sink.drain());
    },
  };
}

const view = (name: string, background?: string): View => Spatial2DView({ name, background });

/**
 * What a viewer makes of messages: the latest value of each component that is not empty, of the store that was
 * activated last, as far as something leads to it.
 */
class Viewer {
  readonly #stores = new Map<string, Map<string, unknown>>();
  #active = new Map<string, unknown>();

  take(messages: readonly LogMsg[]): this {
    for (const message of messages) {
      if (message.storeId.kind !== "blueprint") continue;
      const id = message.storeId.recordingId;
      if (message.kind === "set-store-info") this.#stores.set(id, new Map());
      const store = this.#stores.get(id);
      if (store === undefined) throw new Error("data before its store");
      if (message.kind === "chunk") this.#add(store, message.chunk);
      if (message.kind === "blueprint-activation") this.#active = new Map(store);
    }
    return this;
  }

  #add(store: Map<string, unknown>, chunk: Chunk): void {
    for (const { descriptor } of chunk.components) {
      const [cell] = arrowValues(chunk.column(descriptor)) as [unknown[]];
      store.set(`${chunk.entityPath} ${descriptor.component}`, cell);
    }
  }

  get layout(): Readonly<Record<string, unknown>> {
    const said = [...this.#active].filter(([, value]) => (value as unknown[]).length > 0);
    const paths = new Set(["/viewport", "/top_panel", "/time_panel"]);
    const visit = (path: string): void => {
      paths.add(`/${path}`);
      const contents = this.#active.get(`/${path} ContainerBlueprint:contents`) ?? [];
      for (const part of contents as string[]) visit(part);
    };
    const root = [...this.#active.keys()].filter((key) => key.startsWith("/container/"));
    const inside = new Set(
      root.flatMap((key) => (key.endsWith(":contents") ? (this.#active.get(key) as string[]) : [])),
    );
    const [bytes] = (this.#active.get("/viewport ViewportBlueprint:root_container") ??
      []) as number[][];
    const hex = (bytes ?? []).map((byte) => byte.toString(16).padStart(2, "0")).join("");
    for (const key of root) {
      const path = key.slice(1).split(" ")[0] as string;
      if (!inside.has(path) && path.replaceAll("-", "").endsWith(hex)) visit(path);
    }
    return Object.fromEntries(
      said.filter(([key]) =>
        [...paths].some((path) => key.startsWith(`${path} `) || key.startsWith(`${path}/`)),
      ),
    );
  }
}

describe("following an Observable of blueprints", function () {
  this.timeout(60_000);

  it("sends the first one whole, and of the others what differs", async () => {
    const { rec, follow } = following();
    expect(follow(view("a"))).to.deep.equal([
      "info",
      "/view/ID/ViewContents",
      "/view/ID",
      "/container/ID",
      "/viewport",
      "active default",
    ]);
    expect(follow(view("a"))).to.deep.equal([]);
    expect(follow(view("a", "red"))).to.deep.equal(["/view/ID/Background", "active default"]);
    expect(follow(view("a", "red"))).to.deep.equal([]);
    expect(follow(view("a"))).to.deep.equal(["/view/ID/Background", "active default"]);
    expect(follow(view("a"))).to.deep.equal([]);
    expect(follow(view("a", "red"))).to.deep.equal(["/view/ID/Background", "active default"]);
    await rec.close();
  });

  it("sends a part that comes or goes, and nothing of those that stay", async () => {
    const { rec, follow } = following();
    follow(Horizontal(view("a", "red")));
    expect(follow(Horizontal(view("b"), view("a", "red")))).to.deep.equal([
      "/view/ID/ViewContents",
      "/view/ID",
      "/container/ID",
      "active default",
    ]);
    expect(follow(Horizontal(view("a", "red")))).to.deep.equal(["/container/ID", "active default"]);
    expect(follow(Horizontal(view("a", "red"), view("b")))).to.deep.equal([
      "/container/ID",
      "active default",
    ]);
    await rec.close();
  });

  it("sends panels that change, also what is static of them", async () => {
    const { rec, follow } = following();
    const panels = (panel: Panel): BlueprintLike => Blueprint(panel);
    follow(panels(TimePanel({ timeline: "t", playState: "Playing" })));
    expect(follow(panels(TimePanel({ timeline: "t", playState: "Paused" })))).to.deep.equal([
      "/time_panel",
      "active default",
    ]);
    expect(follow(panels(TopPanel({ state: "Hidden" })))).to.deep.equal([
      "/top_panel",
      "/time_panel",
      "/time_panel",
      "active default",
    ]);
    await rec.close();
  });

  it("begins a new store when an override goes, as an empty one is not the same as none", async () => {
    const { rec, follow } = following();
    const overridden = (overrides: Readonly<Record<string, Archetype>>): BlueprintLike =>
      Spatial3DView({ overrides });
    follow(overridden({ a: Points3D.updateFields({ radii: 1 }) }));
    const changed = follow(overridden({ a: Points3D.updateFields({ radii: 2 }) }));
    expect(changed).to.deep.equal([
      "/view/ID/ViewContents/overrides/a/visualizers/ID",
      "active default",
    ]);
    expect(follow(overridden({})).slice(0, 2)).to.deep.equal(["info", "/view/ID/ViewContents"]);
    await rec.close();
  });

  it("leaves viewers, early and late, with what was asked for", async () => {
    const rec = new RecordingStream("spec", { sendProperties: false });
    const early = memory();
    rec.attach(early);
    const blueprint$ = new Subject<BlueprintLike>();
    rec.followBlueprint(blueprint$);
    let seed = 7;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return (seed >>> 8) % below;
    };
    const some = <T>(...choices: readonly T[]): T => choices[random(choices.length)] as T;
    const earlyViewer = new Viewer();
    for (let i = 0; i < 60; i++) {
      const views = ["a", "b", "c", "d"].slice(random(4)).map((name) =>
        some(
          view(name, some("red", "blue", undefined)),
          TimeSeriesView({ name, plotLegend: some("LeftTop" as const, undefined) }),
          Spatial3DView({
            name,
            overrides: some({}, { x: Points3D.updateFields({ radii: 1 }) }),
          }),
        ),
      );
      const parts = [
        Horizontal(views),
        ...some([], [TopPanel({ state: some("Hidden", "Expanded") })]),
      ];
      const blueprint = Blueprint(parts);
      blueprint$.next(blueprint);

      const late = memory();
      const attachment = rec.attach(late, { from: "now" });
      await rec.detach(attachment);
      // A viewer that gets this one alone.
      const alone = new RecordingStream("spec", { sendProperties: false });
      const reference = memory();
      alone.attach(reference);
      alone.sendBlueprint(blueprint);
      await alone.close();
      const wanted = unnamed(new Viewer().take(reference.messages).layout);
      expect(unnamed(earlyViewer.take(early.drain()).layout), `early ${i}`).to.deep.equal(wanted);
      expect(unnamed(new Viewer().take(late.messages).layout), `late ${i}`).to.deep.equal(wanted);
    }
    await rec.close();
  });

  it("keeps no more than a few times what one blueprint takes", async () => {
    const { rec, follow } = following();
    follow(view("a", "red"));
    const { heldBytes } = rec.stats;
    for (let i = 0; i < 100; i++) follow(view("a", i % 2 === 0 ? "red" : "blue"));
    expect(rec.stats.heldBytes).to.be.lessThan(heldBytes * 1.5);
    // Views that never come again stay for a while; then it begins anew.
    const held: number[] = [];
    for (let i = 0; i < 200; i++) {
      follow(view(`view ${i}`, "red"));
      held.push(rec.stats.heldBytes);
    }
    expect(Math.max(...held)).to.be.lessThan(heldBytes * 100);
    expect(held.filter((bytes) => bytes < heldBytes * 1.5)).to.have.length.greaterThan(1);
    await rec.close();
  });

  it("is whole again after another blueprint took its place", async () => {
    const { rec, sink, follow } = following();
    follow(view("a"));
    rec.sendBlueprint(view("b"));
    sink.drain();
    expect(follow(view("a", "red"))[0]).to.equal("info");
    const other$ = new BehaviorSubject<BlueprintLike>(view("c"));
    rec.followBlueprint(other$);
    sink.drain();
    expect(follow(view("a"))[0]).to.equal("info");
    await rec.close();
  });

  it("takes what is there at once, and ends with its subscription", async () => {
    const { rec, sink } = following();
    const blueprint$ = new BehaviorSubject<BlueprintLike>(view("a"));
    const subscription = rec.followBlueprint(blueprint$, { makeDefault: false });
    expect(blueprintMessages(sink.drain()).at(-1)).to.equal("active");
    subscription.unsubscribe();
    blueprint$.next(view("b"));
    expect(sink.drain()).to.deep.equal([]);
    expect(blueprint$.observed).to.equal(false);
    await rec.close();
  });

  it("ends with the recording", async () => {
    const { rec } = following();
    const blueprint$ = new BehaviorSubject<BlueprintLike>(view("a"));
    rec.followBlueprint(blueprint$);
    await rec.close();
    expect(blueprint$.observed).to.equal(false);
  });

  it("tells of errors, and of what is no blueprint, and goes on", async () => {
    const { rec, sink } = following();
    const told: RerunError[] = [];
    rec.errors$.subscribe((error) => told.push(error));
    const wrong = 5 as unknown as BlueprintLike;
    rec.followBlueprint(
      concat(
        of(view("a")),
        of(wrong),
        of(view("b")),
        throwError(() => new Error("lost")),
      ),
    );
    expect(blueprintMessages(sink.drain()).filter((text) => text === "/viewport")).to.have.lengthOf(
      1,
    );
    expect(told.map(({ code, message }) => [code, message.slice(0, 20)])).to.deep.equal([
      ["invalid-argument", "Expected a blueprint"],
      ["sink-failed", "lost"],
    ]);
    await rec.close();
  });
});

/** Ids by the order in which they are met: those of two blueprints differ. */
function unnamed(layout: Readonly<Record<string, unknown>>): unknown {
  const views = Object.entries(layout)
    .map(
      ([key, value]) =>
        [
          key,
          JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v)),
        ] as const,
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const nameOf = new Map<string, string>();
  for (const [key, value] of views) {
    const match = /^\/view\/([^ ]+) ViewBlueprint:display_name$/.exec(key);
    if (match?.[1] !== undefined) {
      const kind = views.find(
        ([k]) => k === `/view/${match[1]} ViewBlueprint:class_identifier`,
      )?.[1];
      nameOf.set(match[1], `${kind ?? ""}${value}`);
    }
  }
  const text = JSON.stringify(
    views
      .map(([key, value]) => {
        let [k, v] = [key, value];
        for (const [id, name] of nameOf) {
          k = k.replaceAll(id, name);
          v = v.replaceAll(id, name);
        }
        const isId = /root_container|instruction_ids/.test(k);
        return `${k.replace(/visualizers\/[^ ]+/, "visualizers/ID").replace(/container\/[^ ]+/, "container/ID")} ${isId ? "ID" : v}`;
      })
      .toSorted(),
  );
  return JSON.parse(text) as unknown;
}
