import {
  AnyValues,
  Clear,
  Points3D,
  type RecordingStream,
  Scalars,
  TextLog,
  Transform3D,
} from "../../../lib/index.ts";
import type { Case, Cases } from "../case.ts";
import { range, uniform } from "../data.ts";

const batched = (log: (rec: RecordingStream) => void): Case => ({ batched: true, log });

/** Rows that share chunks: how they are grouped, ordered and cut is the same, too. */
export const batches: Cases = {
  "batches/rows": batched((rec) => {
    for (const i of range(50)) {
      rec.setTime("step", { sequence: i });
      rec.log(
        "points",
        Points3D(uniform(3 * (i % 4), i, -1, 1), { radii: 0.1, labels: `row ${i}` }),
      );
      rec.log("scalars", Scalars(i / 2));
      rec.log("text", TextLog(`line ${i}`));
    }
  }),
  "batches/components_that_come_and_go": batched((rec) => {
    for (const i of range(30)) {
      rec.setTime("step", { sequence: i });
      if (i % 3 === 0) rec.log("a", Points3D([i, 0, 0], { colors: 0xff0000ff }));
      else if (i % 3 === 1) rec.log("a", Points3D.updateFields({ radii: [i, i] }));
      else rec.log("a", Points3D.clearFields());
      rec.log("b", Transform3D(i % 2 === 0 ? { translation: [i, 0, 0] } : { scale: i }));
    }
    rec.log("b", Clear.recursive());
  }),
  "batches/timelines_that_come_and_go": batched((rec) => {
    for (const i of range(20)) {
      rec.setTime("step", { sequence: i });
      if (i % 5 === 0) rec.setTime("other", { duration: i });
      if (i % 5 === 3) rec.disableTimeline("other");
      rec.log("a", Scalars(i));
    }
    rec.resetTime();
    rec.log("a", Scalars(20));
  }),
  "batches/unsorted": batched((rec) => {
    for (const i of range(600)) {
      rec.setTime("step", { sequence: (i * 7) % 600 });
      rec.log("a", Scalars(i));
    }
  }),
  "batches/static": batched((rec) => {
    for (const i of range(5)) {
      rec.log("a", TextLog(`static ${i}`), { static: true });
      rec.log("b", Scalars(i));
    }
  }),
  "batches/any_values": batched((rec) => {
    for (const i of range(10)) {
      rec.log("a", AnyValues({ batched_number: i / 2 + 0.25, batched_text: range(i).map(String) }));
    }
  }),
};
