/**
 * Scalars over time: four years of weather in Seattle. Columns are sent at once, a running mean is made of them by
 * operators of RxJS, and the rain of each month is a bar chart.
 *
 *     npm run example -- plots
 */
import { BarChart, Scalars, SeriesLines, SeriesPoints } from "rerun-rx";
import {
  BarChartView,
  Blueprint,
  TimeRangeBoundary,
  TimeSeriesView,
  Vertical,
} from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { bufferCount, filter, from, lastValueFrom, merge, reduce, tap } from "rxjs";
import { type WeatherDay, weather } from "./data/datasets.ts";

const { infinite } = TimeRangeBoundary;
const axisX = { viewRange: { start: infinite(), end: infinite() } };
const { rec, end } = await scriptSetup("rerun_example_plots", {
  defaultBlueprint: Blueprint(
    Vertical(
      TimeSeriesView({ origin: "temperature", name: "Temperature in °C", axisX }),
      TimeSeriesView({ origin: "wind", name: "Wind in m/s", axisX }),
      BarChartView({ origin: "rain", name: "Rain in mm, months 1 to 12" }),
      { rowShares: [3, 2, 2] },
    ),
    { collapsePanels: true },
  ),
});

const days = weather();
const dates = { date: { timestamp: days.map(({ date }) => date) } };
const extremes = { names: ["highest", "lowest"], colors: ["#f0a04090", "#60a0f090"], widths: 1 };
const mean = { names: "mean of 30 days", colors: "#d03040", widths: 3 };
const gale = { names: "gale", colors: "#d03040", markers: "Diamond", markerSizes: 5 } as const;

// What the lines look like is told once; two scalars for each day are two lines.
rec.log("temperature/extremes", SeriesLines(extremes), { static: true });
rec.log("temperature/mean", SeriesLines(mean), { static: true });
rec.log("wind/speed", SeriesLines({ names: "wind", colors: "#8090a0" }), { static: true });
rec.log("wind/gale", SeriesPoints(gale), { static: true });

const scalars = days.flatMap(({ highest, lowest }) => [highest, lowest]);
const columns = Scalars.columns({ scalars }, { lengths: days.map(() => 2) });
rec.sendColumns("temperature/extremes", dates, columns);
rec.sendColumns("wind/speed", dates, Scalars.columns({ scalars: days.map(({ wind }) => wind) }));

const days$ = from(days);
const meanOf = (some: readonly WeatherDay[]): number =>
  some.reduce((sum, { highest, lowest }) => sum + (highest + lowest) / 2, 0) / some.length;
const means$ = days$.pipe(
  bufferCount(30, 1),
  filter((month) => month.length === 30),
  tap((month) => rec.setTime("date", { timestamp: month[15]!.date })),
  logTo(rec, "temperature/mean", (month) => Scalars(meanOf(month))),
);
const gales$ = days$.pipe(
  filter(({ wind }) => wind > 7),
  tap(({ date }) => rec.setTime("date", { timestamp: date })),
  logTo(rec, "wind/gale", ({ wind }) => Scalars(wind)),
);
const rain$ = days$.pipe(
  reduce((sums, { date, rain }) => {
    sums[date.getUTCMonth()]! += rain;
    return sums;
  }, new Float64Array(12)),
  logTo(rec, "rain", (sums) =>
    BarChart(sums, { abscissa: sums.map((_, i) => i + 1), color: "#4080c0" }),
  ),
);
await lastValueFrom(merge(means$, gales$, rain$));
await end();
