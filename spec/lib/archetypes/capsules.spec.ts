import { expect } from "chai";
import fc from "fast-check";
import { Capsules3D } from "../../../lib/archetypes/index.ts";
import { expectRefused, fieldValues } from "./helpers.ts";

/** Where +Z goes when it is turned by a quaternion. */
function turnedZ([x, y, z, w]: readonly number[]): number[] {
  const [i, j, k, r] = [x ?? 0, y ?? 0, z ?? 0, w ?? 0];
  return [2 * (i * k + r * j), 2 * (j * k - r * i), 1 - 2 * (i * i + j * j)];
}

describe("capsules", () => {
  it("take lengths and radii first, or by name", () => {
    const expected = { lengths: [1, 2], radii: [0.5], colors: [0xff0000ff] };
    expect(fieldValues(Capsules3D([1, 2], 0.5, { colors: "red" }))).to.deep.equal(expected);
    expect(fieldValues(Capsules3D({ lengths: [1, 2], radii: 0.5, colors: "red" }))).to.deep.equal(
      expected,
    );
  });

  it("reach from their starts to their ends", () => {
    const coordinate = fc.float({ min: -100, max: 100, noNaN: true });
    const point = fc.tuple(coordinate, coordinate, coordinate);
    fc.assert(
      fc.property(fc.array(fc.tuple(point, point), { minLength: 1, maxLength: 5 }), (pairs) => {
        const [starts, ends] = [pairs.map(([start]) => start), pairs.map(([, end]) => end)];
        const fields = fieldValues(Capsules3D({ starts, ends, radii: 1 })) as Record<
          "lengths" | "translations" | "quaternions",
          never[]
        >;
        expect(fields.translations).to.deep.equal(starts);
        pairs.forEach(([start, end], i) => {
          const direction = turnedZ(fields.quaternions[i] as never);
          for (let axis = 0; axis < 3; axis++) {
            const there = (start[axis] as number) + fields.lengths[i]! * direction[axis]!;
            expect(there).to.be.closeTo(end[axis] as number, 1e-3);
          }
        });
      }),
    );
  });

  it("turn as the official ones do along the axes, and not at all without a length", () => {
    const half = Math.fround(Math.SQRT1_2);
    const starts = [1, 2, 3];
    for (const [end, quaternion] of [
      [
        [3, 2, 3],
        [0, half, 0, half],
      ],
      [
        [1, 4, 3],
        [-half, 0, 0, half],
      ],
      [
        [1, 2, 5],
        [0, 0, 0, 1],
      ],
      [
        [1, 2, 1],
        [0, 1, 0, 0],
      ],
    ] as const) {
      const fields = fieldValues(Capsules3D({ starts, ends: end, radii: 1 }));
      expect(fields["lengths"]).to.deep.equal([2]);
      (fields["quaternions"] as number[][])[0]?.forEach((value, i) => {
        expect(value).to.be.closeTo(quaternion[i] as number, 1e-6);
      });
    }
    const none = fieldValues(Capsules3D({ starts, ends: starts, radii: 1 }));
    expect([none["lengths"], none["quaternions"]]).to.deep.equal([[0], [[0, 0, 0, 1]]]);
  });

  it("refuse what does not go together", () => {
    const [starts, ends] = [
      [0, 0, 0],
      [1, 1, 1],
    ];
    expectRefused(() => Capsules3D({ starts, radii: 1 }), "go together");
    expectRefused(
      () => Capsules3D({ starts, ends, radii: 1, lengths: 1 }),

      "exclude",
    );
    expectRefused(
      () => Capsules3D({ starts, ends: [...ends, ...ends], radii: 1 }),

      "as many",
    );
    expectRefused(() => Capsules3D({ starts, ends }), "radii");
    expectRefused(() => Capsules3D({ starts: [1, 2], ends, radii: 1 }), "3");
    expectRefused(() => Capsules3D([1], undefined as never), "radii");
    expectRefused(() => Capsules3D("x" as never), "expected");
  });
});
