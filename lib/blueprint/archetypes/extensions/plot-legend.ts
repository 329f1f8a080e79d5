import type { Archetype } from "../../../archetype.ts";
import type { Corner2D } from "../../../components/blueprint-enums.ts";
import type { EnumValue } from "../../../components/enumeration.ts";
import { isFields } from "../../is-fields.ts";
import type { PlotLegendFields } from "../plot-legend.ts";

/** A corner, or all fields by name. */
export type PlotLegendInput = EnumValue<typeof Corner2D> | PlotLegendFields;

/** How the archetype is called. */
export interface Call {
  /**
   * @param input the corner, or all fields by name
   * @throws RerunError `invalid-component`
   */
  (input?: PlotLegendInput): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(input: PlotLegendInput = {}): PlotLegendFields {
  return isFields(input) ? input : { corner: input };
}
