import type { Archetype } from "../archetype.ts";
import type { AsComponents } from "../component-batch.ts";
import { quote, RerunError } from "../errors.ts";
import { ContainerBlueprint } from "./archetypes/container-blueprint.ts";
import { ViewBlueprint } from "./archetypes/view-blueprint.ts";
import { ViewContents } from "./archetypes/view-contents.ts";
import type { Container, Content } from "./containers.ts";
import type { BlueprintRow } from "./like.ts";
import type { PartIds } from "./part-ids.ts";
import type { View } from "./view.ts";
import { overrideRows } from "./visualizer.ts";

/** What is said of a container in its row. */
export type ContainerContent = Omit<Container, "toRows" | "part">;

/** A part in the store. */
export interface PartRows {
  /** `view/<uuid>` or `container/<uuid>`. */
  readonly path: string;
  readonly rows: readonly BlueprintRow[];
}

/** The rows of a view or a container. */
export function contentRows(content: Content, ids: PartIds): PartRows {
  return content.part === "view" ? viewRows(content, ids) : containerRows(content, ids);
}

/** The rows of a container and of everything in it, parts first. */
export function containerRows(container: ContainerContent, ids: PartIds): PartRows {
  const { kind, name } = container;
  const path = `container/${ids.idOf(container.id, ["container", kind, name])}`;
  const parts = container.contents.map((part) => contentRows(part, ids));
  const { batches } = containerArchetype(
    container,
    parts.map((part) => part.path),
  );
  const rows = parts.flatMap((part) => part.rows);
  return { path, rows: [...rows, { entityPath: `/${path}`, batches, isStatic: false }] };
}

/** @throws RerunError `invalid-argument`, `invalid-component` */
export function containerArchetype(
  container: ContainerContent,
  paths: readonly string[],
): Archetype {
  const { kind, columnShares, rowShares, gridColumns, name, visible } = container;
  return ContainerBlueprint(kind, {
    contents: paths,
    colShares: columnShares,
    rowShares,
    activeTab: activePath(container, paths),
    displayName: name,
    visible,
    gridColumns,
  });
}

/**
 * The part in front. The last one that fits, and unnamed views fit where nothing is asked for: so the official SDK has
 * it.
 */
function activePath(
  { kind, contents, activeTab }: ContainerContent,
  paths: readonly string[],
): string | undefined {
  const index = contents.findLastIndex(
    (part, i) => i === activeTab || (part.part === "view" && part.name === activeTab),
  );
  if (index < 0 && activeTab !== undefined) {
    throw new RerunError(
      "invalid-argument",
      `Expected the active tab of ${kind} to be an index below ${contents.length} or the name of a view in it, got ${quote(activeTab)}`,
    );
  }
  return paths[index];
}

function viewRows(view: View, ids: PartIds): PartRows {
  const { viewClass, name, origin, properties, defaults, overrides } = view;
  const path = `view/${ids.idOf(view.id, ["view", viewClass, origin, name])}`;
  const archetypes = viewArchetypes(view);
  const rows: BlueprintRow[] = [];
  const add = (below: string, { batches }: AsComponents): void => {
    rows.push({ entityPath: `/${path}${below}`, batches, isStatic: false });
  };
  add("/ViewContents", archetypes.contents);
  add("", archetypes.view);
  for (const { path: below, archetype } of properties) add(`/${below}`, archetype);
  for (const one of defaults) add("/defaults", one);
  for (const [entity, list] of overrides) {
    // The root is the empty path here.
    const below = entity === "/" ? "" : entity;
    const base = `/${path}/ViewContents/overrides${below}/visualizers`;
    rows.push(...overrideRows(base, list, ids));
  }
  return { path, rows };
}

/** @throws RerunError `invalid-component` */
export function viewArchetypes(view: View): {
  readonly contents: Archetype;
  readonly view: Archetype;
} {
  const { viewClass, name: displayName, origin: spaceOrigin, visible, contents } = view;
  return {
    contents: ViewContents({ query: contents }),
    view: ViewBlueprint(viewClass, { displayName, spaceOrigin, visible }),
  };
}
