/**
 * A tensor with named dimensions: what each hour of the year is like in Seattle. It fills up month by month; three
 * quantities are slices of it, each scaled to its own range.
 *
 *     npm run example -- tensor
 */
import { Tensor } from "rerun-rx";
import { Blueprint, TensorView, Vertical } from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { bufferCount, from, lastValueFrom, tap } from "rxjs";
import { type NormalHour, normalHours } from "./data/datasets.ts";

const QUANTITIES = ["temperature", "wind", "pressure"] as const;
const [DAYS, HOURS] = [365, 24];

const slice = (index: number) =>
  TensorView({
    origin: "normals",
    name: QUANTITIES[index]!,
    sliceSelection: {
      width: 2,
      height: 1,
      indices: [{ dimension: 0, index }],
    },
    scalarMapping: { colormap: "Turbo", magFilter: "Linear" },
    viewFit: "Fill",
  });

const { rec, end } = await scriptSetup("rerun_example_tensor", {
  defaultBlueprint: Blueprint(Vertical(slice(0), slice(1), slice(2)), { collapsePanels: true }),
});

const hours = normalHours();
const ranges = QUANTITIES.map((quantity) => {
  const values = hours.map((hour) => hour[quantity]);
  return { least: Math.min(...values), greatest: Math.max(...values) };
});
const data = new Float32Array(QUANTITIES.length * HOURS * DAYS);
const fill = (hour: NormalHour): void => {
  for (const [i, quantity] of QUANTITIES.entries()) {
    const { least, greatest } = ranges[i]!;
    data[(i * HOURS + hour.hour) * DAYS + hour.day] = (hour[quantity] - least) / (greatest - least);
  }
};

await lastValueFrom(
  from(hours).pipe(
    tap(fill),
    bufferCount(31 * HOURS),
    tap((month) => rec.setTime("day", { sequence: month.at(-1)!.day })),
    logTo(rec, "normals", () =>
      Tensor({ data, shape: [QUANTITIES.length, HOURS, DAYS], names: ["quantity", "hour", "day"] }),
    ),
  ),
);
await end();
