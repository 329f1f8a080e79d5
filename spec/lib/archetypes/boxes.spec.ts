import { expect } from "chai";
import fc from "fast-check";
import {
  Box2DFormat,
  Boxes2D,
  Boxes3D,
  Ellipsoids3D,
  FillMode,
} from "../../../lib/archetypes/index.ts";
import { expectRefused, fieldValues } from "./helpers.ts";

describe("boxes", () => {
  it("take half sizes first, or by name", () => {
    const expected = { half_sizes: [[1, 2, 3]], fill_mode: [3] };
    expect(fieldValues(Boxes3D([1, 2, 3], { fillMode: FillMode.Solid }))).to.deep.equal(expected);
    expect(fieldValues(Boxes3D({ halfSizes: [1, 2, 3], fillMode: "solid" }))).to.deep.equal(
      expected,
    );
  });

  it("keep a typed array of half sizes as it is", () => {
    const halfSizes = new Float32Array(6);
    expect(Boxes3D({ halfSizes }).batches[0]?.data).to.equal(halfSizes);
  });

  it("repeat the last size for further corners", () => {
    const boxes = Boxes2D({
      mins: [
        [0, 0],
        [10, 10],
        [20, 20],
      ],
      sizes: [[2, 4]],
    });
    expect(fieldValues(boxes)).to.deep.equal({
      half_sizes: [[1, 2]],
      centers: [
        [1, 2],
        [11, 12],
        [21, 22],
      ],
    });
  });

  it("find centres from corners and half sizes", () => {
    const { centers } = fieldValues(Boxes3D({ mins: [1, 1, 1], halfSizes: [1, 2, 3] }));
    expect(centers).to.deep.equal([[2, 3, 4]]);
  });

  it("read rows of any format alike", () => {
    const number = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number, number), { minLength: 1 }), (rows) => {
        const formats = {
          XYWH: rows,
          YXHW: rows.map(([x, y, w, h]) => [y, x, h, w]),
          XYXY: rows.map(([x, y, w, h]) => [x, y, x + w, y + h]),
          YXYX: rows.map(([x, y, w, h]) => [y, x, y + h, x + w]),
          XCYCWH: rows.map(([x, y, w, h]) => [x + w / 2, y + h / 2, w, h]),
          XCYCW2H2: rows.map(([x, y, w, h]) => [x + w / 2, y + h / 2, w / 2, h / 2]),
        };
        const expected = {
          half_sizes: rows.map(([, , w, h]) => [w / 2, h / 2]),
          centers: rows.map(([x, y, w, h]) => [x + w / 2, y + h / 2]),
        };
        for (const arrayFormat of Object.values(Box2DFormat)) {
          const boxes = Boxes2D({ array: formats[arrayFormat], arrayFormat });
          expect(fieldValues(boxes), arrayFormat).to.deep.equal(expected);
        }
      }),
    );
  });

  it("may be none", () => {
    expect(fieldValues(Boxes2D({ array: [], arrayFormat: "xywh" }))).to.deep.equal({
      half_sizes: [],
      centers: [],
    });
    expect(fieldValues(Boxes3D({ sizes: [] }))).to.deep.equal({ half_sizes: [] });
  });

  it("refuse what does not fit together", () => {
    expectRefused(
      () => Boxes3D({ sizes: [1, 1, 1], halfSizes: [1, 1, 1] }),
      "Boxes3D: `sizes` and `halfSizes` exclude each other",
    );
    expectRefused(
      () => Boxes3D({ mins: [1, 1, 1] }),
      "Boxes3D: `mins` needs `sizes` or `halfSizes`",
    );
    expectRefused(() => Boxes3D([1, 1, 1], { halfSizes: [1, 1, 1] }), "given twice");
    expectRefused(
      () => Boxes3D({ sizes: [1, 2] }),
      "Boxes3D.sizes: expected a flat array whose length is a multiple of 3",
    );
    expectRefused(
      () => Boxes3D({ centers: [1, 2, 3] }),
      "Boxes3D: expected `halfSizes`, got nothing",
    );
    expectRefused(
      () => Boxes2D({ array: [1, 2, 3], arrayFormat: "XYWH" }),
      "Boxes2D.array: expected a flat array",
    );
    expectRefused(() => Boxes2D({ arrayFormat: "XYWH" }), "`arrayFormat` needs an `array`");
    expectRefused(() => Boxes2D(undefined as never), "Boxes2D");
    expectRefused(() => Boxes2D(null as never), "Boxes2D");
    expectRefused(() => Boxes2D(5 as never), "Boxes2D");
  });
});

describe("ellipsoids", () => {
  it("are spheres where radii are given", () => {
    expect(fieldValues(Ellipsoids3D({ radii: [1, 2] }))).to.deep.equal({
      half_sizes: [
        [1, 1, 1],
        [2, 2, 2],
      ],
    });
    expect(fieldValues(Ellipsoids3D({ radii: 3 }))).to.deep.equal({ half_sizes: [[3, 3, 3]] });
    expect(fieldValues(Ellipsoids3D([1, 2, 3]))).to.deep.equal({ half_sizes: [[1, 2, 3]] });
  });

  it("refuse both at once", () => {
    expectRefused(() => Ellipsoids3D({ radii: 1, halfSizes: [1, 1, 1] }), "exclude each other");
    expectRefused(() => Ellipsoids3D({ radii: "1" as never }), "Ellipsoids3D");
  });
});
