import type { Archetype } from "../../../archetype.ts";
import { isFields } from "../../is-fields.ts";
import type { MapZoomFields } from "../map-zoom.ts";

/** A level, or the field by name. */
export type MapZoomInput = number | MapZoomFields;

/** How the archetype is called. */
export interface Call {
  /**
   * @param input the level, or the field by name
   * @throws RerunError `invalid-component`
   */
  (input?: MapZoomInput): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(input: MapZoomInput = {}): MapZoomFields {
  return isFields(input) ? input : { zoom: input };
}
