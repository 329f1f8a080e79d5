import type { ArrowArray } from "../../../lib/arrow/array.ts";
import { strideOf } from "../../../lib/arrow/array.ts";
import type { ComponentBatch } from "../../../lib/component-batch.ts";

/** Reads an Arrow array back into plain values: the inverse of the converters, written apart from them. */
export function arrowValues(array: ArrowArray): unknown[] {
  return Array.from({ length: array.length }, (_, i) => valueAt(array, i));
}

/** Values of a batch. */
export function batchValues(batch: ComponentBatch | undefined): unknown[] {
  return batch === undefined ? [] : arrowValues(batch.array);
}

function valueAt(array: ArrowArray, i: number): unknown {
  if (array.valid?.[i] === 0) return null;
  const { type, values, offsets, children } = array;
  const start = offsets?.[i] ?? 0;
  const end = offsets?.[i + 1] ?? 0;
  switch (type.kind) {
    case "null":
      return null;
    case "bool":
      return values?.[i] === 1;
    case "utf8":
      return new TextDecoder().decode((values as Uint8Array).subarray(start, end));
    case "binary":
      return [...(values as Uint8Array).subarray(start, end)];
    case "list": {
      const [child] = children ?? [];
      return child && Array.from({ length: end - start }, (_, k) => valueAt(child, start + k));
    }
    case "fixed-size-binary":
    case "fixed-size-list": {
      const stride = strideOf(type);
      const [child] = children ?? [];
      return Array.from({ length: stride }, (_, k) => {
        const at = i * stride + k;
        return child === undefined ? stored(array, at) : valueAt(child, at);
      });
    }
    case "struct":
      return Object.fromEntries(
        type.children.map(({ name }, k) => [name, valueAt(children?.[k] as ArrowArray, i)]),
      );
    case "dense-union": {
      const id = array.typeIds?.[i] ?? 0;
      const { name } = type.children[id] ?? { name: "" };
      return id === 0 ? null : { [name]: valueAt(children?.[id] as ArrowArray, start) };
    }
    default:
      return stored(array, i);
  }
}

/** A number as it is written: rounded to the element type. */
function stored(array: ArrowArray, at: number): unknown {
  const value = array.values?.[at];
  const kind =
    array.type.kind === "fixed-size-list" ? array.type.children[0]?.type.kind : array.type.kind;
  return kind === "float32" && typeof value === "number" ? Math.fround(value) : value;
}
