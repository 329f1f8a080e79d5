/**
 * Values of your own, as a table: measured penguins, one row for each, and as points in 3D.
 *
 *     npm run example -- table
 */
import { AnnotationContext, AnyValues, Points3D } from "rerun-rx";
import { Blueprint, DataframeView, Horizontal, Spatial3DView } from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { connect, from, lastValueFrom, map, merge, scan } from "rxjs";
import { type Penguin, penguins } from "./data/datasets.ts";

const eyeControls = { position: [38, -4, 31], lookTarget: [44, 17, 20] };
const { rec, end } = await scriptSetup("rerun_example_table", {
  defaultBlueprint: Blueprint(
    Horizontal(
      DataframeView({ origin: "penguins", name: "Penguins", query: { timeline: "penguin" } }),
      Spatial3DView({
        origin: "cloud",
        name: "Beak length, beak depth, flipper length",
        eyeControls,
      }),
      { columnShares: [5, 6] },
    ),
    { collapsePanels: true },
  ),
});

const COLORS = { Adelie: "#f08030", Chinstrap: "#a050d0", Gentoo: "#20a080" };
const species = Object.keys(COLORS);
const classes = AnnotationContext(
  Object.entries(COLORS).map(([name, color], id) => [id, name, color]),
);
rec.log("cloud", classes, { static: true });

/** Length and depth of the beak in mm, and the flipper in cm. */
const cloud = (all: readonly Penguin[]) =>
  Points3D(
    all.map(({ beakLength, beakDepth, flipperLength }) => [
      beakLength,
      beakDepth,
      flipperLength / 10,
    ]),
    { classIds: all.map((penguin) => species.indexOf(penguin.species)), radii: 0.35 },
  );

const penguins$ = from(penguins()).pipe(
  map((penguin, i) => {
    rec.setTime("penguin", { sequence: i });
    return penguin;
  }),
  connect((penguin$) =>
    merge(
      penguin$.pipe(logTo(rec, "penguins", (penguin) => AnyValues({ ...penguin }))),
      penguin$.pipe(
        scan((all: readonly Penguin[], penguin) => [...all, penguin], []),
        logTo(rec, "cloud/penguins", cloud),
      ),
    ),
  ),
);
await lastValueFrom(penguins$);
await end();
