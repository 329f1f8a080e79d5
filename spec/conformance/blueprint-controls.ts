import {
  Blueprint,
  type BlueprintLike,
  type BlueprintRow,
  Horizontal,
  Spatial2DView,
  Tabs,
  TimePanel,
  TimeRangeBoundary,
  TimeSeriesView,
} from "../../lib/blueprint/index.ts";
import type { RecordingStream } from "../../lib/index.ts";
import { ComponentBatch, componentDescriptor, list, Points2D, primitive } from "../../lib/index.ts";

/** What the layout of all controls can be changed in. */
interface Layout {
  readonly background?: readonly number[];
  readonly activeTab?: number;
  readonly start?: ReturnType<typeof TimeRangeBoundary.absolute>;
  readonly origin?: string;
}

function layout({
  background = [1, 2, 3],
  activeTab = 0,
  start = TimeRangeBoundary.cursorRelative(5),
  origin = "/",
}: Layout = {}): BlueprintLike {
  const view = Spatial2DView({
    name: "a",
    background,
    overrides: { e: Points2D.updateFields({ radii: 2 }) },
  });
  const plot = TimeSeriesView({
    name: "b",
    origin,
    timeRanges: { timeline: "t", start, end: TimeRangeBoundary.infinite() },
  });
  const tabs = Tabs(Spatial2DView({ name: "c" }), Spatial2DView({ name: "d" }), { activeTab });
  return Blueprint(Horizontal(view, plot, tabs), TimePanel({ playState: "Paused" }));
}

const sends = (blueprint: BlueprintLike) => (rec: RecordingStream) => rec.sendBlueprint(blueprint);

/** The layout with other rows. */
function edited(edit: (rows: readonly BlueprintRow[]) => readonly BlueprintRow[]): BlueprintLike {
  const original = layout();
  return {
    toRows: (seed) => {
      const { rows, storeId } = original.toRows(seed);
      return { rows: edit(rows), storeId };
    },
  };
}

const without = (part: string) =>
  edited((rows) => rows.filter((row) => !row.entityPath.endsWith(part)));

/** Other names for the first component of the background. */
const described = (names: { readonly component?: string; readonly componentType?: string }) =>
  edited((rows) =>
    rows.map((row) => {
      const [first, ...rest] = row.batches;
      if (first === undefined || !row.entityPath.endsWith("/Background")) return row;
      return { ...row, batches: [first.described({ ...first.descriptor, ...names }), ...rest] };
    }),
  );

function lists(nullable: boolean): BlueprintLike {
  const item = primitive("float32");
  const type = list(item, nullable);
  const child = { type: item, length: 2, values: Float32Array.of(1, 2) };
  const array = { type, length: 1, offsets: Int32Array.of(0, 2), children: [child] };
  const descriptor = componentDescriptor(undefined, "lists", undefined, type);
  const batches = [new ComponentBatch(descriptor, 1, array)];
  return edited((rows) => [...rows, { entityPath: "/own", batches, isStatic: false }]);
}

/** Two layouts that differ in one thing. */
export interface BlueprintControl {
  readonly original: (rec: RecordingStream) => void;
  readonly changed: (rec: RecordingStream) => void;
}

const control = (changed: (rec: RecordingStream) => void): BlueprintControl => ({
  original: sends(layout()),
  changed,
});

/** Changes that the comparison of blueprints has to find. */
export const blueprintControls: Readonly<Record<string, BlueprintControl>> = {
  "control/blueprint/value": control(sends(layout({ background: [1, 2, 4] }))),
  "control/blueprint/text": control(sends(layout({ origin: "/a" }))),
  "control/blueprint/variant": control(sends(layout({ start: TimeRangeBoundary.absolute(5) }))),
  "control/blueprint/reference": control(sends(layout({ activeTab: 1 }))),
  "control/blueprint/component type": control(sends(described({ componentType: "user.Own" }))),
  "control/blueprint/component": {
    original: sends(described({ component: "Own:a" })),
    changed: sends(described({ component: "Own:b" })),
  },
  "control/blueprint/nullability": { original: sends(lists(false)), changed: sends(lists(true)) },
  "control/blueprint/missing entity": control(sends(without("/Background"))),
  "control/blueprint/missing panel": control(sends(without("/time_panel"))),
  "control/blueprint/not static": control(
    sends(edited((rows) => rows.map((row) => ({ ...row, isStatic: false })))),
  ),
  "control/blueprint/order": control(sends(edited((rows) => rows.toReversed()))),
  "control/blueprint/tick": control(
    sends(edited((rows) => [{ entityPath: "/none", batches: [], isStatic: false }, ...rows])),
  ),
  "control/blueprint/not active": control((rec) =>
    rec.sendBlueprint(layout(), { makeActive: false }),
  ),
  "control/blueprint/not default": control((rec) =>
    rec.sendBlueprint(layout(), { makeDefault: false }),
  ),
  "control/blueprint/twice": control((rec) => {
    rec.sendBlueprint(layout());
    rec.sendBlueprint(layout());
  }),
  "control/blueprint/none": control(() => undefined),
};
