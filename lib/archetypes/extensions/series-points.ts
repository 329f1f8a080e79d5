import type { Archetype } from "../../archetype.ts";
import { MarkerShape } from "../../components/enums.ts";
import type { SeriesPointsFields } from "../series-points.ts";

/** How the archetype is called. */
export interface Call {
  /**
   * All fields are optional; without any it asks for circles.
   *
   * @throws RerunError `invalid-component`
   */
  (fields?: SeriesPointsFields): Archetype;
}

/** Something has to be logged for the viewer to draw points at all. */
export function fieldsOf(fields: SeriesPointsFields | undefined): SeriesPointsFields {
  if (fields === undefined) return { markers: MarkerShape.Circle };
  const isEmpty = fields !== null && Object.values(fields).every((value) => value === undefined);
  return isEmpty ? { markers: MarkerShape.Circle } : fields;
}
