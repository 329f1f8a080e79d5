import {
  AnyValues,
  type AsComponents,
  ComponentBatch,
  componentDescriptor,
  DynamicArchetype,
  LineStrips3D,
  Points2D,
  Points3D,
  primitive,
  type RecordingStream,
  TextDocument,
  Transform3D,
} from "../../../lib/index.ts";
import { type Cases, logs } from "../case.ts";
import { linspace, range, rowsOf, uniform, utf8 } from "../data.ts";

/** An archetype of our own: positions and colours of Rerun under other names. */
const customPoints = (positions: readonly number[][], colors: number): AsComponents => ({
  batches: [
    Points3D.batch("positions", positions).described({
      archetype: "user.CustomPoints3D",
      component: "user.CustomPoints3D:custom_positions",
      componentType: "user.CustomPosition3D",
    }),
    Points3D.batch("colors", colors).described({
      archetype: "user.CustomPoints3D",
      component: "user.CustomPoints3D:colors",
    }),
  ],
});

/** Points with a component that Rerun does not know. */
const confidentPoints = (
  positions: readonly number[][],
  confidences: Float32Array,
): AsComponents => {
  const descriptor = componentDescriptor(
    "user.CustomPoints3D",
    "user.CustomPoints3D:confidences",
    "user.Confidence",
    primitive("float32"),
  );
  return {
    batches: [
      ...Points3D(positions).batches,
      new ComponentBatch(descriptor, confidences.length, confidences),
    ],
  };
};

const logGrid = (rec: RecordingStream): void => {
  const [positions, colors] = [linspace(-10, 10, 10), linspace(0, 255, 10).map(Math.trunc)].map(
    (axis) =>
      range(1000).map((i) => [
        axis[i % 10],
        axis[Math.floor(i / 10) % 10],
        axis[Math.floor(i / 100)],
      ]),
  ) as [number[][], number[][]];
  rec.log("my_points", Points3D(positions, { colors, radii: 0.5 }));
};

const spiral = (phase: number): number[][] =>
  range(100).map((i) => [Math.sin(i / 8 + phase), Math.cos(i / 8 + phase), i / 50]);

/** Official snippets of descriptors, custom data, properties and larger programs. */
export const ownData: Cases = {
  "descriptors/descr_builtin_archetype": {
    app: "rerun_example_descriptors_builtin_archetype",
    log: (rec) =>
      rec.log("data", Points3D([[1, 2, 3]], { radii: [0.3, 0.2, 0.1] }), { static: true }),
  },
  "descriptors/descr_builtin_component": {
    app: "rerun_example_descriptors_builtin_component",
    log: (rec) => {
      const points = Points3D.batch("positions", [1, 2, 3]).described({
        archetype: "user.CustomPoints3D",
        component: "user.CustomPoints3D:points",
      });
      rec.log("data", { batches: [points] }, { static: true });
    },
  },
  "descriptors/descr_custom_archetype": {
    app: "rerun_example_descriptors_custom_archetype",
    log: (rec) => rec.log("data", customPoints([[1, 2, 3]], 0xff00ffff), { static: true }),
  },
  "howto/any_values_column_updates": {
    app: "rerun_example_any_values_column_updates",
    log: (rec) => {
      const waves = range(64).map((t) => t / 10);
      rec.sendColumns(
        "/",
        { step: { sequence: range(64) } },
        AnyValues.columns({ sin: Float64Array.from(waves, Math.sin), cos: waves.map(Math.cos) }),
      );
    },
  },
  "howto/dual_color_point_cloud": {
    app: "rerun_example_custom_color_archetypes",
    log: (rec) => {
      const colors = rowsOf(Uint8Array.from(uniform(4000, 21, 0, 255)), 4);
      const others = rowsOf(Uint8Array.from(uniform(4000, 22, 0, 255)), 4);
      rec.log(
        "pointcloud",
        Points3D(uniform(3000, 20, -3, 3), { radii: 0.06 }),
        DynamicArchetype("HeightColors", { colors: Points3D.batch("colors", colors) }),
        DynamicArchetype("SpinColors", { colors: Points3D.batch("colors", others) }),
      );
    },
  },
  "quick_start/quick_start_connect": { app: "rerun_example_quick_start_connect", log: logGrid },
  "quick_start/quick_start_spawn": { app: "rerun_example_quick_start_spawn", log: logGrid },
  "tutorials/custom-application-id": { app: "my_custom_application_id", log: () => {} },
  "tutorials/custom-recording-id": { app: "rerun_example_shared_recording", log: () => {} },
  "tutorials/custom_data": {
    app: "rerun_example_custom_data",
    log: (rec) => {
      const grid = range(27).map((i) => [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9)]);
      rec.log("left", confidentPoints(grid, Float32Array.of(42)));
      rec.log("right", confidentPoints(grid, Float32Array.from(range(27))));
    },
  },
  "tutorials/dna": {
    app: "rerun_example_dna_abacus",
    log: (rec) => {
      rec.setTime("stable_time", { duration: 0 });
      const [left, right] = [spiral(0), spiral(Math.PI)];
      rec.log("dna/left", Points3D(left, { colors: [255, 200, 0], radii: 0.08 }));
      rec.log("dna/right", Points3D(right, { colors: [0, 100, 255], radii: 0.08 }));
      const rungs = left.map((point, i) => [point, right[i] as number[]]);
      rec.log("dna/scaffolding", LineStrips3D(rungs, { colors: [128, 128, 128] }));
      for (const i of range(100)) {
        rec.setTime("stable_time", { duration: i * 0.01 });
        const beads = rungs.map(([a = [], b = []], n) => {
          const at = ((i + 7 * n) % 100) / 100;
          return a.map((x, k) => x * (1 - at) + (b[k] as number) * at);
        });
        rec.log("dna/beads", Points3D(beads, { radii: 0.06, colors: [200, 200, 200] }));
        rec.log("dna", Transform3D({ rotation: { axis: [0, 0, 1], radians: i / 40 } }));
      }
    },
  },
  "tutorials/dynamic_archetype": {
    app: "rerun_example_dynamic_archetype",
    log: (rec) =>
      rec.log(
        "new_archetype",
        DynamicArchetype(
          "MyArchetype",
          {
            homepage: "https://www.rerun.io",
            repository: "https://github.com/rerun-io/rerun",
            confidence: [1.2, 3.4, 5.6],
            description: "Some words…",
          },
          {
            componentTypes: {
              confidence: "rerun.components.Scalar",
              description: "rerun.components.Text",
            },
          },
        ),
      ),
  },
  "tutorials/extra_values": {
    app: "rerun_example_extra_values",
    log: (rec) =>
      rec.log(
        "extra_values",
        Points2D([
          [-1, -1],
          [1, 1],
        ]),
        AnyValues({ confidence: [0.3, 0.6] }),
      ),
  },
  "own/any_values_types": logs((rec) => {
    const values = {
      integer: 1,
      large: 2 ** 53 - 1,
      float: 1.5,
      text: "ä",
      truth: true,
      bytes: utf8("raw"),
      integers: [1, -2, 3],
      mixed: [1, 2.5],
      gaps: [1, null, 3],
      texts: ["a", "", "c"],
      truths: [true, false, true],
      blocks: [utf8("a"), utf8("bc")],
      lists: [[1, 2], [], [3]],
      floats: [[1.5], [2]],
      deep: [[["a"], ["b", "c"]]],
      structs: [{ a: 1 }, { a: 2, b: "x" }],
      u16: Uint16Array.of(1, 2),
      f32: Float32Array.of(0.5, 1.5),
      i64: BigInt64Array.of(5n),
      rows: [Float32Array.of(1, 2), Float32Array.of(3)],
    };
    rec.log("values", AnyValues(values));
    rec.log("values", AnyValues(values), { static: true });
    rec.log("named", DynamicArchetype("user.Own", values));
  }),
  "own/any_values_later": logs((rec) => {
    rec.log("a", AnyValues({ kept: [1, 2], other: "x", missing: null, none: [] }));
    rec.log("a", AnyValues({ kept: null, other: ["y", "z"] }));
    rec.log("a", AnyValues({ kept: [], other: [] }));
    rec.log(
      "a",
      AnyValues({ kept: 5, other: "", u8: Uint8Array.from([]), n: 1 }, { types: { u8: "uint8" } }),
    );
  }),
  "own/any_values_columns": logs((rec) => {
    const times = { step: { sequence: [0, 1, 2] } };
    rec.sendColumns(
      "columns",
      times,
      AnyValues.columns({
        whole: [1, 2, 3],
        texts: ["a", "b", "c"],
        truths: [true, false, true],
        blocks: [utf8("a"), utf8("b"), utf8("c")],
        ragged: [[1, 2], [], [3]],
        lists: [[[1], [2, 3]], [[4]], []],
        f32: [Float32Array.of(1, 2), Float32Array.of(3), Float32Array.of(4)],
      }),
    );
    rec.sendColumns("dynamic", times, DynamicArchetype.columns("user.Own", { a: [1.5, 2, 3] }));
    rec.sendColumns("parts", times, AnyValues.columns({ parts: range(6) }, { lengths: [1, 3, 2] }));
  }),
  "own/archetype_prefixes": logs((rec) => {
    rec.log("a", DynamicArchetype("rerun.archetypes.Own", { x: 1 }));
    rec.log("b", DynamicArchetype("rerun.Own", { x: 1 }));
    rec.log("c", DynamicArchetype("my.rerun.archetypes.Own", { x: 1 }));
  }),
  "own/properties": logs((rec) => {
    rec.sendRecordingName("a name");
    rec.sendRecordingStartTime(1_700_000_000_123_456_789n);
    rec.sendProperty("situation", AnyValues({ weather: "rain", operators: ["Kim", "Lee"] }));
    rec.sendProperty("camera/left eye", Points3D([[1, 2, 3]]));
    rec.sendProperty("notes", [TextDocument("words"), AnyValues({ pages: 3 })]);
    rec.log("after", Points3D([[1, 2, 3]]));
  }),
};
