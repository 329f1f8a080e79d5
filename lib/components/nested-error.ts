import type { DataType } from "../arrow/data-type.ts";
import { RerunError } from "../errors.ts";
import { camelCase, shown } from "./input-error.ts";

/** What a value of the type has to be, for messages. */
export function expectedOf(type: DataType): string {
  switch (type.kind) {
    case "utf8":
      return "a string";
    case "bool":
      return "a boolean";
    case "list":
    case "fixed-size-list":
      return "an array";
    case "struct":
      return `an object with ${type.children.map((field) => camelCase(field.name)).join(", ")}`;
    case "float32":
    case "float64":
      return "a number";
    case "int64":
      return "a 64-bit integer";
    case "uint64":
      return "an unsigned 64-bit integer";
    case "binary":
    case "fixed-size-binary":
      return "bytes";
    default:
      return "a whole number";
  }
}

/** The error for one value of a nested type; the path says where it stands. */
export function rejectValue(path: string, expected: string, value: unknown, index: number): never {
  throw new RerunError(
    "invalid-component",
    `${path}: expected ${expected}, got ${shown(value)} at index ${index}`,
  );
}
