import type { MonoTypeOperatorFunction } from "rxjs";
import {
  EntityPathFilter,
  type EntityPathFilterOptions,
  isPropertyPath,
} from "../lib/entity-path-filter.ts";
import { quote, RerunError } from "../lib/errors.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import { mapMessages } from "./map-messages.ts";

export interface FilterEntitiesOptions extends EntityPathFilterOptions {
  /**
   * What becomes of static data that no rule matches. A rule that excludes an entity excludes its static data in any
   * case.
   *
   * - `"keep"` (default): it passes, because what is kept often depends on it: transforms and coordinate systems of
   *   parents, annotation contexts
   * - `"filter"`: it is left out, as temporal data is
   */
  readonly static?: "keep" | "filter";
}

/**
 * Lets the data of some entities pass, chosen in Rerun's filter language.
 *
 * ```ts
 * rec.attach(viewer, { pipe: [filterEntities("+ /camera/** - /camera/debug/**")] });
 * ```
 *
 * Temporal data passes if the most specific rule that matches its entity includes it. Properties of the recording pass
 * unless a rule at `/__properties` or below excludes them; static data that no rule matches passes unless told (see
 * `static`). Order and messages stay as they are; what is left out is what was asked for.
 *
 * @param filter rules as a text or a list, or an {@link EntityPathFilter}
 * @throws RerunError `invalid-argument` when the rules cannot be read
 */
export function filterEntities(
  filter: string | readonly string[] | EntityPathFilter,
  options: FilterEntitiesOptions = {},
): MonoTypeOperatorFunction<LogMsg> {
  const rules = EntityPathFilter.parse(filter, options);
  const { static: unmatched = "keep" } = options;
  if (unmatched !== "keep" && unmatched !== "filter") {
    throw new RerunError(
      "invalid-argument",
      `Expected \`static\` to be "keep" or "filter", got ${quote(unmatched)}`,
    );
  }
  return mapMessages(() => (message) => {
    const { entityPath, isStatic } = message.chunk;
    const rule = rules.ruleFor(entityPath);
    if (isPropertyPath(entityPath)) {
      const isTold = rule !== undefined && isPropertyPath(rule.entityPath);
      return isTold && rule.effect === "exclude" ? undefined : message;
    }
    if (rule !== undefined) return rule.effect === "include" ? message : undefined;
    return isStatic && unmatched === "keep" ? message : undefined;
  });
}
