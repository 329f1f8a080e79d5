import { expect } from "chai";
import {
  concat,
  lastValueFrom,
  map,
  merge,
  NEVER,
  type Observable,
  of,
  Subject,
  throwError,
  timer,
  toArray,
} from "rxjs";
import { ChunkBuilder } from "../../lib/chunk-builder.ts";
import { ComponentBatch } from "../../lib/component-batch.ts";
import { fromRrd } from "../../lib/decode/read-rrd.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogEvent } from "../../lib/event.ts";
import type { ChunkMsg, LogMsg, SetStoreInfo, StoreId } from "../../lib/log-msg.ts";
import { PacedObservable } from "../../lib/paced-observable.ts";
import { realTime } from "../../lib/rxjs.ts";
import { ObserverSink } from "../../lib/sink.ts";
import { Tuid, TuidGenerator } from "../../lib/tuid.ts";
import { type AtSpeedOptions, atSpeed } from "../../operators/at-speed.ts";
import { filterEntities } from "../../operators/filter-entities.ts";
import { messagesOf, rrdOf } from "../helpers/make-rrd.ts";
import { marbles } from "../helpers/marbles.ts";
import { numbersOf, row, VALUE, values } from "../helpers/rows.ts";

const STORE: StoreId = { kind: "recording", applicationId: "a", recordingId: "r" };
const INFO: SetStoreInfo = {
  kind: "set-store-info",
  storeId: STORE,
  rowId: new Tuid(1, 2, 3, 4),
  source: "",
};
const ids = new TuidGenerator();

function chunkOf(path: string, rows: readonly LogEvent[]): ChunkMsg {
  const [first] = rows;
  if (first === undefined) throw new Error("no rows");
  const builder = new ChunkBuilder(path, first.time.shape);
  for (const each of rows) builder.append(each, false);
  return { kind: "chunk", storeId: STORE, chunk: builder.finish(ids.next()) };
}

const value = (number: number): ComponentBatch => new ComponentBatch(VALUE, 1, number);

/** A chunk on timeline `t`; its values are its times, in milliseconds. */
function at(path: string, ...times: readonly number[]): ChunkMsg {
  const duration = (ms: number) => ({ t: { duration: BigInt(ms) * 1_000_000n } });
  return chunkOf(
    path,
    times.map((ms) => row(path, duration(ms), value(ms))),
  );
}

const fixed = (path: string, number: number): ChunkMsg =>
  chunkOf(path, [row(path, "static", value(number))]);

/** `/a 1,2` for a chunk, the kind for others. */
const word = (message: LogMsg): string =>
  message.kind === "chunk"
    ? `${message.chunk.entityPath} ${numbersOf(message.chunk).join()}`
    : message.kind;

/** What comes, and at which millisecond of virtual time. */
function replay(
  make: () => Observable<LogMsg>,
  speed: number | Observable<number> = 1,
  options: Partial<AtSpeedOptions> | (() => Partial<AtSpeedOptions>) = {},
): string[] {
  const seen: string[] = [];
  marbles(({ flush }) => {
    const start = realTime.now();
    const note = (what: string): unknown => seen.push(`${realTime.now() - start} ${what}`);
    const more = typeof options === "function" ? options() : options;
    make()
      .pipe(atSpeed(speed, { timeline: "t", ...more }))
      .subscribe({
        next: (message) => note(word(message)),
        error: (error: Error) => note(error.message),
        complete: () => note("end"),
      });
    flush();
  })();
  return seen;
}

/** Values at virtual times. */
const later = <T>(...steps: readonly (readonly [ms: number, step: T])[]): Observable<T> =>
  merge(...steps.map(([ms, step]) => timer(ms).pipe(map(() => step))));

/** One value, and then silence. */
const forever = <T>(...steps: readonly (readonly [ms: number, step: T])[]): Observable<T> =>
  merge(later(...steps), NEVER);

describe("atSpeed", () => {
  it("ends with a source that is empty, and never with one that does not end", () => {
    expect(replay(() => of())).to.deep.equal(["0 end"]);
    expect(replay(() => NEVER)).to.deep.equal([]);
  });

  it("lets rows come as far apart as they were, from the first on", () => {
    expect(replay(() => of(INFO, at("/a", 1000, 1010), at("/a", 1040)))).to.deep.equal([
      "0 set-store-info",
      "0 /a 1000",
      "10 /a 1010",
      "40 /a 1040",
      "40 end",
    ]);
  });

  it("is faster or slower by a factor", () => {
    const source = () => of(at("/a", 0, 10, 30));
    expect(replay(source, 2)).to.deep.equal(["0 /a 0", "5 /a 10", "15 /a 30", "15 end"]);
    expect(replay(source, 0.5)).to.deep.equal(["0 /a 0", "20 /a 10", "60 /a 30", "60 end"]);
  });

  it("changes its speed when it is told to", () => {
    const speed$ = () => later([0, 1], [10, 2]);
    expect(replay(() => of(at("/a", 0, 10, 30)), speed$())).to.deep.equal([
      "0 /a 0",
      "10 /a 10",
      "20 /a 30",
      "20 end",
    ]);
  });

  it("merges the rows of chunks, and keeps those together that are due at once", () => {
    const source = () => of(at("/a", 0, 10, 10, 20), at("/b", 5, 10, 15));
    expect(replay(source)).to.deep.equal([
      "0 /a 0",
      "5 /b 5",
      "10 /a 10,10",
      "10 /b 10",
      "15 /b 15",
      "20 /a 20",
      "20 end",
    ]);
  });

  it("passes a chunk whose rows are due together as the same object", () => {
    const message = at("/a", 7, 7);
    let seen: unknown;
    marbles(({ flush }) => {
      of(message)
        .pipe(atSpeed(1, { timeline: "t" }))
        .subscribe((each) => {
          seen = each;
        });
      flush();
    })();
    expect(seen).to.equal(message);
  });

  it("counts steps of sequences", () => {
    const frames = [0, 1, 3].map((frame) => row("/a", { t: { sequence: frame } }, value(frame)));
    const options = { stepsPerSecond: 100 };
    expect(replay(() => of(chunkOf("/a", frames)), 1, options)).to.deep.equal([
      "0 /a 0",
      "10 /a 1",
      "30 /a 3",
      "30 end",
    ]);
  });

  it("lets static data, other timelines and blueprints come at once", () => {
    const other = chunkOf("/o", [row("/o", { u: { sequence: 1 } }, value(1))]);
    const blueprint: ChunkMsg = { ...at("/view", 99), storeId: { ...STORE, kind: "blueprint" } };
    expect(replay(() => of(at("/a", 0, 9), fixed("/s", 5), other, blueprint))).to.deep.equal([
      "0 /s 5",
      "0 /o 1",
      "0 /view 99",
      "0 /a 0",
      "9 /a 9",
      "9 end",
    ]);
  });

  it("holds while it is paused, and goes on where it was", () => {
    const options = () => ({ pause$: later([15, true], [45, false]) });
    expect(replay(() => of(at("/a", 0, 10, 20, 30)), 1, options)).to.deep.equal([
      "0 /a 0",
      "10 /a 10",
      "50 /a 20",
      "60 /a 30",
      "60 end",
    ]);
  });

  it("does not begin while it is paused", () => {
    const options = () => ({ pause$: merge(of(true), later([20, false])) });
    expect(replay(() => of(INFO, at("/a", 5, 10)), 1, options)).to.deep.equal([
      "0 set-store-info",
      "20 /a 5",
      "25 /a 10",
      "25 end",
    ]);
  });

  describe("seeking", () => {
    const source = () => of(INFO, fixed("/s", 1), at("/a", 0, 10, 20, 30, 40), at("/b", 5, 25));
    const seek = (...steps: readonly (readonly [number, number])[]) => ({
      seek$: later(...steps.map(([ms, to]) => [ms, BigInt(to) * 1_000_000n] as const)),
    });

    it("goes forth: tells what holds there, and goes on from there", () => {
      expect(replay(source, 1, () => seek([7, 28]))).to.deep.equal([
        "0 set-store-info",
        "0 /s 1",
        "0 /a 0",
        "5 /b 5",
        "7 /a 20",
        "7 /b 25",
        "9 /a 30",
        "19 /a 40",
        "19 end",
      ]);
    });

    it("goes back: reads the source again, and static data comes once", () => {
      expect(replay(source, 1, () => seek([22, 8]))).to.deep.equal([
        "0 set-store-info",
        "0 /s 1",
        "0 /a 0",
        "5 /b 5",
        "10 /a 10",
        "20 /a 20",
        "22 /a 0",
        "22 /b 5",
        "24 /a 10",
        "34 /a 20",
        "39 /b 25",
        "44 /a 30",
        "54 /a 40",
        "54 end",
      ]);
    });

    it("includes the time that is sought", () => {
      const lines = replay(source, 1, () => ({ ...seek([7, 30]), backfill: "none" as const }));
      expect(lines.slice(-3)).to.deep.equal(["7 /a 30", "17 /a 40", "17 end"]);
    });

    it("gives all that lies between, or nothing, if told so", () => {
      const lines = (backfill: "all" | "none") =>
        replay(source, 1, () => ({ ...seek([7, 28]), backfill })).slice(4);
      expect(lines("none")).to.deep.equal(["9 /a 30", "19 /a 40", "19 end"]);
      expect(lines("all")).to.deep.equal([
        "7 /a 10,20",
        "7 /b 25",
        "9 /a 30",
        "19 /a 40",
        "19 end",
      ]);
    });

    it("may be paused meanwhile: shows what holds, and waits", () => {
      const options = () => ({ ...seek([8, 28]), pause$: later([7, true], [20, false]) });
      expect(replay(source, 1, options).slice(4)).to.deep.equal([
        "8 /a 20",
        "8 /b 25",
        "22 /a 30",
        "32 /a 40",
        "32 end",
      ]);
    });

    it("begins elsewhere, and ends at once behind the end", () => {
      const early = { seek$: of({ duration: 0.03 }) };
      expect(replay(source, 1, early)).to.deep.equal([
        "0 set-store-info",
        "0 /s 1",
        "0 /a 20",
        "0 /b 25",
        "0 /a 30",
        "10 /a 40",
        "10 end",
      ]);
      expect(replay(source, 1, () => seek([7, 99])).slice(4)).to.deep.equal([
        "7 /a 40",
        "7 /b 25",
        "7 end",
      ]);
    });

    it("goes several times, back as far as the start", () => {
      expect(replay(source, 1, () => seek([3, 39], [3, 0])).slice(3)).to.deep.equal([
        "3 /b 25",
        "3 /a 30",
        "3 /a 0",
        "8 /b 5",
        "13 /a 10",
        "23 /a 20",
        "28 /b 25",
        "33 /a 30",
        "43 /a 40",
        "43 end",
      ]);
    });
  });

  it("waits for data that stands further back, as far as it may read ahead", () => {
    const lines = (lookaheadMs: number) =>
      replay(() => forever([0, at("/a", 0, 10)], [0, at("/b", 0)], [5, at("/a", 30)]), 1, {
        lookaheadMs,
      });
    // The source is silent: rows wait until the one that is far enough ahead came.
    expect(lines(30)).to.deep.equal(["5 /a 0", "5 /b 0", "15 /a 10", "35 /a 30"]);
    expect(lines(0)).to.deep.equal(["0 /a 0", "0 /b 0", "10 /a 10", "30 /a 30"]);
  });

  it("lets rows that come too late come at once", () => {
    const source = () => concat(of(at("/a", 0, 20)), later([12, at("/b", 5, 15)]));
    expect(replay(source, 1, { lookaheadMs: 0 })).to.deep.equal([
      "0 /a 0",
      "12 /b 5",
      "15 /b 15",
      "20 /a 20",
      "20 end",
    ]);
  });

  it("passes on the error of its source when what came before is through", () => {
    const source = () =>
      concat(
        of(at("/a", 0, 10)),
        throwError(() => new Error("broken")),
      );
    expect(replay(source)).to.deep.equal(["0 /a 0", "10 /a 10", "10 broken"]);
  });

  it("fails with pause$, seek$ and a wrong speed", () => {
    const broken = () => throwError(() => new Error("broken"));
    const source = () => of(at("/a", 0, 10));
    expect(replay(source, 1, () => ({ pause$: broken() }))).to.deep.equal(["0 broken"]);
    expect(replay(source, 1, () => ({ seek$: broken() })).at(-1)).to.equal("0 broken");
    expect(replay(source, of(-1)).at(-1)).to.contain("Expected `speed`");
    for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => atSpeed(speed, { timeline: "t" })).to.throw(RerunError, "`speed`");
    }
    expect(() => atSpeed(1, { timeline: "" })).to.throw(RerunError, "name of a timeline");
    expect(() => atSpeed(1, { timeline: "t", lookaheadMs: -1 })).to.throw(RerunError);
  });

  it("stops when the subscriber leaves, and when it throws", () => {
    const seen: string[] = [];
    let unsubscribed = 0;
    marbles(({ flush }) => {
      const source = new PacedObservable<LogMsg>((subscriber) => {
        subscriber.next(at("/a", 0, 10, 20));
        return () => unsubscribed++;
      });
      const subscription = source
        .pipe(atSpeed(1, { timeline: "t", lookaheadMs: 0 }))
        .subscribe((message) => seen.push(word(message)));
      timer(15).subscribe(() => subscription.unsubscribe());
      flush();
    })();
    expect(seen).to.deep.equal(["/a 0", "/a 10"]);
    expect(unsubscribed).to.equal(1);
  });

  describe("with a recording that is read", () => {
    /** A file of many chunks, one row each, 10 ms apart. */
    async function file(rows: number): Promise<Uint8Array> {
      return rrdOf(
        await messagesOf(
          (rec) => {
            for (let i = 0; i < rows; i++)
              rec.log("a", values(i), { time: { t: { duration: i / 100 } } });
          },
          { batch: { flushNumRows: 1 } },
        ),
      );
    }

    it("reads no further ahead than it needs, with operators in between", async () => {
      let read = 0;
      const seek$ = new Subject<bigint>();
      const bytes = await file(300);
      const counted = fromRrd(bytes).pipe(
        map((message) => {
          read++;
          return message;
        }),
        filterEntities("/a"),
      );
      const seen: LogMsg[] = [];
      const subscription = counted
        .pipe(atSpeed(1, { timeline: "t", lookaheadMs: 200, seek$ }))
        .subscribe((message) => seen.push(message));
      await new Promise((resolve) => setTimeout(resolve, 300));
      subscription.unsubscribe();
      expect(seen.length).to.be.within(5, 120);
      expect(read).to.be.within(seen.length, seen.length + 60);
    });

    it("does not hurry a slow sink with data that comes at once", async () => {
      const taken: LogMsg[] = [];
      let go: () => void = () => undefined;
      let pending: Promise<void> | undefined;
      const observer = {
        next: (message: LogMsg) => {
          taken.push(message);
          pending = new Promise((resolve) => {
            go = () => {
              pending = undefined;
              resolve();
            };
          });
        },
        get pending() {
          return pending;
        },
      };
      const bytes = rrdOf(
        await messagesOf((rec) => {
          for (let i = 0; i < 5; i++) rec.log(`s/${i}`, values(i), { static: true });
        }),
      );
      fromRrd(bytes)
        .pipe(atSpeed(1, { timeline: "t" }))
        .subscribe(observer);
      for (let count = 1; count <= 6; count++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(taken).to.have.length(count);
        go();
      }
    });

    it("gives a slow sink the rest when it is ready", async () => {
      class Slow extends ObserverSink {
        readonly name = "slow";
        readonly taken: string[] = [];
        ready: () => void = () => undefined;
        write(messages: readonly LogMsg[]): Promise<void> {
          this.taken.push(...messages.map(word));
          return new Promise((resolve) => {
            this.ready = resolve;
          });
        }
        close(): void {
          this.taken.push("closed");
        }
      }
      const sink = new Slow();
      fromRrd(await file(4))
        .pipe(atSpeed(10, { timeline: "t" }))
        .subscribe(sink);
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(sink.taken).to.deep.equal(["set-store-info"]);
      for (let i = 0; i < 6 && sink.taken.at(-1) !== "closed"; i++) {
        sink.ready();
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      expect(sink.taken.at(-1)).to.equal("closed");
      expect(sink.taken.slice(1, -1).join(" ")).to.equal("/a 0 /a 1 /a 2 /a 3");
    });

    it("keeps the recorded distances in real time", async function () {
      this.timeout(20_000);
      // A machine that is busy elsewhere keeps nobody's time.
      this.retries(4);
      // Irregular, as measurements are; some wait for a quarter of a second.
      const steps = Array.from(
        { length: 120 },
        (_, i) => 3 + ((i * 7919) % 23) + (i % 40 === 39 ? 200 : 0),
      );
      const times = steps.map((_, i) => steps.slice(0, i).reduce((sum, step) => sum + step, 0));
      const bytes = rrdOf(
        await messagesOf((rec) => {
          for (const time of times)
            rec.log("a", values(time), { time: { t: { duration: time / 1000 } } });
        }),
      );
      const came: number[] = [];
      // Plain timers at the same time, each set for what remains: as well as this machine can, now.
      const timed: number[] = [];
      const timers = (async () => {
        const start = performance.now();
        for (const time of times) {
          await new Promise((resolve) => setTimeout(resolve, start + time - performance.now()));
          timed.push(performance.now());
        }
      })();
      const messages = await lastValueFrom(
        fromRrd(bytes).pipe(
          atSpeed(1, { timeline: "t" }),
          map((message) => {
            if (message.kind === "chunk")
              for (const _ of numbersOf(message.chunk)) came.push(performance.now());
            return message;
          }),
          toArray(),
        ),
      );
      await timers;
      const rows = messages.flatMap((message) =>
        message.kind === "chunk" ? numbersOf(message.chunk) : [],
      );
      expect(rows).to.deep.equal(times);
      const p95 = (arrivals: readonly number[]): number => {
        const errors = arrivals
          .slice(1)
          .map((time, i) => Math.abs(time - (arrivals[i] as number) - (steps[i] as number)))
          .sort((x, y) => x - y);
        return errors[Math.floor(0.95 * errors.length)] as number;
      };
      expect(p95(came)).to.be.below(5 + 2 * p95(timed));
    });
  });
});
