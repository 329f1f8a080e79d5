import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { lastValueFrom, Subject, takeUntil, toArray } from "rxjs";
import { type Counters, counterRates$ } from "../../../examples/monitor/counters.ts";
import type { LogEntry } from "../../../examples/monitor/log-entry.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

const parse = (text: string): Counters => {
  if (!/^\d+$/.test(text)) throw new SyntaxError(`expected a number, got "${text}"`);
  return new Map([["it", [Number(text), 0]]]);
};

describe("counterRates$", () => {
  const dir = useTempDir();
  let path: string;
  let said: LogEntry[];
  let notes: Subject<LogEntry>;

  beforeEach(() => {
    path = dir.file("counters");
    said = [];
    notes = new Subject();
    notes.subscribe((entry) => said.push(entry));
  });

  it("completes after one note on a system that has no such file", async () => {
    const rates$ = counterRates$("rates", parse, 5, { notes, platform: "darwin", path });
    expect(said).to.deep.equal([]);
    expect(await lastValueFrom(rates$.pipe(toArray()))).to.deep.equal([]);
    expect(said).to.deep.equal([
      { level: "INFO", text: "No rates: they are read on Linux only, this is darwin" },
    ]);
  });

  it("completes after one note when the file cannot be read", async () => {
    const rates$ = counterRates$("rates", parse, 5, { notes, platform: "linux", path });
    expect(await lastValueFrom(rates$.pipe(toArray()))).to.deep.equal([]);
    expect(said).to.have.lengthOf(1);
    expect(said[0]?.level).to.equal("WARN");
    expect(said[0]?.text).to.match(/^No more rates: ENOENT/);
  });

  it("completes after one note when the file turns into something else, with what came before", async () => {
    await writeFile(path, "1000");
    const readings: Counters[] = [];
    const done = new Promise<void>((resolve, reject) => {
      counterRates$("rates", parse, 5, { notes, platform: "linux", path }).subscribe({
        next: (rates) => {
          readings.push(rates);
          if (readings.length === 2) writeFile(path, "x").catch(reject);
        },
        error: reject,
        complete: resolve,
      });
    });
    await done;
    expect(readings.length).to.be.at.least(2);
    expect(readings[0]).to.deep.equal(new Map([["it", [0, 0]]]));
    expect(said).to.have.lengthOf(1);
    // A file is emptied before it is written anew: either may be seen.
    expect(said[0]?.text).to.match(/^No more rates: expected a number, got "x?"$/);
  });

  it("says nothing when it is unsubscribed while it reads", async () => {
    const stop$ = new Subject<void>();
    const rates$ = counterRates$("rates", parse, 5, { notes, platform: "linux", path });
    const reading = lastValueFrom(rates$.pipe(takeUntil(stop$), toArray()));
    await sleep(0);
    stop$.next();
    await reading;
    const before = said.length;
    await sleep(30);
    expect(said.length).to.equal(before);
  });
});
