import type { Archetype } from "../../../archetype.ts";
import { isFields } from "../../is-fields.ts";
import type { LineGrid3DFields } from "../line-grid3d.ts";

/** Whether the grid is shown, or all fields by name. */
export type LineGrid3DInput = boolean | LineGrid3DFields;

/** How the archetype is called. */
export interface Call {
  /**
   * @param input whether the grid is shown, or all fields by name
   * @throws RerunError `invalid-component`
   */
  (input?: LineGrid3DInput): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(input: LineGrid3DInput = {}): LineGrid3DFields {
  return isFields(input) ? input : { visible: input };
}
