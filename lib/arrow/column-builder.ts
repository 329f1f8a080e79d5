import { isFixedWidth, strideOf } from "./array.ts";
import type { ArrayBuilder } from "./builders/array-builder.ts";
import { BoolBuilder } from "./builders/bool-builder.ts";
import { BytesBuilder } from "./builders/bytes-builder.ts";
import { FixedBuilder } from "./builders/fixed-builder.ts";
import { ListBuilder } from "./builders/list-builder.ts";
import { NullBuilder } from "./builders/null-builder.ts";
import { StructBuilder } from "./builders/struct-builder.ts";
import { UnionBuilder } from "./builders/union-builder.ts";
import type { DataType } from "./data-type.ts";

/** The builder for a type. */
export function arrayBuilder(type: DataType): ArrayBuilder {
  if (
    type.kind === "bool" ||
    (type.kind === "fixed-size-list" && type.children[0]?.type.kind === "bool")
  ) {
    return new BoolBuilder(type);
  }
  if (isFixedWidth(type)) return new FixedBuilder(type);
  switch (type.kind) {
    case "utf8":
    case "binary":
      return new BytesBuilder();
    case "list":
      return listBuilder(type);
    case "dense-union":
      return new UnionBuilder(buildersOf(type));
    case "null":
      return new NullBuilder();
    default:
      return new StructBuilder(buildersOf(type), strideOf(type));
  }
}

/** The builder for a list type. Data columns are lists, with one slot for each row. */
export function listBuilder(type: DataType): ListBuilder {
  return new ListBuilder(arrayBuilder(type.children[0]?.type as DataType));
}

const buildersOf = (type: DataType): ArrayBuilder[] =>
  type.children.map((child) => arrayBuilder(child.type));
