import type { Archetype } from "../../../archetype.ts";
import type { ViewFit } from "../../../components/blueprint-enums.ts";
import type { EnumValue } from "../../../components/enumeration.ts";
import { isFields } from "../../is-fields.ts";
import type { TensorViewFitFields } from "../tensor-view-fit.ts";

/** How it is fitted, or the field by name. */
export type TensorViewFitInput = EnumValue<typeof ViewFit> | TensorViewFitFields;

/** How the archetype is called. */
export interface Call {
  /**
   * @param input how it is fitted, or the field by name
   * @throws RerunError `invalid-component`
   */
  (input?: TensorViewFitInput): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(input: TensorViewFitInput = {}): TensorViewFitFields {
  return isFields(input) ? input : { scaling: input };
}
