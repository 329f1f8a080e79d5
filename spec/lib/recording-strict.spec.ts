import { expect } from "chai";
import { Points3D, Scalars } from "../../lib/archetypes/index.ts";
import { RerunError } from "../../lib/errors.ts";
import type { DataEvent } from "../../lib/event.ts";
import type { RecordingStreamOptions } from "../../lib/recording-options.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { memory } from "../../sinks/memory.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";

/** Calls that log something wrong, by the code of their error. */
const wrongCalls: readonly (readonly [code: string, call: (rec: RecordingStream) => void])[] = [
  ["invalid-entity-path", (rec) => rec.log(5 as never, Scalars(1))],
  ["invalid-component", (rec) => rec.log("a", "no archetype" as never)],
  ["invalid-component", (rec) => rec.log("a", Scalars(1), Scalars(2))],
  ["invalid-time", (rec) => rec.log("a", Scalars(1), { time: { t: { sequence: 0.5 } } })],
  ["invalid-entity-path", (rec) => rec.sendColumns([""], {}, Scalars.columns({ scalars: [1] }))],
  [
    "invalid-time",
    (rec) => rec.sendColumns("a", { t: {} as never }, Scalars.columns({ scalars: [1] })),
  ],
  [
    "invalid-component",
    (rec) => rec.sendColumns("a", { t: { sequence: [1, 2] } }, Scalars.columns({ scalars: [1] })),
  ],
  ["invalid-component", (rec) => rec.sendProperty("a", 5 as never)],
];

function streamWith(options: RecordingStreamOptions): {
  readonly rec: RecordingStream;
  readonly events: DataEvent[];
  readonly errors: RerunError[];
} {
  const rec = new RecordingStream("spec", { sendProperties: false, ...options });
  const events: DataEvent[] = [];
  const errors: RerunError[] = [];
  rec.events$.subscribe((event) => events.push(event));
  rec.errors$.subscribe((error) => errors.push(error));
  return { rec, events, errors };
}

const pathOf = (event: DataEvent): string =>
  event.kind === "columns" ? event.chunk.entityPath : event.entityPath;

/** Runs `body` with the variable set, and puts it back. */
function withStrict(value: string | undefined, body: () => void): void {
  const before = process.env["RERUN_STRICT"];
  const set = (v: string | undefined): void => {
    if (v === undefined) delete process.env["RERUN_STRICT"];
    else process.env["RERUN_STRICT"] = v;
  };
  set(value);
  try {
    body();
  } finally {
    set(before);
  }
}

/** What `body` prints as warnings. */
function warningsOf(body: () => void): string[] {
  const { warn } = console;
  const printed: string[] = [];
  console.warn = (text: string) => printed.push(text);
  try {
    body();
  } finally {
    console.warn = warn;
  }
  return printed;
}

describe("a strict recording stream", () => {
  for (const [code, call] of wrongCalls) {
    it(`throws ${code} and logs nothing: ${String(call).slice(9, 70)}`, () => {
      const { rec, events, errors } = streamWith({ strict: true });
      expect(() => call(rec))
        .to.throw(RerunError)
        .with.property("code", code);
      expect(events).to.deep.equal([]);
      expect(errors).to.deep.equal([]);
    });
  }

  it("is the default", () =>
    withStrict(undefined, () => expect(new RecordingStream("spec").strict).to.equal(true)));

  for (const value of ["0", "false", "no", "off", "Off", "FALSE"]) {
    it(`is not made when RERUN_STRICT is ${value}, unless an option says so`, () =>
      withStrict(value, () => {
        expect(new RecordingStream("spec").strict).to.equal(false);
        expect(new RecordingStream("spec", { strict: true }).strict).to.equal(true);
      }));
  }

  for (const value of ["1", "true", "yes", "on", ""]) {
    it(`is made when RERUN_STRICT is "${value}", unless an option says otherwise`, () =>
      withStrict(value, () => {
        expect(new RecordingStream("spec").strict).to.equal(true);
        expect(new RecordingStream("spec", { strict: false }).strict).to.equal(false);
      }));
  }
});

describe("a recording stream that is not strict", () => {
  for (const [code, call] of wrongCalls) {
    it(`tells of ${code} and logs nothing else: ${String(call).slice(9, 70)}`, () => {
      const { rec, events, errors } = streamWith({ strict: false });
      call(rec);
      expect(errors.map((error) => error.code)).to.deep.equal([code]);
      expect(events.map(pathOf)).to.deep.equal(["/__warnings"]);
    });
  }

  it("logs the message of each error as a text of level WARN", async () => {
    const { rec, errors } = streamWith({ strict: false });
    const sink = memory();
    rec.attach(sink);
    rec.setTime("frame", { sequence: 7 });
    rec.log("a", Scalars(1));
    rec.log("a", "no archetype" as never);
    rec.log("b", "nor this" as never);
    rec.log("a", Scalars(2));
    await rec.close();
    const { chunks } = decodeRrd(sink.toRrd());
    const rows = (path: string): number =>
      chunks.filter((c) => c.entityPath === path).reduce((sum, c) => sum + c.numRows, 0);
    expect([rows("/a"), rows("/b"), rows("/__warnings")]).to.deep.equal([2, 0, 2]);
    const warnings = chunks.find((c) => c.entityPath === "/__warnings");
    expect(warnings?.column("TextLog:text")).to.deep.equal(errors.map((e) => [e.message]));
    expect(warnings?.column("TextLog:level")).to.deep.equal([["WARN"], ["WARN"]]);
    expect(warnings?.column("frame")).to.deep.equal([7n, 7n]);
  });

  it("prints the error while nobody listens", () => {
    const rec = new RecordingStream("spec", { strict: false });
    const printed = warningsOf(() => rec.log("a", 5 as never));
    expect(printed).to.have.lengthOf(1);
    expect(printed[0]).to.match(/^rerun-rx: Expected .* at \/a, got `5`$/);
  });

  it("comes to an end when a listener logs something wrong itself", () => {
    const { rec, events, errors } = streamWith({ strict: false });
    rec.errors$.subscribe(() => rec.log("listener", 6 as never));
    rec.events$.subscribe(() => rec.log("listener", 7 as never));
    const printed = warningsOf(() => rec.log("a", 5 as never));
    expect(errors).to.have.lengthOf(1);
    expect(events).to.have.lengthOf(1);
    expect(printed.map((text) => text.at(-2))).to.deep.equal(["7", "6"]);
  });

  it("goes on to tell after that", () => {
    const { rec, errors } = streamWith({ strict: false });
    rec.log("a", 5 as never);
    rec.log("a", 6 as never);
    expect(errors).to.have.lengthOf(2);
  });

  it("still throws what is not about data", async () => {
    const { rec } = streamWith({ strict: false });
    expect(() => Points3D("wrong" as never)).to.throw(RerunError, "Points3D");
    expect(() => rec.sendProperty("", Scalars(1)))
      .to.throw(RerunError)
      .with.property("code", "invalid-argument");
    await rec.close();
    for (const data of [Scalars(1), "no archetype" as never]) {
      expect(() => rec.log("a", data))
        .to.throw(RerunError)
        .with.property("code", "recording-closed");
    }
  });

  it("does nothing when it is switched off", () => {
    const { rec, events, errors } = streamWith({ strict: false, enabled: false });
    rec.log("a", 5 as never);
    expect([...events, ...errors]).to.deep.equal([]);
  });
});
