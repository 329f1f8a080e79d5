import type { ArrowArray, NumericValues } from "./arrow/array.ts";
import { isFixedWidth, strideOf } from "./arrow/array.ts";
import type { DataType } from "./arrow/data-type.ts";
import { quote, RerunError } from "./errors.ts";
import { Interned } from "./interned.ts";

/**
 * Names one component of an entity, and the Arrow type of its values.
 * Equal descriptors of equal type are the same object: compare with `===`.
 */
export interface ComponentDescriptor {
  /** Full archetype name, such as `rerun.archetypes.Points3D`; absent for free-standing components. */
  readonly archetype: string | undefined;
  /** Identifier and column name, such as `Points3D:positions`. */
  readonly component: string;
  /** Such as `rerun.components.Position3D`; absent for untyped user data. */
  readonly componentType: string | undefined;
  /** Arrow type of one instance. */
  readonly type: DataType;
  /** Elements of flat `values` in one instance of a fixed-width type; 0 for types with offsets or children. */
  readonly stride: number;
}

/** The names in a {@link ComponentDescriptor}. */
export interface ComponentNames {
  readonly archetype?: string | undefined;
  readonly component: string;
  readonly componentType?: string | undefined;
}

const interned = new Interned<ComponentDescriptor>();

/** The one descriptor with these names and this type. */
export function componentDescriptor(
  archetype: string | undefined,
  component: string,
  componentType: string | undefined,
  type: DataType,
): ComponentDescriptor {
  const key = `${archetype ?? ""}\n${component}\n${componentType ?? ""}\n${type.key}`;
  return interned.get(key, () => {
    const stride = isFixedWidth(type) ? strideOf(type) : 0;
    return Object.freeze({ archetype, component, componentType, type, stride });
  });
}

/**
 * The values of a batch, in the cheapest form that holds them:
 * a bare number for one slot of a numeric type, flat numbers (`length * stride`) for fixed-width types
 * without nulls, an `ArrowArray` for everything else.
 */
export type BatchData = number | NumericValues | ArrowArray;

/** The instances of one component in one row: an Arrow array with a name. */
export class ComponentBatch {
  readonly descriptor: ComponentDescriptor;
  /** Number of instances. 0 is an explicit empty batch, which clears what was logged before. */
  readonly length: number;
  /** Borrowed until the row is batched; see {@link BatchData}. */
  readonly data: BatchData;

  /** @throws RerunError `invalid-component` when the data cannot be `length` instances of the descriptor's type */
  constructor(descriptor: ComponentDescriptor, length: number, data: BatchData) {
    // Here and not later: once a row is on its way, nobody could be told.
    if (
      typeof data === "number"
        ? length !== 1 || descriptor.stride !== 1
        : !fits(descriptor, length, data)
    ) {
      throw new RerunError(
        "invalid-component",
        `Expected ${descriptor.component} to be given ${length} values of type ${descriptor.type.key}, got ${quote(data)}`,
      );
    }
    this.descriptor = descriptor;
    this.length = length;
    this.data = data;
  }

  /** The values as an Arrow array. */
  get array(): ArrowArray {
    const { data, length, descriptor } = this;
    if (typeof data === "number") return { type: descriptor.type, length, values: [data] };
    if (isArrowArray(data)) return data;
    return { type: descriptor.type, length, values: data };
  }

  /**
   * The same values under other names: how components of your own are logged.
   *
   * ```ts
   * const heat = Points3D.batch("colors", colors).described({ archetype: "HeatColors", component: "HeatColors:colors" });
   * rec.log("points", [Points3D(positions), { batches: [heat] }]);
   * ```
   *
   * @param names `componentType`: default the one of these values; a missing `archetype` means none
   */
  described(names: ComponentNames): ComponentBatch {
    const { descriptor, length, data } = this;
    return new ComponentBatch(
      componentDescriptor(
        names.archetype,
        names.component,
        "componentType" in names ? names.componentType : descriptor.componentType,
        descriptor.type,
      ),
      length,
      data,
    );
  }

  /** An explicit empty batch of this component: shadows older values in the viewer. */
  static empty(descriptor: ComponentDescriptor): ComponentBatch {
    return new ComponentBatch(descriptor, 0, emptyArray(descriptor.type));
  }
}

function fits(
  { type, stride }: ComponentDescriptor,
  length: number,
  data: Exclude<BatchData, number>,
): boolean {
  if (typeof data !== "object" || data === null || !(length >= 0)) return false;
  if (!isArrowArray(data)) return stride > 0 && data.length >= length * stride;
  return data.type === type && data.length === length && isWhole(data);
}

/** Whether an Arrow array has the buffers of its type, as long as they must be. */
function isWhole(array: ArrowArray): boolean {
  const { type, length, valid, values, offsets, typeIds, children } = array;
  if (valid !== undefined && valid.length < length) return false;
  switch (type.kind) {
    case "null":
      return true;
    case "utf8":
    case "binary":
      return holds(offsets, length, values?.length ?? 0);
    case "list":
      return (
        children?.length === 1 &&
        holds(offsets, length, children[0]?.length ?? 0) &&
        children.every(isWhole)
      );
    case "dense-union":
      return (
        (typeIds?.length ?? -1) >= length &&
        (offsets?.length ?? -1) >= length &&
        children?.length === type.children.length &&
        children.every(isWhole)
      );
    case "struct":
      return (
        children?.length === type.children.length &&
        children.every((c) => c.length >= length && isWhole(c))
      );
    default:
      if (values !== undefined) return values.length >= length * strideOf(type);
      return (
        children?.length === 1 &&
        children.every((c) => c.length >= length * strideOf(type) && isWhole(c))
      );
  }
}

function holds(offsets: Int32Array | undefined, length: number, end: number): boolean {
  if (offsets === undefined || offsets.length < length + 1) return false;
  return (offsets[0] as number) >= 0 && (offsets[length] as number) <= end;
}

export function isArrowArray(data: BatchData): data is ArrowArray {
  // Not by a member of its own: looking for one on a typed array is slow, and this is asked for every batch.
  return typeof data === "object" && !ArrayBuffer.isView(data) && !Array.isArray(data);
}

/** An Arrow array of length 0. */
export function emptyArray(type: DataType): ArrowArray {
  switch (type.kind) {
    case "utf8":
    case "binary":
      return { type, length: 0, offsets: new Int32Array(1), values: new Uint8Array(0) };
    case "list":
      return { type, length: 0, offsets: new Int32Array(1), children: emptyChildren(type) };
    case "dense-union":
      return {
        type,
        length: 0,
        offsets: new Int32Array(0),
        typeIds: new Int8Array(0),
        children: emptyChildren(type),
      };
    case "struct":
      return { type, length: 0, children: emptyChildren(type) };
    default:
      if (isFixedWidth(type)) return { type, length: 0, values: new Uint8Array(0) };
      return { type, length: 0, children: emptyChildren(type) };
  }
}

function emptyChildren(type: DataType): ArrowArray[] {
  return type.children.map((child) => emptyArray(child.type));
}

/** Anything that can be logged: an archetype, or single component batches. */
export interface AsComponents {
  readonly batches: readonly ComponentBatch[];
}

/**
 * A column of component batches for `sendColumns`: the batches of many rows back to back.
 * Row `i` holds `lengths[i]` instances; without `lengths`, each row holds one.
 */
export interface ComponentColumn {
  readonly descriptor: ComponentDescriptor;
  /** All instances, row after row. Borrowed until `sendColumns` returns. */
  readonly array: ArrowArray;
  readonly lengths?: ArrayLike<number> | undefined;
}

/** Instances that fit into the given flat values; `strideOf` elements make one. */
export function slotsIn(type: DataType, elements: number): number {
  return elements / strideOf(type);
}
