import {
  Arrows3D,
  GeoLineStrings,
  GraphNodes,
  LineStrips3D,
  Mesh3D,
  Points2D,
  Points3D,
  Scalars,
  StateChange,
  TextDocument,
  TextLog,
  Transform3D,
} from "../../../lib/index.ts";
import { type Cases, logs } from "../case.ts";
import { range, uniform } from "../data.ts";

/** Times, entity paths, rows of several archetypes, and columns. */
export const times: Cases = {
  "times/kinds": logs((rec) => {
    rec.setTime("sequence", { sequence: -5 });
    rec.setTime("large", { sequence: 2n ** 62n });
    rec.setTime("seconds", { duration: 1.5 });
    rec.setTime("fraction", { duration: 0.1 });
    rec.setTime("before", { duration: -0.25 });
    rec.setTime("nanoseconds", { duration: 123_456_789_012_345_678n });
    rec.setTime("epoch", { timestamp: 1_700_000_000.5 });
    rec.setTime("date", { timestamp: new Date("1969-07-20T20:17:40.123Z") });
    rec.setTime("precise", { timestamp: 1_700_000_000_123_456_789n });
    rec.log("a", Scalars(1));
  }),
  "times/changes": logs((rec) => {
    rec.log("a", Scalars(0));
    rec.setTime("step", { sequence: 1 });
    rec.setTime("other", { duration: 1 });
    rec.log("a", Scalars(1));
    rec.disableTimeline("other");
    rec.log("a", Scalars(2));
    rec.setTime("step", { sequence: 0 });
    rec.log("a", Scalars(3), { static: false });
    rec.log("b", TextDocument("always"), { static: true });
    rec.resetTime();
    rec.log("a", Scalars(4));
    rec.setTime("later", { duration: 2 });
    rec.log("a", Scalars(5));
  }),
  "times/fractions": logs((rec) => {
    for (const i of range(200)) {
      rec.setTime("t", { duration: i / 7 });
      rec.setTime("u", { timestamp: 1_700_000_000 + i / 2 });
      rec.log("a", Scalars(i));
    }
  }),
  "times/columns": logs((rec) => {
    const columns = Scalars.columns({ scalars: [1, 2, 3] });
    rec.sendColumns("sequence", { t: { sequence: [-1, 0, 5] } }, columns);
    rec.sendColumns("bigints", { t: { sequence: BigInt64Array.of(1n, 2n, 2n ** 60n) } }, columns);
    rec.sendColumns("durations", { d: { duration: [0.1, 0.2, 1 / 3] } }, columns);
    rec.sendColumns(
      "dates",
      { at: { timestamp: range(3).map((day) => new Date(Date.UTC(2024, 1, 28 + day))) } },
      columns,
    );
    rec.sendColumns(
      "several",
      { b: { sequence: [3, 2, 1] }, d: { duration: [1n, 2n, 3n] } },
      columns,
    );
    rec.sendColumns("static", {}, Scalars.columns({ scalars: [7] }));
  }),
  "times/columns_unsorted": logs((rec) => {
    rec.sendColumns(
      "a",
      { t: { sequence: [3, 1, 2, 1] }, u: { sequence: [0, 5, 0, 4] } },
      Scalars.columns({ scalars: [30, 10, 20, 11] }),
      TextLog.columns({ text: ["three", "one", "two", "uno"] }),
      Points2D.columns({ positions: uniform(12, 31, 0, 1) }, { lengths: [1, 3, 0, 2] }),
    );
  }),
  "columns/archetypes": logs((rec) => {
    const at = { step: { sequence: [0, 1, 2] } };
    rec.sendColumns(
      "points",
      at,
      Points3D.columns(
        {
          positions: uniform(18, 32, -1, 1),
          colors: [0xff0000ff, 0x00ff00ff, 0x0000ffff, 0xffffffff, 0, 1],
          labels: ["a", "b", "c", "d", "e", "f"],
          classIds: Uint16Array.from(range(6)),
        },
        { lengths: [1, 2, 3] },
      ),
    );
    rec.sendColumns(
      "arrows",
      at,
      Arrows3D.columns({ vectors: uniform(9, 33, -1, 1), radii: Float32Array.of(1, 2, 3) }),
    );
    rec.sendColumns(
      "transforms",
      at,
      Transform3D.columns({
        translation: uniform(9, 34, -1, 1),
        quaternion: uniform(12, 35, -1, 1),
        childFrame: ["a", "b", "c"],
      }),
    );
    const strips = range(3).map((i) => [
      [i, 0, 0],
      [i, 1, 2],
    ]);
    rec.sendColumns("strips", at, LineStrips3D.columns({ strips }));
    rec.sendColumns("states", at, StateChange.columns({ state: ["on", "off", "on"] }));
    rec.sendColumns(
      "nodes",
      at,
      GraphNodes.columns({ nodeIds: ["a", "b", "c", "d"] }, { lengths: [2, 1, 1] }),
    );
  }),
  "paths/escapes": logs((rec) => {
    const data = Scalars(1);
    for (const path of [
      "",
      "/",
      "a/b",
      "/a/b/c",
      "with\\ space",
      "ä/ö",
      "a\\:b",
      "a\\/b",
      "1/2.x-_",
    ]) {
      rec.log(path, data);
    }
    rec.log(["raw/part", "and space", "😀"], data);
  }),
  "rows/several_archetypes": logs((rec) => {
    rec.log(
      "a",
      Points3D([[1, 2, 3]]),
      Transform3D({ translation: [1, 2, 3] }),
      TextDocument("beside"),
      Scalars([1, 2]),
    );
    rec.log("b", [Mesh3D.updateFields({ vertexNormals: [0, 0, 1] }), GeoLineStrings([])]);
  }),
  "rows/empty": logs((rec) => {
    rec.log("a", Points3D([]));
    rec.log("c", Scalars([]));
    rec.log("d", Points3D([1, 2, 3], { labels: [], colors: [] }));
    rec.log("e", Scalars(1));
  }),
};
