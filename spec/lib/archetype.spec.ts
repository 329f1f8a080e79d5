import { expect } from "chai";
import fc from "fast-check";
import type { Archetype } from "../../lib/archetypes/index.ts";
import {
  Image,
  Pinhole,
  Points3D,
  Scalars,
  SeriesLines,
  Tensor,
  TextLog,
  Transform3D,
} from "../../lib/archetypes/index.ts";
import { RerunError } from "../../lib/errors.ts";
import { arrowValues, batchValues } from "./components/arrow-values.ts";

const components = (archetype: Archetype): string[] =>
  archetype.batches.map((batch) => batch.descriptor.component);

/** The message of the error that a call throws. */
function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    expect(error).to.be.instanceOf(RerunError).with.property("code", "invalid-component");
    return (error as RerunError).message;
  }
  throw new Error("nothing was thrown");
}

describe("calling an archetype", () => {
  it("gives its name and one batch for each field that was given, in the order of the catalogue", () => {
    const points = Points3D([1, 2, 3], { classIds: 1, colors: 0xff0000ff, radii: 0.1 });
    expect(points.archetype).to.equal("rerun.archetypes.Points3D");
    expect(components(points)).to.deep.equal([
      "Points3D:positions",
      "Points3D:radii",
      "Points3D:colors",
      "Points3D:class_ids",
    ]);
  });

  it("logs no batch for what is left out or undefined", () => {
    expect(components(Points3D([1, 2, 3], { colors: undefined }))).to.deep.equal([
      "Points3D:positions",
    ]);
    expect(Transform3D().batches).to.deep.equal([]);
    expect(SeriesLines({}).batches).to.deep.equal([]);
  });

  it("keeps a single number a number, so that the hot path allocates little", () => {
    const [batch] = Scalars(0.5).batches;
    expect(batch?.data).to.equal(0.5);
    expect(batch?.length).to.equal(1);
    expect(batch?.descriptor).to.equal(Scalars.fields.scalars);
  });

  it("shares descriptors between calls", () => {
    expect(Points3D([1, 2, 3]).batches[0]?.descriptor).to.equal(Points3D.fields.positions);
  });

  it("takes an empty batch as it is", () => {
    const [positions] = Points3D([]).batches;
    expect(positions?.length).to.equal(0);
    expect(batchValues(positions)).to.deep.equal([]);
  });

  it("adds class 0 to keypoints without a class", () => {
    expect(batchValues(Points3D([1, 2, 3], { keypointIds: 5 }).batches[1])).to.deep.equal([0]);
    expect(
      batchValues(Points3D([1, 2, 3], { keypointIds: 5, classIds: 7 }).batches[1]),
    ).to.deep.equal([7]);
  });
});

describe("large data", () => {
  it("is referenced and not copied when the element type is right", () => {
    const xyz = new Float32Array(300);
    const colors = new Uint32Array(100);
    const classIds = new Uint16Array(100);
    const points = Points3D(xyz, { colors, classIds });
    expect(points.batches.map((batch) => batch.data)).to.deep.equal([xyz, colors, classIds]);
    expect(points.batches[0]?.data).to.equal(xyz);
    expect(points.batches[1]?.data).to.equal(colors);
    expect(points.batches[2]?.data).to.equal(classIds);
    const scalars = new Float64Array(10);
    expect(Scalars(scalars).batches[0]?.data).to.equal(scalars);
  });

  it("shares memory with image pixels of any element type", () => {
    const data = new Uint16Array(12).fill(7);
    const [buffer] = Image({ data, width: 4, height: 3 }).batches;
    const bytes = buffer?.array.children?.[0]?.values as Uint8Array;
    expect(bytes.buffer).to.equal(data.buffer);
    expect(bytes.length).to.equal(24);
  });

  it("shares memory with tensor elements", () => {
    const data = new Float32Array(6);
    const tensor = Tensor({ data, shape: [2, 3] }).batches[0]?.array;
    const variant = tensor?.children?.[2]?.children?.[10];
    expect(variant?.children?.[0]?.values).to.equal(data);
  });

  it("is converted when the element type differs", () => {
    const [positions] = Points3D(new Float64Array([1, 2, 3])).batches;
    expect(positions?.array.values).to.be.instanceOf(Float32Array).with.lengthOf(3);
    const [ids] = Points3D.updateFields({ classIds: new Uint8Array([1, 2]) }).batches;
    expect(ids?.array.values).to.be.instanceOf(Uint16Array);
  });
});

describe("partial updates", () => {
  it("hold only the given fields", () => {
    const update = Points3D.updateFields({ colors: "red" });
    expect(components(update)).to.deep.equal(["Points3D:colors"]);
    expect(update.archetype).to.equal("rerun.archetypes.Points3D");
  });

  it("can clear every field", () => {
    const cleared = Points3D.clearFields();
    expect(cleared.batches).to.have.lengthOf(7);
    expect(cleared.batches.every((batch) => batch.length === 0)).to.equal(true);
  });

  it("refuse several values for a field that holds one", () => {
    const message = messageOf(() => Transform3D.updateFields({ translation: [1, 2, 3, 4, 5, 6] }));
    expect(message).to.equal("Transform3D.translation: expected a single value, got 2 of them");
  });
});

describe("columns", () => {
  it("hold one instance for each row", () => {
    const positions = new Float32Array(9);
    const [column] = Points3D.columns({ positions });
    expect(column?.descriptor).to.equal(Points3D.fields.positions);
    expect(column?.array.length).to.equal(3);
    expect(column?.array.values).to.equal(positions);
    expect(column).not.to.have.property("lengths");
  });

  it("deal out instances by lengths, and leave fields with one instance for each row alone", () => {
    const [positions, radii, colors] = Points3D.columns(
      { positions: new Float32Array(12), colors: ["red", "blue"], radii: [1, 2, 3, 4] },
      { lengths: [1, 3] },
    );
    expect(positions?.lengths).to.deep.equal([1, 3]);
    expect(radii?.lengths).to.deep.equal([1, 3]);
    expect(colors).not.to.have.property("lengths");
  });

  it("take lengths field by field", () => {
    const columns = Points3D.columns(
      { positions: new Float32Array(12), radii: [1, 2, 3] },
      { lengths: { positions: [1, 3], radii: [0, 3] } },
    );
    expect(columns.map((column) => column.lengths)).to.deep.equal([
      [1, 3],
      [0, 3],
    ]);
  });

  it("read rows from nesting", () => {
    const [positions] = Points3D.columns({ positions: [new Float32Array(6), new Float32Array(3)] });
    expect(positions?.lengths).to.deep.equal([2, 1]);
    expect(positions?.array.length).to.equal(3);
    const [labels] = Points3D.columns({ labels: [["a", "b"], [], ["c"]] });
    expect(labels?.lengths).to.deep.equal([2, 0, 1]);
    expect(labels && arrowValues(labels.array)).to.deep.equal(["a", "b", "c"]);
    const [text] = TextLog.columns({ text: ["a", "b"] });
    expect(text && arrowValues(text.array)).to.deep.equal(["a", "b"]);
  });

  it("take one image for each row", () => {
    const [buffer, format] = Image.columns({
      buffer: [new Uint8Array([1]), new Uint8Array([2, 3])],
      format: [
        { width: 1, height: 1, colorModel: "L", channelDatatype: "U8" },
        { width: 2, height: 1, colorModel: "L", channelDatatype: "U8" },
      ],
    });
    expect(buffer && arrowValues(buffer.array)).to.deep.equal([[1], [2, 3]]);
    expect(format?.array.length).to.equal(2);
  });

  it("take one tensor for each row", () => {
    const [data] = Tensor.columns({ data: [new Uint8Array([1, 2]), { data: [1], shape: [1, 1] }] });
    const values = arrowValues(data?.array as never) as { buffer: unknown }[];
    expect(values.map((value) => value.buffer)).to.deep.equal([{ U8: [1, 2] }, { F64: [1] }]);
  });

  it("take one matrix for each row", () => {
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ];
    const [column] = Pinhole.columns({ imageFromCamera: [rows, rows] });
    expect(column?.array.length).to.equal(2);
  });

  it("refuse lengths that do not add up", () => {
    const call = (): unknown =>
      Points3D.columns({ positions: new Float32Array(12) }, { lengths: [1, 2] });
    expect(messageOf(call)).to.equal(
      "Points3D.positions: expected 3 instances, as the lengths add up to, got `4`",
    );
  });

  it("refuse fields with different numbers of rows", () => {
    const call = (): unknown => Points3D.columns({ positions: new Float32Array(9), radii: [1, 2] });
    expect(messageOf(call)).to.include("positions has 3 rows, radii has 2");
  });

  it("keep every instance, whatever the partition", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.double()), { minLength: 1 }), (rows) => {
        const [nested] = Scalars.columns({ scalars: rows });
        const flat = rows.flat();
        const [cut] = Scalars.columns(
          { scalars: flat },
          { lengths: { scalars: rows.map((row) => row.length) } },
        );
        expect(arrowValues(nested?.array as never)).to.deep.equal(flat);
        expect(Array.from(nested?.lengths ?? [])).to.deep.equal(rows.map((row) => row.length));
        expect(arrowValues(cut?.array as never)).to.deep.equal(flat);
      }),
    );
  });
});

describe("wrong input", () => {
  const cases: readonly (readonly [string, () => unknown])[] = [
    [
      "Points3D.positions: expected a flat array whose length is a multiple of 3, got Float32Array of length 7",
      () => Points3D(new Float32Array(7)),
    ],
    [
      "Points3D.positions: expected a number, got `null` at index 2",
      () => Points3D([1, 2, null as never]),
    ],
    [
      "Points3D.positions: expected a vector of 3 numbers, got an array of 2 at index 1",
      () =>
        Points3D([
          [1, 2, 3],
          [4, 5],
        ]),
    ],
    [
      "Points3D.positions: expected an array of 3-vectors, or a flat array whose length is a multiple of 3, got `undefined`",
      () => Points3D(undefined as never),
    ],
    [
      'Points3D.radii: expected a number, got "big" at index 0',
      () => Points3D([], { radii: ["big"] as never }),
    ],
    [
      "Points3D.radii: expected a number or an array of numbers, got `null`",
      () => Points3D([], { radii: null as never }),
    ],
    [
      "Points3D.classIds: expected a whole number from 0 to 65535, got `65536`",
      () => Points3D([], { classIds: 65536 }),
    ],
    [
      "Points3D.classIds: expected a whole number from 0 to 65535, got `NaN` at index 1",
      () => Points3D([], { classIds: [1, Number.NaN] }),
    ],
    [
      "Points3D.classIds: expected a whole number from 0 to 65535, got `NaN` at index 0",
      () => Points3D([], { classIds: new Float32Array([Number.NaN]) }),
    ],
    [
      "Points3D.labels: expected a string, got `undefined` at index 1",
      () => Points3D([], { labels: ["a", undefined as never] }),
    ],
    [
      'Points3D.showLabels: expected true, false, or an array of booleans, got "yes"',
      () => Points3D([], { showLabels: "yes" as never }),
    ],
    [
      "Transform3D.relation: expected one of ParentFromChild (1), ChildFromParent (2), got `3`",
      () => Transform3D({ relation: 3 as never }),
    ],
    [
      'Scalars.scalars: expected a number or an array of numbers, got "1"',
      () => Scalars("1" as never),
    ],
    [
      'Points3D: unknown option "class_ids", expected positions, radii, colors, labels, showLabels, classIds, keypointIds; did you mean `classIds`?',
      () => Points3D([], { class_ids: 1 } as never),
    ],
    ["Points3D: expected options in an object, got `5`", () => Points3D([], 5 as never)],
  ];
  for (const [message, call] of cases) {
    it(`is refused with "${message.slice(0, 80)}…"`, () => {
      expect(messageOf(call)).to.equal(message);
    });
  }

  it("does not refuse NaN in floats, which is data", () => {
    expect(batchValues(Scalars([Number.NaN, 1]).batches[0])).to.deep.equal([Number.NaN, 1]);
    expect(Scalars(Number.NaN).batches[0]?.data).to.deep.equal(Number.NaN);
  });
});
