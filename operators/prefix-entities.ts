import type { MonoTypeOperatorFunction } from "rxjs";
import { entityPath } from "../lib/entity-path.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import { renameEntities } from "./rename-entities.ts";

/**
 * Puts all entities below a path: `/arm` becomes `/robot/arm` with `prefixEntities("robot")`, so that several sources
 * can share a recording.
 *
 * As {@link renameEntities} does it: static data, entity paths and transform frames in values go along, properties
 * and blueprints do not.
 *
 * @throws RerunError `invalid-entity-path`
 */
export function prefixEntities(
  prefix: string | readonly string[],
): MonoTypeOperatorFunction<LogMsg> {
  return renameEntities({ "/**": entityPath(prefix) });
}
