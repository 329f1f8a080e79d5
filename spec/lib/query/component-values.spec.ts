import { expect } from "chai";
import fc from "fast-check";
import type { ArrowArray } from "../../../lib/arrow/array.ts";
import {
  type DataType,
  denseUnion,
  field,
  list,
  primitive,
  struct,
} from "../../../lib/arrow/data-type.ts";
import * as catalogue from "../../../lib/catalogue/index.ts";
import { componentDescriptor } from "../../../lib/component-batch.ts";
import type { ComponentType } from "../../../lib/component-type.ts";
import { arrowValues } from "../../../lib/query/arrow-values.ts";
import { componentValues } from "../../../lib/query/component-values.ts";
import { readCatalogue } from "../../../scripts/catalogue/read-catalogue.ts";
import { anyType, arrayOf, valueOf, valuesIn } from "../../helpers/arrow-arbitraries.ts";

/** Every component of Rerun. */
const components = Object.values(catalogue as Readonly<Record<string, unknown>>).filter(
  (each): each is ComponentType<never> => typeof each === "function",
);

const enumValues = readCatalogue().components;

/** A batch of these has one instance. */
const SINGLE = new Set([
  "AbsoluteTimeRange",
  "AnnotationContext",
  "ChannelMessageCounts",
  "ColumnOrder",
  "FilterByRange",
  "FilterIsNotNull",
  "KeyValuePairs",
  "SelectedColumns",
  "TensorData",
  "TimeInt",
  "TimeRange",
  "VisualBounds2D",
]);

type Plain = fc.Arbitrary<unknown>;

const time = fc.bigInt({ min: 1n - 2n ** 63n, max: 2n ** 63n - 1n });
const boundary = fc.oneof(
  time.map((value) => ({ variant: 1, value })),
  time.map((value) => ({ variant: 2, value })),
  fc.constant({ variant: 3, value: null }),
);
const range = fc.record({ start: boundary, end: boundary });
const word = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 6 })
  .filter((w) => !w.includes(":"));
const text = fc.string({ unit: "grapheme", maxLength: 6 });
const members = (name: string): Plain =>
  fc.constantFrom(...Object.values(enumValues[name]?.enum_values ?? { none: 0 }));
const orNull = (of: Plain): Plain => fc.option(of, { nil: null });

const ELEMENTS = [
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "int8",
  "int16",
  "int32",
  "int64",
  "float16",
  "float32",
  "float64",
] as const;

const tensor = fc
  .tuple(fc.nat(3), fc.nat(3), fc.constantFrom(...ELEMENTS), fc.boolean())
  .chain(([rows, columns, element, named]) =>
    fc
      .array(exact(primitive(element)), { minLength: rows * columns, maxLength: rows * columns })
      .map((data) => ({
        shape: [BigInt(rows), BigInt(columns)],
        names: named ? ["y", "x"] : null,
        buffer: { variant: ELEMENTS.indexOf(element) + 1, value: data },
      })),
  );

/** Components that take fewer values than their Arrow type. */
const SPECIAL: Readonly<Record<string, Plain>> = {
  ImageFormat: fc.record({
    width: fc.nat(),
    height: fc.nat(),
    pixel_format: orNull(fc.constantFrom(26, 27, 39)),
    color_model: orNull(fc.constantFrom(1, 2, 3)),
    channel_datatype: orNull(fc.constantFrom(6, 8, 33)),
  }),
  SelectedColumns: fc.record({
    time_columns: fc.array(word, { maxLength: 3 }),
    component_columns: fc.array(fc.record({ entity_path: text, component: text }), {
      maxLength: 3,
    }),
  }),
  TensorData: tensor,
  TransformFrameId: fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }),
  TextLogColumn: fc.record({ visible: fc.boolean(), kind: fc.constantFrom(1, 2, 3) }),
  TimeInt: time,
  AbsoluteTimeRange: fc.record({ min: time, max: time }),
  FilterByRange: fc.record({ start: time, end: time }),
  TimeRange: range,
  ViewCoordinates: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 3, maxLength: 3 }),
  VisibleTimeRange: fc.record({ timeline: fc.uuid(), range }),
  VisualizerComponentMapping: fc.record({
    target: text,
    source_kind: fc.constantFrom(1, 2, 3),
    source_component: orNull(text),
    selector: orNull(text),
  }),
};

/** Any value of a type, null only where the type says so. */
function exact(type: DataType): Plain {
  switch (type.kind) {
    case "list":
      return fc.array(exact(type.children[0]?.type as DataType), { maxLength: 4 });
    case "struct":
      return fc.record(
        Object.fromEntries(
          type.children.map((child) => [
            child.name,
            child.nullable ? orNull(exact(child.type)) : exact(child.type),
          ]),
        ),
      );
    default:
      return valueOf(type, false);
  }
}

const nameOf = ({ componentType }: ComponentType<never>): string =>
  componentType.slice(componentType.lastIndexOf(".") + 1);

function instancesOf(component: ComponentType<never>): fc.Arbitrary<ArrowArray> {
  const name = nameOf(component);
  const isEnum = enumValues[component.componentType]?.enum_values !== undefined;
  const one = isEnum ? members(component.componentType) : (SPECIAL[name] ?? exact(component.type));
  const minLength = SINGLE.has(name) ? 1 : 0;
  const maxLength = SINGLE.has(name) ? 1 : 5;
  return fc.array(one, { minLength, maxLength }).map((values) => arrayOf(component.type, values));
}

/** Typed arrays as arrays: a batch that was just made may hold its numbers in either. */
function comparable(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>);
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, comparable(each)]));
}

describe("componentValues", () => {
  for (const component of components) {
    it(`gives ${nameOf(component)} in a form that can be logged again`, () => {
      const descriptor = componentDescriptor(
        undefined,
        "c",
        component.componentType,
        component.type,
      );
      fc.assert(
        fc.property(instancesOf(component), (instances) => {
          const values = componentValues(descriptor, instances);
          const again = component(values as never).array;
          expect(again.length).to.equal(instances.length);
          expect(valuesIn(again)).to.deep.equal(valuesIn(instances));
          expect(comparable(componentValues(descriptor, again))).to.deep.equal(comparable(values));
        }),
        { numRuns: 30 },
      );
    });
  }

  it("takes a part of the instances", () => {
    const descriptor = componentDescriptor(undefined, "c", undefined, primitive("float32"));
    const instances = arrayOf(primitive("float32"), [1, 2, 3, 4]);
    expect(componentValues(descriptor, instances, 1, 3)).to.deep.equal(Float32Array.of(2, 3));
  });

  it("gives a view of numbers, not a copy", () => {
    const { Position3D } = catalogue;
    const descriptor = componentDescriptor(undefined, "c", undefined, Position3D.type);
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    const found = componentValues(descriptor, { type: Position3D.type, length: 2, values }, 1);
    expect(found).to.deep.equal(Float32Array.of(4, 5, 6));
    expect((found as Float32Array).buffer).to.equal(values.buffer);
  });
});

describe("arrowValues", () => {
  it("gives something for each slot of any type", () => {
    fc.assert(
      fc.property(
        anyType.chain((type) =>
          fc.array(valueOf(type, true), { maxLength: 4 }).map((values) => arrayOf(type, values)),
        ),
        (array) => {
          const values = arrowValues(array);
          const stride = ArrayBuffer.isView(values) ? values.length / (array.length || 1) : 1;
          if (array.length > 0) expect(values.length).to.equal(array.length * stride);
          array.valid?.forEach((bit, i) => {
            if (bit === 0) expect(values[i]).to.equal(null);
          });
        },
      ),
    );
  });

  it("names members of structs in camelCase, and leaves out those that are null", () => {
    const type = struct([
      field("first_name", primitive("utf8")),
      field("age", primitive("int32"), true),
      field("constructor", primitive("bool")),
    ]);
    const array = arrayOf(type, [
      { first_name: "Kim", age: null, constructor: true },
      { first_name: "Ada", age: 36, constructor: false },
    ]);
    const [kim, ada] = Array.from(arrowValues(array)) as Record<string, unknown>[];
    expect(Object.entries(kim ?? {})).to.deep.equal([
      ["firstName", "Kim"],
      ["constructor", true],
    ]);
    expect(ada?.["age"]).to.equal(36);
    expect(Object.getPrototypeOf(kim)).to.equal(Object.prototype);
  });

  it("names the variant of a union", () => {
    const type = denseUnion([
      field("_null_markers", primitive("null"), true),
      field("Number", primitive("float64")),
      field("Texts", list(primitive("utf8"))),
    ]);
    const array = arrayOf(type, [
      { variant: 1, value: 2.5 },
      { variant: 0, value: null },
      { variant: 2, value: ["a", "ü"] },
    ]);
    expect(Array.from(arrowValues(array))).to.deep.equal([
      { Number: 2.5 },
      null,
      { Texts: ["a", "ü"] },
    ]);
  });
});
