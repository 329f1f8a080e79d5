import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { AnyValues } from "../../lib/any-values.ts";
import {
  AnnotationContext,
  linearToGammaU8,
  Points3D,
  Scalars,
  Tensor,
  type TensorInput,
  Transform3D,
  VideoStream,
} from "../../lib/archetypes/index.ts";
import { BATCH_PRESETS, withEnvironment } from "../../lib/batch-config.ts";
import { RootContainer } from "../../lib/catalogue/index.ts";
import { DynamicArchetype } from "../../lib/dynamic-archetype.ts";
import {
  compareEntityPaths,
  entityPath,
  splitPath,
  strictEntityPath,
} from "../../lib/entity-path.ts";
import { RerunError } from "../../lib/errors.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { joinTime, parseTime, type TimeInput } from "../../lib/time.ts";
import { save } from "../../sinks/save.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";
import { arrowValues, batchValues } from "./components/arrow-values.ts";

/**
 * What the official SDK 0.33.0 makes of inputs, continued from `archetypes/input-facts.spec.ts`: times, paths, tensors,
 * values of one's own, configuration. F227 is in `node/files.spec.ts`. Without a form in this library are:
 *
 * | fact | input | why not |
 * | --- | --- | --- |
 * | F006, F020 | arrays with trailing dimensions of length 1 | JavaScript's typed arrays have no dimensions |
 * | F131 | 4×4 matrices | a datatype that no component has |
 */
interface Fact {
  readonly id: string;
  readonly says: string;
  readonly got: () => unknown;
  readonly expected: unknown;
}

const nanoseconds = (time: TimeInput): bigint => {
  const { lo, hi } = parseTime("t", time);
  return joinTime(lo, hi);
};

const duration = (id: string, given: number | bigint, expected: bigint): Fact => ({
  id,
  says: `a duration of ${given}${typeof given === "bigint" ? " ns" : " s"} is ${expected} ns`,
  got: () => nanoseconds({ duration: given }),
  expected,
});

const timestamp = (id: string, given: number | bigint | string, expected: bigint): Fact => ({
  id,
  says: `the timestamp ${given} is ${expected} ns`,
  got: () => nanoseconds({ timestamp: typeof given === "string" ? new Date(given) : given }),
  expected,
});

const path = (id: string, given: string, expected: string): Fact => ({
  id,
  says: `the path ${JSON.stringify(given)} is ${expected}`,
  got: () => entityPath(given),
  expected,
});

const strictPath = (id: string, given: string, expected: string): Fact => ({
  id,
  says: `the path ${JSON.stringify(given)} is ${expected}, strictly`,
  got: () => strictEntityPath(given),
  expected,
});

const gamma = (id: string, given: number, expected: number): Fact => ({
  id,
  says: `linear light of ${given} is ${expected}`,
  got: () => linearToGammaU8(given),
  expected,
});

const facts: readonly Fact[] = [
  {
    id: "F071",
    says: "three fractions of 1 are one white",
    got: () => batchValues(Points3D.batch("colors", Float64Array.of(1, 1, 1))),
    expected: [0xffffffff],
  },
  {
    id: "F072",
    says: "three floats in a list are one white; floats without a fraction need a typed array",
    got: () => batchValues(Points3D.batch("colors", [Float32Array.of(1, 1, 1)])),
    expected: [0xffffffff],
  },
  gamma("F102", 0, 0),
  gamma("F103", 0.003, 10),
  gamma("F106", 1, 255),
  gamma("F107", 1.001, 255),
  {
    id: "F122",
    says: "sixteen numbers, their bytes, and their text are one UUID",
    got: () => {
      const numbers = Array.from({ length: 16 }, (_, i) => i);
      const text = "00010203-0405-0607-0809-0a0b0c0d0e0f";
      return [numbers, [numbers], Uint8Array.from(numbers), text].map((id) =>
        batchValues(RootContainer(id)),
      );
    },
    expected: Array.from({ length: 4 }, () => [Array.from({ length: 16 }, (_, i) => i)]),
  },
  {
    id: "F124",
    says: "ten blocks of bytes are ten blobs",
    got: () =>
      VideoStream.columns({ sample: Array.from({ length: 10 }, () => new Uint8Array(11)) })[0]
        ?.array.length,
    expected: 10,
  },
  {
    id: "F155",
    says: "a rotation by an axis and an angle goes to rotation_axis_angle",
    got: () =>
      Transform3D({ rotation: { axis: [0, 0, 1], degrees: 90 } }).batches[0]?.descriptor.component,
    expected: "Transform3D:rotation_axis_angle",
  },
  {
    id: "F155",
    says: "a rotation by a quaternion goes to quaternion",
    got: () => Transform3D({ rotation: [0, 0, 0, 1] }).batches[0]?.descriptor.component,
    expected: "Transform3D:quaternion",
  },
  duration("F165", 0, 0n),
  duration("F166", 2, 2_000_000_000n),
  duration("F169", 2.5, 2_500_000_000n),
  duration("F171", 25n, 25n),
  duration("F172", -3, -3_000_000_000n),
  timestamp("F177", 0, 0n),
  timestamp("F178", 10, 10_000_000_000n),
  timestamp("F179", 1.5, 1_500_000_000n),
  timestamp("F180", "1970-01-01T00:00:01Z", 1_000_000_000n),
  timestamp("F181", "1969-12-31T23:59:59Z", -1_000_000_000n),
  timestamp("F182", "2050-01-01T00:00:00Z", 2_524_608_000_000_000_000n),
  timestamp("F183", 946_684_800_123_456_789n, 946_684_800_123_456_789n),
  {
    id: "F226",
    says: "a pair of numbers is a keypoint connection",
    got: () => {
      const context = AnnotationContext({ info: { id: 1 }, keypointConnections: [[1, 2]] });
      const [classes] = batchValues(context.batches[0]) as [
        [{ class_description: { keypoint_connections: unknown[] } }],
      ];
      return classes[0].class_description.keypoint_connections;
    },
    expected: [{ keypoint0: 1, keypoint1: 2 }],
  },
  {
    id: "F229",
    says: "bytes are one binary value",
    got: () => {
      const [batch] = AnyValues({
        fact_229: Uint8Array.from("ABCD", (c) => c.charCodeAt(0)),
      }).batches;
      return [batch?.descriptor.type.key, batchValues(batch)];
    },
    expected: ["binary", [[65, 66, 67, 68]]],
  },
  {
    id: "F230",
    says: "a column of numbers has one in each row",
    got: () => {
      const [column] = AnyValues.columns({ fact_230: Float64Array.of(1, 2, 3) });
      return column && [arrowValues(column.array), column.lengths];
    },
    expected: [[1, 2, 3], undefined],
  },
  {
    id: "F234",
    says: "a dynamic archetype gives its name to components, and no type",
    got: () =>
      DynamicArchetype("new_custom_type", { foo: [1.5, 2, 3], bar: "hello" }).batches.map(
        ({ descriptor: { archetype, component, componentType } }) => [
          archetype,
          component,
          componentType,
        ],
      ),
    expected: [
      ["new_custom_type", "new_custom_type:foo", undefined],
      ["new_custom_type", "new_custom_type:bar", undefined],
    ],
  },
  {
    id: "F235",
    says: "a tensor keeps its shape and names",
    got: () => {
      const names = ["a", "b", "c", "d"];
      const [value] = batchValues(
        Tensor({ data: new Float64Array(720), shape: [8, 6, 3, 5], names }).batches[0],
      ) as [{ shape: bigint[]; names: string[] }];
      return [value.shape.map(Number), value.names];
    },
    expected: [
      [8, 6, 3, 5],
      ["a", "b", "c", "d"],
    ],
  },
  path("F237", "", "/"),
  path("F238", "/", "/"),
  path("F239", "//", "/"),
  path("F240", "/foo/bar/", "/foo/bar"),
  path("F241", "/foo///bar//", "/foo/bar"),
  path("F242", "foo/bar:baz", "/foo/bar\\:baz"),
  path("F243", "foo/42", "/foo/42"),
  path("F244", "foo/#bar/baz", "/foo/\\#bar/baz"),
  path("F245", "foo/Hallå Där!", "/foo/Hallå\\ Där\\!"),
  strictPath("F247", "/", "/"),
  strictPath("F248", "foo", "/foo"),
  {
    id: "F254",
    says: "escapes are undone in parts",
    got: () => splitPath("Hello\\ world\\!"),
    expected: ["Hello world!"],
  },
  {
    id: "F255",
    says: "reserved parts come after all others",
    got: () => ["__reserved", "abc"].toSorted(compareEntityPaths),
    expected: ["abc", "__reserved"],
  },
  {
    id: "F257",
    says: "the environment sets the batching",
    got: () => {
      const env = { RERUN_FLUSH_TICK_SECS: "42", RERUN_FLUSH_NUM_ROWS: "666" };
      return withEnvironment(BATCH_PRESETS.default, env);
    },
    expected: { ...BATCH_PRESETS.default, flushTickMs: 42_000, flushNumRows: 666 },
  },
  {
    id: "F258",
    says: "the environment sets all of the batching",
    got: () =>
      withEnvironment(BATCH_PRESETS.default, {
        RERUN_FLUSH_TICK_SECS: "0.3",
        RERUN_FLUSH_NUM_BYTES: "42",
        RERUN_FLUSH_NUM_ROWS: "666",
        RERUN_CHUNK_MAX_ROWS_IF_UNSORTED: "7777",
      }),
    expected: {
      ...BATCH_PRESETS.default,
      flushTickMs: 300,
      flushNumBytes: 42,
      flushNumRows: 666,
      chunkMaxRowsIfUnsorted: 7777,
    },
  },
];

const refused: readonly (readonly [id: string, says: string, call: () => unknown])[] = [
  ["F174", "a duration in words", () => nanoseconds({ duration: "invalid" as never })],
  ["F175", "a duration of null", () => nanoseconds({ duration: null as never })],
  ["F176", "several durations for one time", () => nanoseconds({ duration: [1, 2, 3] as never })],
  [
    "F184",
    "timestamps in single precision",
    () => sendTimes({ timestamp: Float32Array.of(1_700_000_000) }),
  ],
  ["F249", "a double slash, strictly", () => strictEntityPath("foo//bar")],
  ["F250", "a trailing slash, strictly", () => strictEntityPath("foo/bar/")],
  ["F252", "an instance index, strictly", () => strictEntityPath("entity[#123]")],
  ["F236", "a tensor without data", () => Tensor({ shape: [1] } as unknown as TensorInput)],
  ["F236", "a tensor of another size", () => Tensor({ data: [1, 2], shape: [3] })],
  [
    "F236",
    "a wrong number of names",
    () => Tensor({ data: [1, 2], shape: [2], names: ["a", "b"] }),
  ],
];

function sendTimes(times: { readonly timestamp: Float32Array }): void {
  new RecordingStream("spec").sendColumns("a", { t: times }, Scalars.columns({ scalars: [1] }));
}

describe("what is logged is understood as the official SDK does", () => {
  for (const { id, says, got, expected } of facts) {
    it(`${id}: ${says}`, () => {
      expect(got()).to.deep.equal(expected);
    });
  }

  for (const [id, says, call] of refused) {
    it(`${id}: refuses ${says}`, () => {
      expect(call)
        .to.throw(RerunError)
        .with.property("code")
        .that.matches(/^invalid-(time|component|entity-path)$/);
    });
  }

  it("F185: takes sequences below 0 in columns", () => {
    const rec = new RecordingStream("spec", { sendProperties: false });
    const times: bigint[] = [];
    rec.events$.subscribe((event) => {
      if (event.kind === "columns")
        times.push(...event.chunk.timelines.map((t) => t.min), BigInt(event.chunk.numRows));
    });
    rec.sendColumns("a", { t: { sequence: [-1, 0, 1] } }, Scalars.columns({ scalars: [1, 2, 3] }));
    expect(times).to.deep.equal([-1n, 3n]);
  });

  it("F232: refuses a value of another type and keeps the type", () => {
    AnyValues({ fact_232: 1 });
    expect(() => AnyValues({ fact_232: "1" })).to.throw(RerunError, "expected int64");
    expect(AnyValues({ fact_232: 2 }).batches).to.have.lengthOf(1);
  });

  it("F233: drops null without a type, and tells when nothing remains", () => {
    expect(AnyValues({ fact_233: null, fact_233_too: 1 }).batches).to.have.lengthOf(1);
    expect(() => AnyValues({ fact_233: null })).to.throw(RerunError, "at least one value");
  });

  describe("in files", () => {
    const dir = useTempDir();

    for (const [id, footer] of [
      ["F259", true],
      ["F260", false],
    ] as const) {
      it(`${id}: ${footer ? "ends with a footer" : "leaves the footer out when asked to"}`, async () => {
        const rec = new RecordingStream("spec");
        rec.attach(save(dir.file("a.rrd"), { footer }));
        rec.log("a", Scalars(1));
        await rec.close();
        const end = (await readFile(dir.file("a.rrd"))).subarray(-12, -4).toString("latin1");
        expect(end === "RRF2FOOT").to.equal(footer);
      });
    }
  });
});
