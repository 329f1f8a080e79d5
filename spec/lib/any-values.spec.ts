import { expect } from "chai";
import { AnyValues } from "../../lib/any-values.ts";
import { Points3D } from "../../lib/archetypes/index.ts";
import { fixedSizeList, list, primitive } from "../../lib/arrow/data-type.ts";
import type { ComponentBatch, ComponentColumn } from "../../lib/component-batch.ts";
import { DynamicArchetype } from "../../lib/dynamic-archetype.ts";
import type { DynamicOptions, DynamicValue } from "../../lib/dynamic-batch.ts";
import { RerunError } from "../../lib/errors.ts";
import { arrowValues, batchValues } from "./components/arrow-values.ts";

// Types stick to names for the whole process: each test takes names of its own.
let names = 0;
const newName = (): string => `spec_${++names}`;

const batchOf = (value: DynamicValue, type?: string): ComponentBatch => {
  const name = newName();
  const options = type === undefined ? {} : { types: { [name]: type } as DynamicOptions["types"] };
  return AnyValues({ [name]: value }, options as DynamicOptions).batches[0] as ComponentBatch;
};

const typeOf = (value: DynamicValue): string => batchOf(value).descriptor.type.key;

const rowsOf = ({ array, lengths }: ComponentColumn): unknown[][] => {
  const values = arrowValues(array);
  let at = 0;
  return Array.from(lengths ?? values.map(() => 1), (n) => values.slice(at, (at += n)));
};

function expectRefused(call: () => unknown, ...texts: readonly string[]): void {
  for (const text of texts) {
    expect(call).to.throw(RerunError, text).with.property("code", "invalid-component");
  }
}

describe("AnyValues", () => {
  const inferred: readonly (readonly [title: string, value: DynamicValue, type: string])[] = [
    ["whole numbers", 1, "int64"],
    ["negative whole numbers", [-1, 2], "int64"],
    ["numbers with fractions", 1.5, "float64"],
    ["whole numbers beyond 2⁵³", 1e300, "float64"],
    ["NaN and infinity", [Number.NaN, Infinity], "float64"],
    ["whole numbers among fractions", [1, 2.5], "float64"],
    ["bigints", 2n ** 62n, "int64"],
    ["strings", ["a", "b"], "utf8"],
    ["booleans", [true, false], "bool"],
    ["bytes", Uint8Array.of(1, 2), "binary"],
    ["blocks of bytes", [Uint8Array.of(1), Uint8Array.of(2, 3)], "binary"],
    ["clamped bytes", Uint8ClampedArray.of(1), "uint8"],
    ["Float32Array", Float32Array.of(1.5), "float32"],
    ["Uint16Array", Uint16Array.of(1), "uint16"],
    ["BigUint64Array", BigUint64Array.of(1n), "uint64"],
    ["null among others", [null, 1], "int64"],
    ["arrays in an array", [[1], [2.5]], list(primitive("float64"), true).key],
    ["typed arrays in an array", [Int8Array.of(1)], list(primitive("int8"), true).key],
  ];
  for (const [title, value, type] of inferred) {
    it(`stores ${title} as ${type}`, () => {
      expect(typeOf(value)).to.equal(type);
    });
  }

  it("makes structs of objects, with null where a key is missing", () => {
    expect(batchValues(batchOf([{ a: 1 }, { a: 2.5, b: "x" }]))).to.deep.equal([
      { a: 1, b: null },
      { a: 2.5, b: "x" },
    ]);
  });

  it("does not copy typed arrays", () => {
    const values = Float64Array.of(1, 2);
    expect(batchOf(values).data).to.equal(values);
  });

  it("names components as they are, without an archetype", () => {
    const name = newName();
    const [batch] = AnyValues({ [name]: 1 }).batches;
    expect(batch?.descriptor).to.include({
      archetype: undefined,
      component: name,
      componentType: undefined,
    });
  });

  it("keeps the first type of a component and stores whole numbers as fractions where they came first", () => {
    const name = newName();
    AnyValues({ [name]: 1.5 });
    const [batch] = AnyValues({ [name]: [1, 2] }).batches;
    expect(batch?.descriptor.type.key).to.equal("float64");
    expect(batchValues(batch)).to.deep.equal([1, 2]);
  });

  it("refuses a later value of another type, naming both", () => {
    const name = newName();
    AnyValues({ [name]: 1 });
    expectRefused(() => AnyValues({ [name]: 1.5 }), `${name}: expected int64`, "got float64");
    expectRefused(() => AnyValues({ [name]: "a" }), "expected int64", "got utf8");
    expectRefused(() => AnyValues({ [name]: true }), "expected int64", "got bool");
    expectRefused(() => AnyValues({ [name]: [[1]] }), "expected int64", "got list");
    expect(AnyValues({ [name]: 2n }).batches).to.have.lengthOf(1);
  });

  it("learns no type from a call that it refuses", () => {
    const [good, bad] = [newName(), newName()];
    expectRefused(() => AnyValues({ [good]: 1, [bad]: new Date() as never }), bad);
    expect(AnyValues({ [good]: "text" }).batches).to.have.lengthOf(1);
  });

  it("refuses numbers that the first type cannot hold", () => {
    const name = newName();
    AnyValues({ [name]: Uint8Array.of(1) }, { types: { [name]: "uint8" } });
    expectRefused(() => AnyValues({ [name]: [300] }), name);
  });

  it("refuses values of several types in one array", () => {
    expectRefused(
      () => batchOf([1, "a"]),
      "expected values of one type, got int64 and, at index 1, utf8",
    );
    expectRefused(() => batchOf([true, 1]), "got bool and, at index 1, int64");
  });

  it("refuses what has no Arrow type", () => {
    expectRefused(() => batchOf(new Date() as never), "give nanoseconds as a bigint");
    expectRefused(() => batchOf(new Map() as never), "got an object (Map)");
    expectRefused(() => batchOf((() => 1) as never), "got a function");
    expectRefused(() => batchOf(2n ** 63n), "expected a 64-bit integer");
  });

  it("leaves null and empty arrays out while no type is known, and clears with them afterwards", () => {
    const [a, b] = [newName(), newName()];
    expect(AnyValues({ [a]: null, [b]: 1 }).batches).to.have.lengthOf(1);
    expect(AnyValues({ [a]: [], [b]: 1 }).batches).to.have.lengthOf(1);
    AnyValues({ [a]: "x" });
    expect(AnyValues({ [a]: null }).batches.map(({ length }) => length)).to.deep.equal([0]);
    expect(AnyValues({ [a]: [] }).batches.map(({ length }) => length)).to.deep.equal([0]);
  });

  it("refuses to log nothing at all", () => {
    expectRefused(() => AnyValues({}), "expected at least one value");
    expectRefused(() => batchOf(null), "expected at least one value");
    expectRefused(() => AnyValues(5 as never), "expected an object");
    expectRefused(() => batchOf([[]]), "expected values that show their type");
  });

  it("takes types that the values do not show", () => {
    expect(batchOf(1, "float64").descriptor.type.key).to.equal("float64");
    expect(batchValues(batchOf(Uint8Array.of(7, 8), "uint8"))).to.deep.equal([7, 8]);
    expect(batchOf([], "utf8").length).to.equal(0);
    const name = newName();
    const type = fixedSizeList(primitive("float32"), 2);
    const [batch] = AnyValues({ [name]: [[1, 2]] }, { types: { [name]: type } }).batches;
    expect(batch?.descriptor.type).to.equal(type);
    expectRefused(
      () => AnyValues({ [newName()]: 1 }, { types: { other: "utf8" } }),
      'a value for "other"',
    );
  });

  it("takes component batches with their own Arrow type", () => {
    const name = newName();
    const colors = Points3D.batch("colors", [255, 0, 0]);
    const [batch] = AnyValues({ [name]: colors }).batches;
    expect(batch?.data).to.equal(colors.data);
    expect(batch?.descriptor).to.include({ component: name, componentType: undefined });
    const [typed] = AnyValues(
      { [name]: colors },
      { componentTypes: { [name]: "rerun.components.Color" } },
    ).batches;
    expect(typed?.descriptor.componentType).to.equal("rerun.components.Color");
  });

  describe("columns", () => {
    const columnOf = (value: DynamicValue, options = {}): ComponentColumn =>
      AnyValues.columns({ [newName()]: value }, options)[0] as ComponentColumn;

    it("have one value in each row", () => {
      expect(rowsOf(columnOf([1, 2]))).to.deep.equal([[1n], [2n]]);
      expect(rowsOf(columnOf(Float32Array.of(1, 2)))).to.deep.equal([[1], [2]]);
      expect(rowsOf(columnOf(Uint8Array.of(1, 2)))).to.deep.equal([[1], [2]]);
      expect(rowsOf(columnOf([Uint8Array.of(1), Uint8Array.of(2)]))).to.deep.equal([[[1]], [[2]]]);
    });

    it("have the inner arrays in rows", () => {
      expect(rowsOf(columnOf([[1, 2], [], null, [3]]))).to.deep.equal([[1n, 2n], [], [], [3n]]);
      const typed = columnOf([Float32Array.of(1, 2), Float32Array.of(3)]);
      expect(typed.descriptor.type.key).to.equal("float32");
      expect(rowsOf(typed)).to.deep.equal([[1, 2], [3]]);
    });

    it("are cut by lengths", () => {
      expect(rowsOf(columnOf([1, 2, 3], { lengths: [1, 2] }))).to.deep.equal([[1n], [2n, 3n]]);
    });

    it("keep the type that rows have", () => {
      const name = newName();
      AnyValues({ [name]: 1.5 });
      const [column] = AnyValues.columns({ [name]: [1, 2] });
      expect(column?.descriptor.type.key).to.equal("float64");
      expectRefused(() => AnyValues.columns({ [name]: ["a"] }), "expected float64", "got utf8");
    });

    it("refuse what has no rows", () => {
      expectRefused(() => columnOf("text"), "one element for each row");
      expectRefused(() => columnOf([[1], 2] as never), "an array for each row");
    });
  });
});

describe("DynamicArchetype", () => {
  it("names components after the archetype, without the prefix of Rerun's own", () => {
    const nameOf = (archetype: string): (string | undefined)[] => {
      const { batches } = DynamicArchetype(archetype, { x: 1 });
      return [batches[0]?.descriptor.archetype, batches[0]?.descriptor.component];
    };
    expect(nameOf("Spec")).to.deep.equal(["Spec", "Spec:x"]);
    expect(nameOf("user.Spec")).to.deep.equal(["user.Spec", "user.Spec:x"]);
    expect(nameOf("rerun.archetypes.Spec2")).to.deep.equal(["rerun.archetypes.Spec2", "Spec2:x"]);
    expect(nameOf("rerun.blueprint.archetypes.Spec3")[1]).to.equal("Spec3:x");
    expect(nameOf("rerun.Spec4")[1]).to.equal("Spec4:x");
  });

  it("keeps types by archetype", () => {
    DynamicArchetype("SpecA", { x: 1 });
    expect(DynamicArchetype("SpecB", { x: "text" }).batches).to.have.lengthOf(1);
    expectRefused(
      () => DynamicArchetype("SpecA", { x: "text" }),
      "SpecA:x: expected int64",
      "got utf8",
    );
  });

  it("gives components a type by name", () => {
    const { batches } = DynamicArchetype(
      "SpecC",
      { gain: [1.5, 2], other: 1 },
      { componentTypes: { gain: "rerun.components.Scalar" } },
    );
    expect(batches.map(({ descriptor }) => descriptor.componentType)).to.deep.equal([
      "rerun.components.Scalar",
      undefined,
    ]);
  });

  it("makes columns", () => {
    const [column] = DynamicArchetype.columns("SpecD", { x: [[1], [2, 3]] });
    expect(column?.descriptor.component).to.equal("SpecD:x");
    expect(column && rowsOf(column)).to.deep.equal([[1n], [2n, 3n]]);
  });

  it("refuses a name that is empty", () => {
    expectRefused(() => DynamicArchetype("", { x: 1 }), "expected the name of an archetype");
  });
});
