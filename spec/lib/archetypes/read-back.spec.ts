import { expect } from "chai";
import fc from "fast-check";
import type { ArchetypeStatics } from "../../../lib/archetypes/index.ts";
import * as rr from "../../../lib/archetypes/index.ts";
import type { ComponentDescriptor } from "../../../lib/component-batch.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { camelCase, readCatalogue } from "../../../scripts/catalogue/read-catalogue.ts";
import { memory } from "../../../sinks/memory.ts";
import { decodeRrd } from "../../helpers/decode-rrd.ts";

/** What a program gives, and what must be in the file: the instances of one batch. */
interface Sample {
  readonly input: unknown;
  readonly stored: readonly unknown[];
}

const NAMES = [
  "AnnotationContext",
  "Arrows3D",
  "BarChart",
  "Boxes2D",
  "Boxes3D",
  "Clear",
  "DepthImage",
  "EncodedImage",
  "Image",
  "LineStrips2D",
  "LineStrips3D",
  "Mesh3D",
  "Pinhole",
  "Points2D",
  "Points3D",
  "Scalars",
  "SeriesLines",
  "SeriesPoints",
  "Tensor",
  "TextDocument",
  "TextLog",
  "Transform3D",
  "ViewCoordinates",
] as const;

const float = fc.float({ noNaN: true });
const text = fc.string({ unit: "grapheme", maxLength: 12 });
const many = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { maxLength: 6 });
const vector = (n: number): fc.Arbitrary<number[]> =>
  fc.array(float, { minLength: n, maxLength: n });
const same = (values: readonly unknown[]): Sample => ({ input: values, stored: values });
const bytes = fc.uint8Array({ maxLength: 40 });

/** Rows are given, columns are stored. */
const matrix = vector(9).map((rows): Sample => {
  const stored = [0, 3, 6, 1, 4, 7, 2, 5, 8].map((i) => rows[i]);
  return { input: rows, stored: [stored] };
});

const annotation = fc.record({
  id: fc.nat(65535),
  label: fc.option(text, { nil: undefined }),
  color: fc.option(fc.nat(0xffff_ffff), { nil: undefined }),
});
type Annotation = typeof annotation extends fc.Arbitrary<infer T> ? T : never;
const storedAnnotation = ({ id, label, color }: Annotation): object => ({
  id,
  label: label ?? null,
  color: color ?? null,
});

const classes = fc.uniqueArray(
  fc.record({
    info: annotation,
    keypointAnnotations: many(annotation),
    keypointConnections: many(fc.tuple(fc.nat(65535), fc.nat(65535))),
  }),
  { maxLength: 4, selector: ({ info }) => info.id },
);

const tensor = fc
  .tuple(fc.nat(3), fc.nat(3), fc.boolean())
  .chain(([rows, columns, named]) =>
    fc
      .array(fc.double({ noNaN: true }), { minLength: rows * columns, maxLength: rows * columns })
      .map((values) => ({ rows, columns, named, values })),
  );

/** Components whose values are not simply those of their Arrow type. */
const SPECIAL: Readonly<Record<string, fc.Arbitrary<Sample>>> = {
  AlbedoFactor: fc.nat(0xffff_ffff).map((c) => ({ input: Uint32Array.of(c), stored: [c] })),
  TransformMat3x3: matrix,
  PinholeProjection: matrix,
  ViewCoordinates: fc
    .constantFrom(["RDF", [3, 2, 5]], ["FLU", [5, 4, 1]], ["ULB", [1, 4, 6]])
    .map(([input, stored]) => ({ input, stored: [stored] })),
  RotationAxisAngle: fc.tuple(vector(3), float).map(([axis, angle]) => ({
    input: { axis, angle },
    stored: [{ axis, angle }],
  })),
  ImageFormat: fc.tuple(fc.nat(9), fc.nat(9)).map(([width, height]) => ({
    input: { width, height, colorModel: "RGB", channelDatatype: "U16" },
    stored: [{ width, height, pixel_format: null, color_model: 2, channel_datatype: 8 }],
  })),
  AnnotationContext: classes.map((all) => ({
    input: all,
    stored: [
      all.map(({ info, keypointAnnotations, keypointConnections }) => ({
        class_id: info.id,
        class_description: {
          info: storedAnnotation(info),
          keypoint_annotations: keypointAnnotations.map(storedAnnotation),
          keypoint_connections: keypointConnections.map(([keypoint0, keypoint1]) => ({
            keypoint0,
            keypoint1,
          })),
        },
      })),
    ],
  })),
  TensorData: tensor.map(({ rows, columns, named, values }) => ({
    input: {
      data: Float64Array.from(values),
      shape: [rows, columns],
      ...(named ? { names: ["y", "x"] } : {}),
    },
    stored: [
      { shape: [BigInt(rows), BigInt(columns)], names: named ? ["y", "x"] : null, buffer: values },
    ],
  })),
  Blob: bytes.map((b) => ({ input: b, stored: [[...b]] })),
  ImageBuffer: bytes.map((b) => ({ input: b, stored: [[...b]] })),
  Resolution: vector(2).map((r) => ({ input: r, stored: [r] })),
  TransformFrameId: text
    .filter((name) => name !== "")
    .map((name) => ({ input: name, stored: [name] })),
};

const catalogue = readCatalogue();

/** Values for one field of an archetype. */
function samples(descriptor: ComponentDescriptor, plural: boolean): fc.Arbitrary<Sample> {
  const component = (descriptor.componentType ?? "").replace("rerun.components.", "");
  if (component === "Color") {
    // A plain array of few small numbers would be one colour by its channels.
    const colors = plural ? many(fc.nat(0xffff_ffff)) : fc.tuple(fc.nat(0xffff_ffff));
    return colors.map((c) => ({ input: Uint32Array.from(c), stored: c }));
  }
  const special = SPECIAL[component];
  if (special !== undefined) return special;
  const members = catalogue.components[descriptor.componentType ?? ""]?.enum_values;
  if (members !== undefined) {
    const member = fc.constantFrom(...Object.values(members));
    return plural ? many(member).map(same) : member.map((m) => ({ input: m, stored: [m] }));
  }
  const value = valuesOf(descriptor);
  return plural ? many(value).map(same) : value.map((v) => ({ input: v, stored: [v] }));
}

function valuesOf({ type, component }: ComponentDescriptor): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "float32":
      return float;
    case "float64":
      return fc.double({ noNaN: true });
    case "uint16":
      return fc.nat(65535);
    case "bool":
      return fc.boolean();
    case "utf8":
      return text;
    case "fixed-size-list":
      return type.children[0]?.type.kind === "uint32"
        ? fc.array(fc.nat(0xffff_ffff), { minLength: type.size, maxLength: type.size })
        : vector(type.size);
    case "list":
      // A strip of one point would be a point of its own.
      return fc.array(vector(type.children[0]?.type.size ?? 0), { minLength: 2, maxLength: 5 });
    default:
      throw new Error(`no samples for ${component} of type ${type.key}`);
  }
}

/** Typed arrays as arrays: what they hold is compared, not how. */
function plain(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  }
  return value;
}

describe("what archetypes are given is what an independent reader finds", function () {
  this.timeout(30_000);

  const factories = rr as unknown as Readonly<
    Record<string, ArchetypeStatics<Record<string, unknown>>>
  >;

  for (const name of NAMES) {
    it(`${name}, any of its fields, in rows that have some of them`, async () => {
      const factory = factories[name] as ArchetypeStatics<Record<string, unknown>>;
      const descriptors: Readonly<Record<string, ComponentDescriptor>> = factory.fields;
      const fields = catalogue.archetypes[`rerun.archetypes.${name}`]?.fields ?? [];
      const row = fc.record(
        Object.fromEntries(
          fields.map((field) => {
            const key = camelCase(field.name);
            return [key, samples(descriptors[key] as ComponentDescriptor, field.plural)];
          }),
        ),
        { requiredKeys: [] },
      );
      const rows = fc.array(row, { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(rows, async (given) => {
          const rec = new RecordingStream("read_back", { sendProperties: false });
          const sink = memory();
          rec.attach(sink);
          const expected = new Map<string, unknown[]>();
          given.forEach((samplesOfRow, index) => {
            rec.setTime("row", { sequence: index });
            const inputs = Object.entries(samplesOfRow).map(([key, s]) => [
              key,
              (s as Sample).input,
            ]);
            rec.log("e", factory.updateFields(Object.fromEntries(inputs)));
            for (const [key, sample] of Object.entries(samplesOfRow)) {
              const { component } = descriptors[key] as ComponentDescriptor;
              expected.set(`${index} ${component}`, plain((sample as Sample).stored) as unknown[]);
            }
          });
          await rec.close();

          const found = new Map<string, unknown>();
          for (const chunk of decodeRrd(sink.toRrd()).chunks) {
            const times = chunk.column("row") as bigint[];
            for (const component of chunk.components) {
              chunk.column(component).forEach((cell, i) => {
                if (cell !== null) found.set(`${times[i]} ${component}`, plain(cell));
              });
            }
          }
          expect(Object.fromEntries(found)).to.deep.equal(Object.fromEntries(expected));
        }),
        { numRuns: 40 },
      );
    });
  }
});
