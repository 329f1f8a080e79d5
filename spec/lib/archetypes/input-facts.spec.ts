import { readFileSync } from "node:fs";
import { expect } from "chai";
import type { Archetype } from "../../../lib/archetypes/index.ts";
import * as rr from "../../../lib/archetypes/index.ts";
import type { ComponentColumn } from "../../../lib/component-batch.ts";
import { RerunError } from "../../../lib/errors.ts";
import { arrowValues, batchValues } from "../components/arrow-values.ts";

interface Fact {
  readonly id: string;
  readonly target: string;
  readonly input: unknown;
  readonly expected: unknown;
}

const { facts } = JSON.parse(
  readFileSync(new URL("../../fixtures/input-facts.json", import.meta.url), "utf8"),
) as { readonly facts: readonly Fact[] };

const arrays = {
  u8: Uint8Array,
  u16: Uint16Array,
  u32: Uint32Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
};

/** Typed inputs of the facts as JavaScript arrays; those with a shape as nested arrays of typed rows. */
function inputOf(input: unknown): unknown {
  if (typeof input !== "object" || input === null || !("typed" in input)) return input;
  const {
    typed,
    values,
    shape = [values.length],
  } = input as {
    readonly typed: keyof typeof arrays;
    readonly values: readonly number[];
    readonly shape?: readonly number[];
  };
  const all =
    typed === "u64" ? BigUint64Array.from(values, BigInt) : new arrays[typed](values as never);
  const cut = (start: number, dimensions: readonly number[]): unknown => {
    const [length = 0, ...rest] = dimensions;
    if (rest.length === 0) return all.slice(start, start + length);
    const step = rest.reduce((a, b) => a * b, 1);
    return Array.from({ length }, (_, i) => cut(start + i * step, rest));
  };
  return cut(0, shape);
}

const valuesOf = (archetype: Archetype, index = 0): unknown[] =>
  batchValues(archetype.batches[index]);

/** All values by identifier. */
const fieldsOf = (archetype: Archetype): Record<string, unknown[]> =>
  Object.fromEntries<unknown[]>(
    archetype.batches.map((batch) => [
      batch.descriptor.component.split(":")[1] ?? "",
      batchValues(batch),
    ]),
  );

function rowsOf([column]: readonly ComponentColumn[]): unknown[][] {
  if (column === undefined) return [];
  const values = arrowValues(column.array);
  const lengths = column.lengths ?? values.map(() => 1);
  let at = 0;
  return Array.from(lengths, (length) => values.slice(at, (at += length)));
}

/** What our archetypes make of an input, in the form in which the facts put it. */
const targets: Readonly<Record<string, (input: never) => unknown>> = {
  "Vec2D batch": (v) => ({ rows: valuesOf(rr.Points2D(v)) }),
  "Vec2D single": (v) => ({ rows: valuesOf(rr.Points2D(v)) }),
  "Vec3D batch": (v) => ({ rows: valuesOf(rr.Points3D(v)) }),
  "Vec4D batch": (v) => ({ rows: valuesOf(rr.InstancePoses3D({ quaternions: v })) }),
  "Vec4D single": (v) => ({ rows: valuesOf(rr.InstancePoses3D({ quaternions: v })) }),
  "Quaternion batch": (v) => ({ rows: valuesOf(rr.InstancePoses3D({ quaternions: v })) }),
  "DVec2D batch": (v) => ({ rows: valuesOf(rr.GeoPoints(v)) }),
  "DVec2D single": (v) => ({ rows: valuesOf(rr.GeoPoints(v)) }),
  "UVec3D batch": (v) => ({ rows: valuesOf(rr.Mesh3D.updateFields({ triangleIndices: v })) }),
  "UVec3D single": (v) => ({ rows: valuesOf(rr.Mesh3D.updateFields({ triangleIndices: v })) }),
  "Rgba32 batch": (v) => ({ rows: valuesOf(rr.Points3D.updateFields({ colors: v })).map(hex) }),
  "Points3D.colors multi": (v) => ({
    rows: valuesOf(rr.Points3D.updateFields({ colors: v })).map(hex),
  }),
  "X.columns(colors=) -> List<UInt32> rows": (v) => ({
    rows: rowsOf(rr.Points3D.columns({ colors: v })).map((row) => row.map(hex)),
  }),
  "Text batch": (v) => ({ rows: valuesOf(rr.Points3D.updateFields({ labels: v })) }),
  "ClassId batch": (v) => ({ rows: valuesOf(rr.Points3D.updateFields({ classIds: v })) }),
  "KeypointId batch": (v) => ({ rows: valuesOf(rr.Points3D.updateFields({ keypointIds: v })) }),
  Mat3x3: (v) => ({ rows: valuesOf(rr.Transform3D({ mat3x3: matrixInput(v) })) }),
  Boxes2D: (v) => boxes(fieldsOf(rr.Boxes2D(boxOptions(v)))),
  Boxes3D: (v) => boxes(fieldsOf(rr.Boxes3D(boxOptions(v)))),
  "Transform3D.scale": (v) => ({ rows: valuesOf(rr.Transform3D({ scale: v })) }),
  "Transform3D.relation": (v) => ({
    enum: nameOf(rr.TransformRelation, valuesOf(rr.Transform3D({ relation: v }))[0]),
  }),
  "Transform3D.columns(translation=)": (v) => ({
    rows: rowsOf(rr.Transform3D.columns({ translation: v })),
  }),
  "Transform3D.columns(mat3x3=)": (v) => ({ rows: rowsOf(rr.Transform3D.columns({ mat3x3: v })) }),
  "Scalars.columns": (v) => ({ rows: rowsOf(rr.Scalars.columns({ scalars: v })) }),
  ViewCoordinates: (v) => ({ rows: valuesOf(rr.ViewCoordinates(v)) }),
  "Image shape": (shape) => imageSize(rr.Image({ data: pixels(shape), shape })),
  "DepthImage/SegmentationImage shape": (shape) => {
    rr.SegmentationImage({ data: pixels(shape), shape });
    rr.DepthImage({ data: pixels(shape), shape });
    return "ok";
  },
  LineStrips2D: (v) => ({ strips: valuesOf(rr.LineStrips2D(v)) }),
  "SeriesPoints()": (v) => ({ markers: markers(rr.SeriesPoints(v)) }),
  "SeriesPoints.markers": (v) => ({ enum: markers(rr.SeriesPoints({ markers: v }))[0] }),
  "SeriesLines.names": (v) => ({ rows: valuesOf(rr.SeriesLines({ names: v })) }),
  Clear: ({ recursive }) => ({ rows: valuesOf(rr.Clear(recursive)) }),
  VideoFrameReference: (v) => ({ timestamp_ns: Number(valuesOf(rr.VideoFrameReference(v))[0]) }),
  AnnotationContext: (v) => annotations(rr.AnnotationContext(v)),
};

const hex = (value: unknown): string =>
  `0x${Number(value).toString(16).toUpperCase().padStart(8, "0")}`;

const nameOf = (members: object, value: unknown): string | undefined =>
  Object.entries(members).find(([, number]) => number === value)?.[0];

const markers = (archetype: Archetype): unknown[] =>
  valuesOf(archetype).map((value) => nameOf(rr.MarkerShape, value));

/** The facts name rows and columns of a matrix; rows are our plain input. */
const matrixInput = (input: { readonly rows?: never } & object): never =>
  input.rows ?? (input as never);

function boxOptions(input: { readonly [name: string]: unknown }): object {
  const { half_sizes: halfSizes, format: arrayFormat, ...rest } = input;
  return { ...rest, ...(halfSizes ? { halfSizes } : {}), ...(arrayFormat ? { arrayFormat } : {}) };
}

const boxes = (fields: Record<string, unknown[]>): object =>
  Object.fromEntries(Object.entries(fields).map(([name, [first]]) => [name, first]));

const pixels = (shape: readonly number[]): Uint8Array =>
  new Uint8Array(shape.reduce((product, length) => product * length, 1));

function imageSize(image: Archetype): string {
  const { width, height } = valuesOf(image, 1)[0] as Record<string, unknown>;
  return `ok (unit dims squeezed; width ${String(width)} height ${String(height)})`;
}

function annotations(archetype: Archetype): object {
  const classes = valuesOf(archetype)[0] as {
    class_id: number;
    class_description: { info: { id: number; label: string; color: number } };
  }[];
  const info = classes.map(({ class_description: { info: i } }) => [i.id, i.label, hex(i.color)]);
  return { "class ids": classes.map((c) => c.class_id), info };
}

/** As `float32` stores it: the facts are written in decimals. */
function rounded(value: unknown): unknown {
  if (typeof value === "number") return Number(Math.fround(value).toPrecision(6));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, rounded(v)]));
}

describe("inputs are understood as the official SDK does", () => {
  for (const { id, target, input, expected } of facts) {
    const run = targets[target];
    const shown = JSON.stringify(input).slice(0, 60);
    if (expected === "error") {
      it(`${id}: ${target} refuses ${shown}`, () => {
        const call = (): unknown => run?.(inputOf(input) as never);
        expect(call).to.throw(RerunError).with.property("code", "invalid-component");
      });
      continue;
    }
    it(`${id}: ${target} takes ${shown}`, () => {
      expect(rounded(run?.(inputOf(input) as never))).to.deep.equal(rounded(expected));
    });
  }
});
