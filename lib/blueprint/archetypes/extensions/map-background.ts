import type { Archetype } from "../../../archetype.ts";
import type { MapProvider } from "../../../components/blueprint-enums.ts";
import type { EnumValue } from "../../../components/enumeration.ts";
import { isFields } from "../../is-fields.ts";
import type { MapBackgroundFields } from "../map-background.ts";

/** Where the tiles come from, or the field by name. */
export type MapBackgroundInput = EnumValue<typeof MapProvider> | MapBackgroundFields;

/** How the archetype is called. */
export interface Call {
  /**
   * @param input where the tiles come from, or the field by name
   * @throws RerunError `invalid-component`
   */
  (input?: MapBackgroundInput): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(input: MapBackgroundInput = {}): MapBackgroundFields {
  return isFields(input) ? input : { provider: input };
}
