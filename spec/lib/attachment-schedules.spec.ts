import { randomInt } from "node:crypto";
import { expect } from "chai";
import fc from "fast-check";
import { useGrpcDoubles } from "../helpers/network-doubles.ts";
import { loadNetworkSinks } from "../helpers/schedule-sinks.ts";
import {
  anySchedule,
  runSchedule,
  type Schedule,
  type ScheduleOptions,
} from "../helpers/schedules.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

// Random schedules of logging, attaching, detaching and replacing, against the one invariant of the whole design:
// a sink receives the pinned messages from before its start, then exactly the range it is owed, in order, none lost
// and none twice, whatever the others do; and what a budget takes from it is counted.

/** Each run tries the same schedules, and some that nobody has tried. */
const SEEDS: readonly number[] = [
  -338577036,
  2_120_363_991,
  1_094_093_458,
  737_228_426,
  randomInt(2 ** 31),
];

/** Schedules of which some part was judged wrongly once. */
const FOUND: readonly Schedule[] = [
  {
    // The second successor of one that failed misses what the first one missed.
    steps: [
      { do: "attach", kind: "throws", from: "start", pipe: "none" },
      { do: "log" },
      { do: "log static", key: 0 },
      { do: "log image", key: 0 },
      { do: "replace", which: 0, kind: "never" },
      { do: "replace", which: 0, kind: "memory" },
    ],
    tickMs: 0,
    hasHistory: false,
    budgetBytes: undefined,
    maxAgeMs: undefined,
  },
  {
    // A message that an operator held has two rows when another one takes its place.
    steps: [
      { do: "attach", kind: "memory", from: { agoMs: 0 }, pipe: "none" },
      { do: "log static", key: 0 },
      { do: "log static", key: 0 },
      { do: "attach", kind: "memory", from: { agoMs: 0 }, pipe: "none" },
      { do: "attach", kind: "rejects", from: { agoMs: 0 }, pipe: "holds" },
      { do: "log static", key: 0 },
      { do: "log" },
      { do: "replace", which: 2, kind: "memory" },
    ],
    tickMs: 4,
    hasHistory: false,
    budgetBytes: 2_500,
    maxAgeMs: undefined,
  },
  {
    // A viewer acknowledges everything, is killed, and the sink is taken off before another one comes.
    steps: [
      { do: "attach", kind: "grpc", from: "start", pipe: "none" },
      { do: "flush" },
      { do: "answer", which: 0 },
      { do: "answer", which: 0 },
      { do: "lose", which: 0, how: "peer" },
      { do: "flush" },
      { do: "detach", which: 0 },
    ],
    tickMs: 0,
    hasHistory: true,
    budgetBytes: undefined,
    maxAgeMs: undefined,
  },
];

describe("any schedule of attach, detach and replace", () => {
  const dir = useTempDir();
  useGrpcDoubles();
  before("load what networks need", loadNetworkSinks);

  const tryAll = async (runs: number, options: Partial<ScheduleOptions>): Promise<void> => {
    let files = 0;
    let sinks = 0;
    for (const seed of SEEDS) {
      await fc.assert(
        fc.asyncProperty(anySchedule(options), async (schedule) => {
          const made = await runSchedule(schedule, () => dir.file(`${files++}.rrd`));
          sinks += made;
        }),
        { numRuns: Math.ceil(runs / SEEDS.length), seed },
      );
    }
    expect(sinks).to.be.greaterThan(runs);
  };

  it("is judged rightly where it was not once", async () => {
    for (const [i, schedule] of FOUND.entries())
      expect(await runSchedule(schedule, () => dir.file(`found-${i}.rrd`))).to.be.greaterThan(0);
  });

  it("gives each sink the pinned messages and then exactly what it is owed", async function () {
    this.timeout(120_000);
    await tryAll(7_000, {});
  });

  it("drops past the budget what the policy lets go, and counts each message and row", async function () {
    this.timeout(120_000);
    await tryAll(3_000, { hasBudget: true });
  });
});
