import type { Archetype } from "../archetype.ts";
import type { ComponentBatch } from "../component-batch.ts";
import type { ComponentMapping } from "../components/component-mapping.ts";
import { quote, RerunError } from "../errors.ts";
import { ActiveVisualizers } from "./archetypes/active-visualizers.ts";
import { VisualizerInstruction } from "./archetypes/visualizer-instruction.ts";
import type { BlueprintRow } from "./like.ts";
import type { PartIds } from "./part-ids.ts";
import { visualizers } from "./visualizers.ts";

/** What {@link Visualizer} takes by name. */
export interface VisualizerOptions {
  /** Where it finds its components, one mapping or many; default: under their own names. */
  readonly mappings?: ComponentMapping | readonly ComponentMapping[] | undefined;
  /** A UUID, or a text that becomes one. Default: see `id` of `Blueprint`. */
  readonly id?: string | undefined;
}

/** One visualizer of an entity, for the overrides of a view. */
export interface Visualizer {
  readonly part: "visualizer";
  /** Such as `Points3D`. */
  readonly visualizerType: string;
  /** Values that the entity shows in place of its own. */
  readonly overrides: readonly ComponentBatch[];
  readonly mappings: readonly ComponentMapping[];
  readonly id: string | undefined;
}

/** What can override an entity of a view. */
export type OverrideInput = Archetype | Visualizer;

/**
 * Shows an entity of a view by one visualizer, with values in place of those that were logged.
 *
 * An archetype alone does the same when it needs no mappings.
 *
 * ```ts
 * Spatial3DView({
 *   overrides: {
 *     cloud: Visualizer(Points3D, { mappings: { target: "Points3D:colors", sourceComponent: "Heat:colors" } }),
 *   },
 * });
 * ```
 *
 * @param what an archetype such as `Points3D.updateFields({ radii: 2 })`, whose values override those of the entity;
 *   a function such as `Points3D`, for no values; or the name of a visualizer
 * @throws RerunError `invalid-argument` when the archetype has no visualizer
 */
export function Visualizer(
  what: Archetype | { readonly archetype: string } | string,
  options: VisualizerOptions = {},
): Visualizer {
  const { mappings = [], id } = options;
  const visualizerType =
    typeof what === "string"
      ? what
      : visualizers[(what as { archetype?: string })?.archetype ?? ""];
  if (visualizerType === undefined) {
    throw new RerunError(
      "invalid-argument",
      `Expected an archetype with a visualizer, or the name of a visualizer, got ${quote(what)}`,
    );
  }
  return Object.freeze({
    part: "visualizer",
    visualizerType,
    overrides: typeof what === "object" && "batches" in what ? what.batches : [],
    mappings: Object.freeze(
      Array.isArray(mappings) ? [...(mappings as ComponentMapping[])] : [mappings],
    ) as readonly ComponentMapping[],
    id,
  });
}

/** Whether something overrides an entity. */
export function isOverride(value: unknown): value is OverrideInput {
  if (typeof value !== "object" || value === null) return false;
  return "batches" in value ? "archetype" in value : "visualizerType" in value;
}

/** The rows that override one entity, at and below `path`. */
export function overrideRows(
  path: string,
  overrides: readonly OverrideInput[],
  ids: PartIds,
): readonly BlueprintRow[] {
  const rows: BlueprintRow[] = [];
  const active: string[] = [];
  for (const override of overrides) {
    const visualizer = asVisualizer(override);
    if (visualizer === undefined) {
      // Such as the behaviour of the entity, which no visualizer is asked about.
      rows.push({ entityPath: path, batches: (override as Archetype).batches, isStatic: false });
      continue;
    }
    const { visualizerType, mappings, overrides: batches } = visualizer;
    const id = ids.idOf(visualizer.id, ["visualizer", path, visualizerType]);
    const options = mappings.length > 0 ? { componentMap: mappings } : {};
    const instruction = VisualizerInstruction(visualizerType, options);
    rows.push({ entityPath: `${path}/${id}`, batches: instruction.batches, isStatic: false });
    if (batches.length > 0) rows.push({ entityPath: `${path}/${id}`, batches, isStatic: false });
    active.push(id);
  }
  if (active.length > 0) {
    rows.push({
      entityPath: path,
      batches: ActiveVisualizers(active).batches,
      isStatic: false,
    });
  }
  return rows;
}

function asVisualizer(override: OverrideInput): Visualizer | undefined {
  if ("part" in override) return override;
  return visualizers[override.archetype] === undefined ? undefined : Visualizer(override);
}
