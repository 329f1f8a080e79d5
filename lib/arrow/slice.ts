import { type ArrowArray, strideOf } from "./array.ts";

/** Slots `start` to `end` of an array, sharing its memory. */
export function slice(array: ArrowArray, start: number, end: number): ArrowArray {
  const { type } = array;
  const valid = array.valid?.subarray(start, end);
  const length = end - start;
  switch (type.kind) {
    case "null":
      return { type, length };
    case "utf8":
    case "binary":
    case "list":
      return { ...array, length, valid, offsets: array.offsets?.subarray(start, end + 1) };
    case "dense-union":
      // Offsets stay absolute: the whole children are taken along.
      return {
        ...array,
        length,
        typeIds: array.typeIds?.subarray(start, end),
        offsets: array.offsets?.subarray(start, end),
      };
    case "struct":
      return {
        type,
        length,
        valid,
        children: array.children?.map((child) => slice(child, start, end)),
      };
    default: {
      const stride = strideOf(type);
      if (array.values === undefined) {
        return {
          type,
          length,
          valid,
          children: array.children?.map((child) => slice(child, start * stride, end * stride)),
        };
      }
      const { values } = array;
      const from = start * stride;
      const to = end * stride;
      return {
        type,
        length,
        valid,
        values: ArrayBuffer.isView(values) ? values.subarray(from, to) : values.slice(from, to),
      };
    }
  }
}
