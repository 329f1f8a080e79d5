import type { RecordingStream } from "../../lib/index.ts";
import { ComponentBatch, componentDescriptor, list, Points3D, primitive } from "../../lib/index.ts";

/** Two recordings that differ in one thing. */
export interface Control {
  readonly original: (rec: RecordingStream) => void;
  readonly changed: (rec: RecordingStream) => void;
}

const points = (x: number) => (rec: RecordingStream) =>
  rec.log("points", Points3D([[x, 2, 3]], { labels: "one" }));

const confidence = (componentType: string) => (rec: RecordingStream) => {
  const descriptor = componentDescriptor(
    "user.Own",
    "user.Own:confidence",
    componentType,
    primitive("float32"),
  );
  rec.log("own", { batches: [new ComponentBatch(descriptor, 1, 0.5)] });
};

const lists = (nullable: boolean) => (rec: RecordingStream) => {
  const item = primitive("float32");
  const type = list(item, nullable);
  const child = { type: item, length: 2, values: Float32Array.of(1, 2) };
  const array = { type, length: 1, offsets: Int32Array.of(0, 2), children: [child] };
  const descriptor = componentDescriptor(undefined, "lists", undefined, type);
  rec.log("lists", { batches: [new ComponentBatch(descriptor, 1, array)] });
};

/** Changes that the comparison has to find; otherwise that two files are equal would say nothing. */
export const controls: Readonly<Record<string, Control>> = {
  "control/value": { original: points(1), changed: points(1.5) },
  "control/descriptor": { original: confidence("user.Confidence"), changed: confidence("user.C") },
  "control/nullability": { original: lists(false), changed: lists(true) },
  "control/tick": {
    original: points(1),
    changed: (rec) => {
      // Nothing is logged, but it counts.
      rec.log("points", { batches: [] });
      points(1)(rec);
    },
  },
};
