/**
 * States as bands over time: what the weather in Seattle was like, logged only where it changes.
 *
 *     npm run example -- state-timeline
 */
import { Scalars, SeriesLines, StateChange, StateConfiguration } from "rerun-rx";
import {
  Blueprint,
  StateTimelineView,
  TimeRangeBoundary,
  TimeSeriesView,
  Vertical,
} from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { connect, distinctUntilChanged, from, lastValueFrom, map, merge, tap } from "rxjs";
import { type WeatherDay, weather } from "./data/datasets.ts";

const { infinite } = TimeRangeBoundary;
const axisX = { viewRange: { start: infinite(), end: infinite() } };
const { rec, end } = await scriptSetup("rerun_example_state_timeline", {
  defaultBlueprint: Blueprint(
    Vertical(
      StateTimelineView({ origin: "states", name: "Weather of a spring" }),
      TimeSeriesView({ origin: "temperature", name: "Temperature in °C", axisX }),
      { rowShares: [2, 3] },
    ),
    { collapsePanels: true },
  ),
});

/** What a lane tells, from what it finds it, and its colours. */
const LANES = {
  sky: {
    stateOf: ({ kind }: WeatherDay): string => kind,
    colors: {
      sun: "#f6c344",
      fog: "#a8b0b8",
      drizzle: "#8fc3e8",
      rain: "#3f7fc0",
      snow: "#c8d8ff",
    },
  },
  wind: {
    stateOf: ({ wind }: WeatherDay): string => (wind < 2 ? "calm" : wind < 5 ? "breeze" : "strong"),
    colors: { calm: "#cfe8cf", breeze: "#7fbf7f", strong: "#2f7f4f" },
  },
  night: {
    stateOf: ({ lowest }: WeatherDay): string => (lowest <= 0 ? "frost" : ""),
    colors: { frost: "#6fb8e8" },
  },
};

for (const [lane, { colors }] of Object.entries(LANES)) {
  const values = Object.keys(colors);
  const looks = StateConfiguration({ values, labels: values, colors: Object.values(colors) });
  rec.log(["states", lane], looks, { static: true });
}
const lines = { names: ["highest", "lowest"], colors: ["#e08040", "#4080e0"] };
rec.log("temperature", SeriesLines(lines), { static: true });

const days$ = from(weather().slice(31, 121)).pipe(
  tap(({ date }) => rec.setTime("date", { timestamp: date })),
  connect((day$) =>
    merge(
      day$.pipe(logTo(rec, "temperature", ({ highest, lowest }) => Scalars([highest, lowest]))),
      ...Object.entries(LANES).map(([lane, { stateOf }]) =>
        day$.pipe(
          map(stateOf),
          distinctUntilChanged(),
          logTo(rec, ["states", lane], (state) => StateChange(state)),
        ),
      ),
    ),
  ),
);
await lastValueFrom(days$);
await end();
