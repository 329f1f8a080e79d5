import { expect } from "chai";
import fc from "fast-check";
import type { DataType } from "../../../lib/arrow/data-type.ts";
import {
  denseUnion,
  field,
  fixedSizeList,
  list,
  primitive,
  struct,
} from "../../../lib/arrow/data-type.ts";
import { concatArrays } from "../../../lib/components/concat.ts";
import { arrowFromValues } from "../../../lib/components/nested.ts";
import { RerunError } from "../../../lib/errors.ts";
import { arrowValues } from "./arrow-values.ts";

const utf8 = primitive("utf8");
const range = (min: number, max: number): fc.Arbitrary<unknown> => fc.integer({ min, max });

/** Values that fit a type. */
function valuesOf(type: DataType, nullable: boolean): fc.Arbitrary<unknown> {
  const values = plainValues(type);
  return nullable && type.kind !== "null" ? fc.option(values) : values;
}

function plainValues(type: DataType): fc.Arbitrary<unknown> {
  const [first] = type.children;
  switch (type.kind) {
    case "null":
      return fc.constant(null);
    case "bool":
      return fc.boolean();
    case "utf8":
      return fc.string({ unit: "grapheme" });
    case "uint8":
      return range(0, 0xff);
    case "int16":
      return range(-0x8000, 0x7fff);
    case "uint32":
      return range(0, 0xffff_ffff);
    case "float64":
      return fc.double();
    case "int64":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "list":
      return fc.array(valuesOf(first?.type as DataType, first?.nullable === true), {
        maxLength: 4,
      });
    case "fixed-size-list": {
      const item = valuesOf(first?.type as DataType, first?.nullable === true);
      return fc.array(item, { minLength: type.size, maxLength: type.size });
    }
    case "struct":
      return fc.record(
        Object.fromEntries(type.children.map((f) => [f.name, valuesOf(f.type, f.nullable)])),
        { noNullPrototype: true },
      );
    default:
      return fc.option(
        fc.oneof(
          ...type.children
            .slice(1)
            .map((f) => valuesOf(f.type, f.nullable).map((v) => ({ [f.name]: v }))),
        ),
      );
  }
}

const union = denseUnion([
  field("_null_markers", primitive("null"), true),
  field("Number", primitive("float64")),
  field("Texts", list(utf8)),
]);

const types: readonly (readonly [string, DataType])[] = [
  ["texts", utf8],
  ["lists of nullable numbers", list(primitive("int16"), true)],
  ["fixed-size lists", fixedSizeList(primitive("uint8"), 3)],
  ["fixed-size lists of texts", fixedSizeList(utf8, 2)],
  ["lists of vectors", list(fixedSizeList(primitive("float64"), 2))],
  ["lists of lists", list(list(primitive("bool")))],
  ["unions", union],
  [
    "structs of everything",
    struct([
      field("text", utf8, true),
      field("count", primitive("int64"), true),
      field("flag", primitive("bool")),
      field("inner", struct([field("id", primitive("uint32")), field("kinds", list(union, true))])),
    ]),
  ],
];

describe("values of any Arrow type", () => {
  for (const [name, type] of types) {
    it(`come back as they were: ${name}`, () => {
      fc.assert(
        fc.property(fc.array(valuesOf(type, true), { maxLength: 6 }), (values) => {
          expect(arrowValues(arrowFromValues(type, values, true, "x"))).to.deep.equal(values);
        }),
      );
    });

    it(`are joined without loss: ${name}`, () => {
      const batch = fc.array(valuesOf(type, true), { maxLength: 4 });
      fc.assert(
        fc.property(fc.array(batch, { maxLength: 4 }), (batches) => {
          const arrays = batches.map((values) => arrowFromValues(type, values, true, "x"));
          const joined = concatArrays(type, arrays);
          expect(joined.length).to.equal(batches.flat().length);
          expect(arrowValues(joined)).to.deep.equal(batches.flat());
        }),
      );
    });
  }

  it("take object keys in camelCase too", () => {
    const type = struct([field("class_id", primitive("uint32"))]);
    expect(arrowValues(arrowFromValues(type, [{ classId: 3 }], false, "x"))).to.deep.equal([
      { class_id: 3 },
    ]);
  });

  it("take a typed array for a list without a copy", () => {
    const values = new Float64Array(5);
    const array = arrowFromValues(list(primitive("float64")), [values], false, "x");
    expect(array.children?.[0]?.values).to.equal(values);
  });

  it("are refused with the place in the message", () => {
    const type = struct([field("inner", struct([field("ids", list(primitive("uint8")))]))]);
    const call = (): unknown => arrowFromValues(type, [{ inner: { ids: [1, 256] } }], false, "A.b");
    expect(call).to.throw(
      RerunError,
      "A.b.inner.ids[]: expected a whole number from 0 to 255, got `256` at index 1",
    );
  });

  it("are refused where null is not allowed", () => {
    expect(() => arrowFromValues(utf8, ["a", null], false, "A.b")).to.throw(
      "A.b: expected a string, got `null` at index 1",
    );
    expect(() => arrowFromValues(union, [{ Other: 1 }], false, "A.b")).to.throw(
      "A.b: expected { variant: value } with a variant of Number, Texts, got an object (Object) at index 0",
    );
  });
});
