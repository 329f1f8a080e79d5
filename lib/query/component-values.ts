import type { ArrowArray } from "../arrow/array.ts";
import type { DataType } from "../arrow/data-type.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { arrowValues } from "./arrow-values.ts";

/**
 * The instances of one component in one row, in a form that `log` takes for it: what is read can be logged as it is.
 *
 * ```ts
 * const cell = recording.latestAt("/points", "Points3D:positions", "frame", 7n);
 * rec.log("copy", Points3D(cell.values as Float32Array));
 * ```
 *
 * Most components are simply the values of their Arrow type, see {@link arrowValues}: vectors and colours are typed arrays,
 * texts are arrays of strings, line strips are arrays of typed arrays. Others:
 *
 * | component | form |
 * | --- | --- |
 * | matrices | `[{ columns: Float32Array }, …]` |
 * | UUIDs | `[Uint8Array(16), …]` |
 * | graph edges | `[[source, target], …]` |
 * | rotations about an axis | `[{ axis: Float32Array, angle }, …]` |
 * | visible time ranges | `[{ timeline, start, end }, …]` |
 *
 * Components of which a batch has one instance give that instance:
 *
 * | component | form |
 * | --- | --- |
 * | annotation context | `[{ classId, classDescription }, …]` |
 * | key-value pairs, message counts | `[[key, value], …]` |
 * | tensor | `{ data, shape, names?, dtype? }` |
 * | time, time ranges, filters, selected columns, column order, visual bounds | as their archetypes take them |
 *
 * @param array the instances; `from` and `to` choose among them
 */
export function componentValues(
  descriptor: ComponentDescriptor,
  array: ArrowArray,
  from = 0,
  to: number = array.length,
): unknown {
  const values = arrowValues(array, from, to);
  const form = formOf(descriptor.componentType) ?? formOfType(array.type);
  return form === undefined ? values : form(values);
}

type Form = (instances: ArrayLike<unknown>) => unknown;
type Struct = Readonly<Record<string, unknown>>;

/** Applied to each instance. */
const each =
  <T>(change: (instance: T) => unknown): Form =>
  (instances) =>
    Array.from(instances, (instance) => (instance === null ? null : change(instance as T)));

/** Of a component that has one instance in each batch: the instance, if there is one. */
const single =
  <T>(change: (instance: T) => unknown = (instance) => instance): Form =>
  (instances) => {
    const all = Array.from(instances, (instance) =>
      instance === null ? null : change(instance as T),
    );
    return all.length === 1 ? all[0] : all;
  };

const pair = (first: string, second: string) => (struct: Struct) => [struct[first], struct[second]];

const pairs = (first: string, second: string): Form =>
  single<ArrayLike<Struct>>((entries) => Array.from(entries, pair(first, second)));

const FORMS: Readonly<Record<string, Form>> = {
  AnnotationContext: single<ArrayLike<Struct>>((classes) => Array.from(classes, classOf)),
  ChannelMessageCounts: pairs("channelId", "messageCount"),
  GraphEdge: each(pair("first", "second")),
  KeyValuePairs: pairs("first", "second"),
  LineStrip2D: strips,
  LineStrip3D: strips,
  GeoLineString: strips,
  PinholeProjection: matrices,
  TransformMat3x3: matrices,
  TensorData: single(tensorOf),
  TensorDimensionIndexSlider: each<Struct>((slider) => slider["dimension"]),
  AbsoluteTimeRange: single(),
  ColumnOrder: single(),
  FilterByRange: single(),
  FilterIsNotNull: single(),
  SelectedColumns: single<Struct>(({ timeColumns, componentColumns }) => [
    ...(timeColumns as readonly unknown[]),
    ...(componentColumns as readonly unknown[]),
  ]),
  TimeInt: single(),
  TimeRange: single(),
  // An empty typed array would be no directions at all.
  ViewCoordinates: (instances) => (instances.length === 0 ? [] : instances),
  VisibleTimeRange: each<Struct>(({ timeline, range }) => ({
    timeline,
    ...(range as Struct | undefined),
  })),
  VisualBounds2D: single<Readonly<Record<string, ArrayLike<number>>>>(({ xRange, yRange }) => ({
    xRange: Array.from(xRange ?? []),
    yRange: Array.from(yRange ?? []),
  })),
};

function formOf(componentType: string | undefined): Form | undefined {
  const match = /^rerun\.(?:blueprint\.)?components\.(\w+)$/.exec(componentType ?? "");
  const name = match?.[1] ?? "";
  return Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
}

/** UUIDs have many names, and one type. */
function formOfType({ kind, size, children }: DataType): Form | undefined {
  if (kind !== "fixed-size-list" || size !== 16 || children[0]?.type.kind !== "uint8")
    return undefined;
  return chunksOf(16, (uuid) => uuid);
}

function chunksOf(size: number, change: (part: unknown) => unknown): Form {
  return (instances) => {
    // With nulls among them they are apart already.
    const isFlat = typeof instances[0] === "number";
    if (!isFlat) return each(change)(instances);
    const flat = instances as Uint8Array;
    const take = ArrayBuffer.isView(instances)
      ? (from: number, to: number) => flat.subarray(from, to)
      : (from: number, to: number) => flat.slice(from, to);
    return Array.from({ length: flat.length / size }, (_, i) =>
      change(take(size * i, size * (i + 1))),
    );
  };
}

function matrices(instances: ArrayLike<unknown>): unknown {
  return chunksOf(9, (columns) => ({ columns }))(instances);
}

/** An array of points would count as one strip: strips of one point each are nested once more. */
function strips(instances: ArrayLike<unknown>): unknown {
  const all = Array.from(instances) as ArrayLike<number>[];
  const isAmbiguous =
    all.length > 0 && all.every((strip) => strip?.length > 0 && strip.length <= 3);
  return isAmbiguous ? all.map((strip) => [strip]) : all;
}

function tensorOf({ shape, names, buffer }: Struct): unknown {
  const [variant, data] = Object.entries((buffer as Struct | undefined) ?? {})[0] ?? [];
  return {
    data: data ?? new Uint8Array(0),
    shape: Array.from((shape ?? []) as ArrayLike<bigint>, Number),
    ...(names === undefined ? {} : { names }),
    ...(variant === "F16" ? { dtype: "float16" } : {}),
  };
}

function classOf({ classId, classDescription }: Struct): unknown {
  const { info, keypointAnnotations, keypointConnections } = classDescription as Struct;
  return {
    classId,
    classDescription: {
      info,
      keypointAnnotations,
      keypointConnections: Array.from(
        (keypointConnections ?? []) as ArrayLike<Struct>,
        pair("keypoint0", "keypoint1"),
      ),
    },
  };
}
