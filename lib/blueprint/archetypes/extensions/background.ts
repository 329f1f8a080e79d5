import type { Archetype } from "../../../archetype.ts";
import { BackgroundKind } from "../../../components/blueprint-enums.ts";
import type { ColorInput } from "../../../components/color.ts";
import { type EnumValue, enumNumber } from "../../../components/enumeration.ts";
import { isFields } from "../../is-fields.ts";
import type { BackgroundFields } from "../background.ts";

/** A colour, a {@link BackgroundKind} such as `"GradientBright"`, or both by name. */
export type BackgroundInput = ColorInput | BackgroundFields;

/** How the archetype is called. */
export interface Call {
  /**
   * @param input a colour, a kind by its name or number, or both by name; default: a dark gradient
   * @throws RerunError `invalid-component`
   */
  (input?: BackgroundInput): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(input: BackgroundInput = {}): BackgroundFields {
  const fields = isFields(input) ? (input as BackgroundFields) : shortForm(input);
  const { kind, color } = fields;
  if (kind !== undefined) return fields;
  return { ...fields, kind: color === undefined ? "GradientDark" : "SolidColor" };
}

/** Small numbers are kinds: as colours nothing would be seen of them. */
function shortForm(input: ColorInput): BackgroundFields {
  const kind = enumNumber(BackgroundKind, input) as EnumValue<typeof BackgroundKind> | undefined;
  return kind === undefined ? { color: input } : { kind };
}
