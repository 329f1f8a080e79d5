import { expect } from "chai";
import { from, map } from "rxjs";
import { Image, Points3D, TextLog } from "../../lib/archetypes/index.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { redact } from "../../operators/redact.ts";
import { memory } from "../../sinks/memory.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { flow, flows, flowText } from "../helpers/flow.ts";
import { marbles } from "../helpers/marbles.ts";
import { operatorCases } from "../helpers/operator-cases.ts";

const m = flows({ a: "/a x1y2 x3 y4", b: "/b y5", c: "/c! y6", s: "store" });

describe("redact", () => {
  operatorCases(() => redact("z"));

  it(
    "takes components out, of temporal and static data, and rows that had nothing else",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-s-a-b-c-a-|", m);
      const subs = "              ^----------!";
      const expected = "          -s-x-----x-|";
      expectObservable(source.pipe(redact("y"), map(flowText))).toBe(expected, {
        s: "store",
        x: "/a x1 x3",
      });
      expectSubscriptions(source.subscriptions).toBe(subs);
    }),
  );

  it(
    "puts empty batches in their place when told",
    marbles(({ hot, expectObservable }) => {
      const source = hot<LogMsg>("-a-b-|", m);
      const operator = redact(["y"], { mode: "blank" });
      expectObservable(source.pipe(operator, map(flowText))).toBe("-x-y-|", {
        x: "/a x1y[] x3 y[]@4",
        y: "/b y[]@5",
      });
    }),
  );

  it(
    "fails the stream when the function throws, so that nothing unseen passes",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<LogMsg>("-s-a-|", m);
      const reason = new Error("no judgement");
      const operator = redact(() => {
        throw reason;
      });
      expectObservable(source.pipe(operator)).toBe("-s-#", m, reason);
      expectSubscriptions(source.subscriptions).toBe("^--!");
    }),
  );

  it("selects by entity, by function, or by both", () => {
    const run = (operator: ReturnType<typeof redact>): string[] => {
      const seen: string[] = [];
      from(["/a x1y2", "/a/b x1y2", "/__properties! x3"].map(flow))
        .pipe(operator, map(flowText))
        .subscribe((text) => seen.push(text));
      return seen;
    };
    const p = "/__properties! x3";
    expect(run(redact({ entities: "+ /a/**" }))).to.deep.equal([p]);
    expect(run(redact({ entities: "/a", components: "x" }))).to.deep.equal([
      "/a y2@1",
      "/a/b x1y2",
      p,
    ]);
    expect(run(redact((d, path) => d.component === "y" && path === "/a/b"))).to.deep.equal([
      "/a x1y2",
      "/a/b x1",
      p,
    ]);
  });

  it("leaves no trace of the values in what is written", async () => {
    const secret = "the secret of the text";
    const rec = new RecordingStream("redact");
    const sink = memory();
    rec.attach(sink, { pipe: [redact(["Image", "rerun.archetypes.TextLog"])] });
    const pixels = new Uint8Array(64 * 64).fill(0xab);
    rec.log("cam", [
      Image({ data: pixels, width: 64, height: 64, colorModel: "L" }),
      Points3D([[1, 2, 3]]),
    ]);
    rec.log("log", TextLog(secret));
    rec.log("log", TextLog(secret), { static: true });
    await rec.close();
    const file = Buffer.from(sink.toRrd({ compression: "none" }));
    expect(file.includes(secret)).to.equal(false);
    expect(file.includes(Buffer.alloc(64, 0xab))).to.equal(false);
    const { chunks } = decodeRrd(file);
    expect(chunks.map((c) => c.entityPath)).to.deep.equal(["/__properties", "/cam"]);
    expect(chunks[1]?.components).to.deep.equal(["Points3D:positions"]);
  });

  it("refuses wrong selections and options at the call", () => {
    for (const call of [
      () => redact(undefined as never),
      () => redact({}),
      () => redact([]),
      () => redact(""),
      () => redact({ entities: "+ /a/*" }),
      () => redact("x", { mode: "erase" as never }),
    ])
      expect(call).to.throw(RerunError).with.property("code", "invalid-argument");
  });
});
