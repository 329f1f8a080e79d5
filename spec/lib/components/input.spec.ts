import { runInNewContext } from "node:vm";
import { expect } from "chai";
import fc from "fast-check";
import {
  InstancePoses3D,
  LineStrips3D,
  MarkerShape,
  McapStatistics,
  Mesh3D,
  Points3D,
  Radius,
  RecordingInfo,
  Scalars,
  SeriesPoints,
  TextLog,
  TextLogLevel,
  Transform3D,
  VideoStream,
} from "../../../lib/archetypes/index.ts";
import { RerunError } from "../../../lib/errors.ts";
import { batchValues } from "./arrow-values.ts";

const first = (archetype: { readonly batches: readonly unknown[] }): unknown[] =>
  batchValues(archetype.batches[0] as never);

describe("numbers", () => {
  it("may be nested, and are flattened", () => {
    expect(first(Scalars([[1, 2], [3]]))).to.deep.equal([1, 2, 3]);
  });

  it("may be typed arrays of any element type", () => {
    expect(first(Scalars(new Int8Array([-1, 2])))).to.deep.equal([-1, 2]);
    expect(first(Scalars(new BigInt64Array([-1n, 2n])))).to.deep.equal([-1, 2]);
  });

  it("may come from another realm", () => {
    const foreign = runInNewContext("new Float64Array([1, 2])") as Float64Array;
    expect(foreign).not.to.be.instanceOf(Float64Array);
    expect(Scalars(foreign).batches[0]?.data).to.equal(foreign);
    const list = runInNewContext("[[1, 2, 3]]") as number[][];
    expect(first(Points3D(list))).to.deep.equal([[1, 2, 3]]);
  });

  it("lose their fraction in integer fields, as in Rerun", () => {
    expect(first(Points3D.updateFields({ classIds: 1.9 }))).to.deep.equal([1]);
    expect(first(Points3D.updateFields({ classIds: new Float32Array([1.9]) }))).to.deep.equal([1]);
  });

  it("wrap in typed arrays of a wider type, as in Rerun", () => {
    expect(first(Points3D.updateFields({ classIds: new Uint32Array([65537]) }))).to.deep.equal([1]);
  });

  it("have 64 bits where Rerun counts", () => {
    expect(first(RecordingInfo({ startTime: 2n ** 62n }))).to.deep.equal([2n ** 62n]);
    expect(first(RecordingInfo({ startTime: new Date(5) }))).to.deep.equal([5_000_000n]);
    expect(first(RecordingInfo({ startTime: 5 }))).to.deep.equal([5n]);
    const times = new BigInt64Array([1n, 2n]);
    expect(RecordingInfo.columns({ startTime: times })[0]?.array.values).to.equal(times);
  });

  it("are refused beyond 64 bits, below zero for counts, and when not finite", () => {
    const start = (startTime: never): unknown => RecordingInfo({ startTime });
    expect(() => start((2n ** 63n) as never)).to.throw(RerunError, "expected a 64-bit integer");
    expect(() => start(Number.NaN as never)).to.throw(
      "RecordingInfo.startTime: expected a 64-bit integer, got `NaN`",
    );
    expect(() => start(new Date(Number.NaN) as never)).to.throw(RerunError);
    expect(() => McapStatistics.updateFields({ messageCount: -1 })).to.throw(
      "an unsigned 64-bit integer, got `-1`",
    );
  });

  it("may make radii in ui points", () => {
    expect(Radius.uiPoints(5)).to.equal(-5);
    expect(Radius.sceneUnits(-5)).to.equal(5);
  });
});

describe("vectors", () => {
  it("may be given in every shape alike", () => {
    const vector = fc.tuple(fc.float(), fc.float(), fc.float());
    fc.assert(
      fc.property(fc.array(vector, { minLength: 1, maxLength: 40 }), (vectors) => {
        const flat = vectors.flat();
        for (const input of [
          flat,
          new Float32Array(flat),
          new Float64Array(flat),
          vectors,
          vectors.map((v) => new Float32Array(v)),
        ]) {
          expect(first(Points3D(input))).to.deep.equal(vectors);
        }
      }),
    );
  });

  it("may lie in a grid", () => {
    const row = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(first(Points3D([row, row]))).to.deep.equal([...row, ...row]);
  });

  it("are refused where indices are out of range", () => {
    expect(() => Mesh3D.updateFields({ triangleIndices: [0, 1, -1] })).to.throw(
      "Mesh3D.triangleIndices: expected a whole number from 0 to 4294967295, got `-1` at index 2",
    );
  });

  it("scale all axes by one number", () => {
    expect(first(Transform3D({ scale: 2 }))).to.deep.equal([[2, 2, 2]]);
    expect(
      first(
        InstancePoses3D({
          scales: [
            [1, 2, 3],
            [4, 5, 6],
          ],
        }),
      ),
    ).to.deep.equal([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });
});

describe("matrices", () => {
  const rows = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ];
  const stored = [1, 4, 7, 2, 5, 8, 3, 6, 9];

  it("are stored by columns", () => {
    for (const mat3x3 of [rows, rows.flat(), new Float32Array(rows.flat()), { columns: stored }]) {
      expect(first(Transform3D({ mat3x3 }))).to.deep.equal([stored]);
    }
  });

  it("may be many", () => {
    expect(first(InstancePoses3D({ mat3x3: [rows, { columns: stored }] }))).to.deep.equal([
      stored,
      stored,
    ]);
    expect(first(InstancePoses3D({ mat3x3: [...rows.flat(), ...rows.flat()] }))).to.deep.equal([
      stored,
      stored,
    ]);
    expect(first(InstancePoses3D({ mat3x3: [] }))).to.deep.equal([]);
  });

  it("are refused in other shapes", () => {
    expect(() => Transform3D({ mat3x3: [1, 2, 3, 4] })).to.throw(
      "Transform3D.mat3x3: expected a flat array whose length is a multiple of 9, got an array of 4",
    );
    expect(() =>
      Transform3D({
        mat3x3: [
          [1, 2],
          [3, 4],
        ],
      }),
    ).to.throw(RerunError, "expected a 3x3 matrix");
    expect(() => Transform3D({ mat3x3: [1, 2, 3, 4, 5, 6, 7, 8, null as never] })).to.throw(
      "a number, got `null` at index 8",
    );
  });
});

describe("line strips", () => {
  const strip = [
    [0, 0, 0],
    [1, 0, 0],
  ];

  it("may be one or many, nested or typed", () => {
    const flat = new Float32Array(strip.flat());
    expect(first(LineStrips3D(strip))).to.deep.equal([strip]);
    expect(first(LineStrips3D(flat))).to.deep.equal([strip]);
    expect(first(LineStrips3D([strip, [[1, 2, 3]]]))).to.deep.equal([strip, [[1, 2, 3]]]);
    expect(first(LineStrips3D([flat, new Float32Array(9)]))).to.deep.equal([
      strip,
      [
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ],
    ]);
    expect(first(LineStrips3D([]))).to.deep.equal([]);
  });

  it("take a typed array without a copy", () => {
    const flat = new Float32Array(9);
    expect(LineStrips3D(flat).batches[0]?.array.children?.[0]?.values).to.equal(flat);
  });

  it("may be flat, with offsets, without a copy", () => {
    const points = Float32Array.of(0, 0, 0, 1, 0, 0, 1, 2, 3);
    const offsets = Int32Array.of(0, 2, 2, 3);
    const flat = LineStrips3D({ points, offsets });
    expect(first(flat)).to.deep.equal([strip, [], [[1, 2, 3]]]);
    expect(flat.batches[0]?.array.offsets).to.equal(offsets);
    expect(flat.batches[0]?.array.children?.[0]?.values).to.equal(points);
    expect(first(LineStrips3D({ points: [...strip, [1, 2, 3]], offsets: [1, 3] }))).to.deep.equal([
      [
        [1, 0, 0],
        [1, 2, 3],
      ],
    ]);
    expect(first(LineStrips3D({ points: [], offsets: [0] }))).to.deep.equal([]);
    const [column] = LineStrips3D.columns({ strips: { points, offsets } }, { lengths: [1, 2] });
    expect([column?.array.length, column?.lengths]).to.deep.equal([3, [1, 2]]);
  });

  it("are refused with offsets that cannot be", () => {
    const points = new Float32Array(9);
    for (const offsets of [
      [],
      [0, 4],
      [-1, 2],
      [2, 1],
      [0, 1.5],
      [Number.NaN],
      ["0"],
      5,
      undefined,
    ]) {
      expect(() => LineStrips3D({ points, offsets: offsets as number[] }))
        .to.throw(RerunError, "LineStrips3D.strips: expected offsets")
        .with.property("code", "invalid-component");
    }
    expect(() => LineStrips3D({ points: new Float32Array(8), offsets: [0, 1] })).to.throw(
      RerunError,
      "LineStrips3D.strips",
    );
  });

  it("fill columns with one strip, or a batch of strips, for each row", () => {
    const [one] = LineStrips3D.columns({
      strips: [
        strip,
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ],
    });
    expect(one?.array.length).to.equal(2);
    expect(one?.lengths).to.equal(undefined);
    const [batches] = LineStrips3D.columns({ strips: [[strip, strip], [strip]] });
    expect(batches?.lengths).to.deep.equal([2, 1]);
  });

  it("are refused with points of another dimension", () => {
    expect(() =>
      LineStrips3D([
        [
          [0, 0],
          [1, 1],
        ],
      ]),
    ).to.throw(RerunError, "a vector of 3 numbers");
    expect(() => LineStrips3D([[0, 1, 2, 3]])).to.throw(
      RerunError,
      "a strip (an array of 3-vectors, or a typed array)",
    );
  });
});

describe("texts", () => {
  it("come back as they were, short and long, ASCII and not", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 200 })), (labels) => {
        expect(first(Points3D.updateFields({ labels }))).to.deep.equal(labels);
        for (const label of labels) expect(first(TextLog(label))).to.deep.equal([label]);
      }),
    );
    const long = "é".repeat(100_000);
    expect(first(TextLog(long))).to.deep.equal([long]);
  });

  it("do not disturb one another", () => {
    const logs = Array.from({ length: 2000 }, (_, i) =>
      TextLog(`message ${i} ${"x".repeat(i % 120)}ü`),
    );
    logs.forEach((log, i) =>
      expect(first(log)).to.deep.equal([`message ${i} ${"x".repeat(i % 120)}ü`]),
    );
  });

  it("are written out where numbers are given", () => {
    expect(first(Points3D.updateFields({ labels: [1, true, 2n, "x"] }))).to.deep.equal([
      "1",
      "true",
      "2",
      "x",
    ]);
  });

  it("have levels", () => {
    expect(batchValues(TextLog("x", { level: TextLogLevel.WARN }).batches[1])).to.deep.equal([
      "WARN",
    ]);
  });
});

describe("enumerations", () => {
  it("take members, numbers, and names of any letter case", () => {
    for (const markers of [
      MarkerShape.Diamond,
      2,
      "Diamond",
      "diamond",
      "DIAMOND" as never,
      [2],
    ] as const) {
      expect(first(SeriesPoints({ markers }))).to.deep.equal([2]);
    }
    expect(first(SeriesPoints({ markers: ["circle", MarkerShape.Up] }))).to.deep.equal([1, 6]);
    expect(first(VideoStream("av1"))).to.deep.equal([0x61763031]);
  });

  it("refuse other values", () => {
    for (const markers of [0, 11, 1.5, "toString", "", null, Number.NaN, [1, 0]]) {
      expect(() => SeriesPoints({ markers: markers as never })).to.throw(
        RerunError,
        "SeriesPoints.markers: expected one of Circle (1)",
      );
    }
  });
});
