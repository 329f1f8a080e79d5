import { expect } from "chai";
import { from, map, toArray } from "rxjs";
import { CoordinateFrame, Transform3D, VideoFrameReference } from "../../lib/archetypes/index.ts";
import type { AsComponents } from "../../lib/component-batch.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { type EntityNames, renameEntities } from "../../operators/rename-entities.ts";
import { memory } from "../../sinks/memory.ts";
import { chunkIn, plainRows } from "../helpers/chunk-rows.ts";
import { flow, flows, flowText } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";
import { operatorCases } from "../helpers/operator-cases.ts";

const m = flows({ a: "/world x1 y2", b: "/world/arm! x3", c: "/log clear@4" });

function renamed(names: EntityNames, ...texts: string[]): string[] {
  const seen: string[] = [];
  from(texts.map(flow))
    .pipe(renameEntities(names), map(flowText))
    .subscribe((text) => seen.push(text));
  return seen;
}

describe("renameEntities", () => {
  operatorCases(() => renameEntities({ "/a": "/b" }));

  it(
    "gives temporal and static data other paths, in order",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-a-b-(ca)-|", m);
      const subs = "              ^---------!";
      const expected = "          -x-y-(zx)-|";
      const names = { "/world/**": "/robot", "/log": "robot/log" };
      expectObservable(source.pipe(renameEntities(names), map(flowText))).toBe(expected, {
        x: "/robot x1 y2",
        y: "/robot/arm! x3",
        z: "/robot/log clear@4",
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "fails the stream when the function throws, or gives back what is no path",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-a-c-a-|", m);
      const reason = new Error("no name");
      const throwing = renameEntities((path) => {
        if (path === "/log") throw reason;
        return path;
      });
      expectObservable(source.pipe(throwing)).toBe("-a-#", m, reason);
      expectSubscriptions(source.subscriptions).toBe("^--!");
    }),
  );

  it("lets the most specific name decide, and takes subtrees along with their root", () => {
    const names = new Map([
      ["/**", "/all"],
      ["/a/**", "/b"],
      ["/a/x/**", "/"],
      ["/a/y", "/y"],
    ]);
    const texts = [
      "/ x1",
      "/c x1",
      "/a x1",
      "/a/z x1",
      "/a/x/z x1",
      "/a/x x1",
      "/a/y x1",
      "/a/y/q x1",
    ];
    const paths = ["/all", "/all/c", "/b", "/b/z", "/z", "/", "/y", "/b/y/q"];
    expect(renamed(names, ...texts)).to.deep.equal(paths.map((path) => `${path} x1`));
    expect(renamed({ "/ab/**": "/c" }, "/abc x1")).to.deep.equal(["/abc x1"]);
  });

  it("leaves properties and blueprints where they are, and asks no function about them", () => {
    const texts = ["/__properties! x1", "blueprint: /view! x1", "blueprint: activate", "store"];
    expect(renamed({ "/**": "/x" }, ...texts)).to.deep.equal(
      texts.map((text) => text.replace("blueprint: activate", "activate")),
    );
    const never = (): string => {
      throw new Error("asked");
    };
    expect(renamed(never, texts[0] as string)).to.deep.equal(["/__properties! x1"]);
  });

  it("renames what values say of entities: paths and frames", async () => {
    const rec = new RecordingStream("refs", {
      sendProperties: false,
      logTime: false,
      logTick: false,
    });
    const sink = memory();
    rec.attach(sink, { pipe: [renameEntities({ "/world/**": "/robot" })] });
    const logged: [string, AsComponents][] = [
      ["/player", VideoFrameReference({ seconds: 0 }, { videoReference: "world/video" })],
      ["/world/cam", CoordinateFrame("tf#/world/arm")],
      [
        "/world/arm",
        Transform3D({ translation: [1, 2, 3], parentFrame: "tf#/world", childFrame: "map" }),
      ],
      ["/other", CoordinateFrame("tf#/elsewhere")],
    ];
    for (const [path, data] of logged) rec.log(path, data, { static: true });
    await rec.close();
    const values = sink.messages
      .filter((message) => message.kind === "chunk")
      .map(({ chunk }) => [chunk.entityPath, plainRows(chunk)[0]?.cells ?? {}] as const);
    expect(values.map(([path]) => path)).to.deep.equal([
      "/player",
      "/robot/cam",
      "/robot/arm",
      "/other",
    ]);
    const of = (i: number, name: string): unknown => values[i]?.[1][name];
    expect(of(0, "VideoFrameReference:video_reference")).to.deep.equal(["/robot/video"]);
    expect(of(1, "CoordinateFrame:frame")).to.deep.equal(["tf#/robot/arm"]);
    expect(of(2, "Transform3D:parent_frame")).to.deep.equal(["tf#/robot"]);
    expect(of(2, "Transform3D:child_frame")).to.deep.equal(["map"]);
    expect(of(2, "Transform3D:translation")).to.deep.equal([[1, 2, 3]]);
    expect(of(3, "CoordinateFrame:frame")).to.deep.equal(["tf#/elsewhere"]);
  });

  it("gives chunks the same ids for the same names, and others for others", () => {
    const message = flow("/a x1");
    const id = (names: EntityNames): string => {
      let ids: string[] = [];
      from([message])
        .pipe(renameEntities(names), toArray())
        .subscribe((all) => {
          ids = all.map((each) => chunkIn(each).id.toString());
        });
      return ids.join();
    };
    expect(id({ "/a": "/b" })).to.equal(id({ "/**": "/x", "/a": "/b" }));
    const different = [id({}), id({ "/a": "/b" }), id({ "/a": "/c" })];
    expect(new Set(different).size).to.equal(3);
    expect(different[0]).to.equal(chunkIn(message).id.toString());
  });

  it("refuses wrong names at the call", () => {
    expect(() => renameEntities({ "/a": 7 as never }))
      .to.throw(RerunError)
      .with.property("code", "invalid-entity-path");
    for (const names of [undefined, "a", ["/a"]])
      expect(() => renameEntities(names as never))
        .to.throw(RerunError)
        .with.property("code", "invalid-argument");
  });
});
