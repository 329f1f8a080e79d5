import { expect } from "chai";
import { of, range, take } from "rxjs";
import { Scalars } from "../../lib/archetypes/index.ts";
import { RerunError } from "../../lib/errors.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { logTo } from "../../operators/log-to.ts";
import { memory } from "../../sinks/memory.ts";
import { marbles } from "../helpers/marbles.ts";
import { chunksOf, inShort, values } from "../helpers/rows.ts";

/** Notes what is logged. */
function notes(): {
  readonly logged: string[];
  log(path: string | readonly string[], data: unknown): void;
} {
  const logged: string[] = [];
  return {
    logged,
    log: (path, data) => void logged.push(`${String(path)} ${JSON.stringify(data)}`),
  };
}

const project = (value: string): never => value as never;

describe("logTo", () => {
  it(
    "neither adds nor takes anything: never, empty, one, many",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      for (const diagram of ["-", "--|", "--a|", "a-b(cd)-|", "(abc|)"]) {
        const source = cold(diagram);
        expectObservable(source.pipe(logTo(notes(), "path", project))).toBe(diagram);
        if (diagram === "--a|") expectSubscriptions(source.subscriptions).toBe("^--!");
      }
    }),
  );

  it(
    "passes an error on",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold("-a-#");
      expectObservable(source.pipe(logTo(notes(), "path", project))).toBe("-a-#");
      expectSubscriptions(source.subscriptions).toBe("^--!");
    }),
  );

  it(
    "unsubscribes early",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot("-a-b-c-|");
      expectObservable(source.pipe(logTo(notes(), "path", project)), "----!").toBe("-a-b");
      expectObservable(source.pipe(logTo(notes(), "path", project), take(1))).toBe("-(a|)");
      expectSubscriptions(source.subscriptions).toBe(["^---!", "^!"]);
    }),
  );

  it(
    "fails when the projection or the path throws, and unsubscribes",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot("-a-b-c-|");
      const no = new Error("no");
      const fail = (value: string): never => {
        if (value === "b") throw no;
        return value as never;
      };
      expectObservable(source.pipe(logTo(notes(), "path", fail))).toBe("-a-#", { a: "a" }, no);
      expectObservable(source.pipe(logTo(notes(), fail, project))).toBe("-a-#", { a: "a" }, no);
      expectSubscriptions(source.subscriptions).toBe(["^--!", "^--!"]);
    }),
  );

  it("logs each value before it passes it on", () => {
    const rec = notes();
    const order: string[] = [];
    of("a", "b")
      .pipe(
        logTo(
          {
            log: (path, data) => {
              order.push(`log ${JSON.stringify(data)}`);
              rec.log(path, data);
            },
          },
          "path",
          project,
        ),
      )
      .subscribe((value) => order.push(`value ${value}`));
    expect(order).to.deep.equal(['log "a"', "value a", 'log "b"', "value b"]);
  });

  it("finds a path for each value, and logs nothing where there is nothing to log", () => {
    const rec = notes();
    of(1, 2, 3)
      .pipe(
        logTo(
          rec,
          (value, index) => ["sensor", `${value}@${index}`],
          (value, index) => (value === 2 ? undefined : (`${value}@${index}` as never)),
        ),
      )
      .subscribe();
    expect(rec.logged).to.deep.equal(['sensor,1@0 "1@0"', 'sensor,3@2 "3@2"']);
  });

  it("logs no more than a consumer takes, also from a source that never waits", () => {
    const rec = notes();
    range(0, Infinity)
      .pipe(
        logTo(rec, "n", (value) => value as never),
        take(2),
      )
      .subscribe();
    expect(rec.logged).to.deep.equal(["n 0", "n 1"]);
  });

  it("counts from 0 for each subscriber", () => {
    const rec = notes();
    const logged = of("a", "b").pipe(logTo(rec, (_, index) => `${index}`, project));
    logged.subscribe();
    logged.subscribe();
    expect(rec.logged).to.deep.equal(['0 "a"', '1 "b"', '0 "a"', '1 "b"']);
  });

  it("logs into a recording, and fails with the error of a value that cannot be logged", async () => {
    const rec = new RecordingStream("spec", { sendProperties: false });
    const sink = memory();
    rec.attach(sink);
    const errors: unknown[] = [];
    of(1, 2, Number.NaN, 4)
      .pipe(logTo(rec, "numbers", (value) => (Number.isNaN(value) ? (5 as never) : Scalars(value))))
      .subscribe({ error: (error) => errors.push(error) });
    of(1)
      .pipe(logTo(rec, "other", (value) => [values(value)]))
      .subscribe();
    await rec.close();
    expect(errors[0]).to.be.instanceOf(RerunError).with.property("code", "invalid-component");
    expect(chunksOf(sink.messages).map(inShort)).to.deep.equal(["/numbers 1,2", "/other 1"]);
  });
});
