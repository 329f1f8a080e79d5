import { sha1 } from "@noble/hashes/legacy.js";
import { rowChunk } from "../blueprint-chunk.ts";
import { uuidBytes } from "../components/uuid.ts";
import { STATIC } from "../time.ts";
import { Tuid } from "../tuid.ts";
import { ViewportBlueprint } from "./archetypes/viewport-blueprint.ts";
import type { Content } from "./containers.ts";
import type { BlueprintRow, BlueprintRows } from "./like.ts";
import { BlueprintPanel, type Panel, SelectionPanel, TimePanel } from "./panels.ts";
import { PartIds, uuidOf } from "./part-ids.ts";
import { type ContainerContent, containerRows } from "./part-rows.ts";

/** What the rows of a blueprint are made of. */
export interface Layout {
  readonly contents: readonly Content[];
  readonly panels: readonly Panel[];
  readonly autoLayout?: boolean | undefined;
  readonly autoViews?: boolean | undefined;
  readonly collapsePanels?: boolean | undefined;
  readonly id?: string | undefined;
}

/**
 * A layout as the rows of a store: parts before what holds them, then the viewport, then the panels.
 *
 * Source: rerun rerun_py/rerun_sdk/rerun/blueprint/api.py (order, what is left out).
 *
 * @param seed see {@link BlueprintLike.toRows}
 */
export function blueprintRows(layout: Layout, seed?: string): BlueprintRows {
  const { id } = layout;
  const ids = new PartIds(id ?? seed ?? globalThis.crypto.randomUUID());
  const rows: BlueprintRow[] = [];
  const root = rootOf(layout.contents);
  let rootContainer: Uint8Array | undefined;
  if (root !== undefined) {
    const { path, rows: ofRoot } = containerRows(root, ids);
    rows.push(...ofRoot);
    rootContainer = uuidBytes(path.slice("container/".length));
  }
  const isEmpty = root === undefined ? true : undefined;
  const { autoLayout = isEmpty, autoViews = isEmpty } = layout;
  rows.push({
    entityPath: "/viewport",
    batches: ViewportBlueprint({ rootContainer, autoLayout, autoViews }).batches,
    isStatic: false,
  });
  for (const { rows: ofPanel } of panelsOf(layout)) rows.push(...ofPanel);
  return {
    rows,
    // Made when it is needed: it takes longer than all the rest.
    get storeId() {
      return id === undefined ? undefined : storeIdOf(id, rows);
    },
  };
}

/** A viewport has one container; views are put into tabs. */
function rootOf(contents: readonly Content[]): ContainerContent | undefined {
  const [first] = contents;
  if (first === undefined) return undefined;
  if (contents.length === 1 && first.part === "container") return first;
  return {
    kind: "Tabs",
    contents,
    columnShares: undefined,
    rowShares: undefined,
    gridColumns: undefined,
    activeTab: undefined,
    name: undefined,
    visible: undefined,
    id: undefined,
  };
}

const collapsed: Readonly<Record<string, () => Panel>> = {
  "blueprint-panel": () => BlueprintPanel({ state: "Collapsed" }),
  "selection-panel": () => SelectionPanel({ state: "Collapsed" }),
  "time-panel": () => TimePanel({ state: "Collapsed" }),
};

function panelsOf({ panels, collapsePanels }: Layout): readonly Panel[] {
  const order = ["top-panel", "blueprint-panel", "selection-panel", "time-panel"];
  return order.flatMap((part) => {
    const given = panels.find((panel) => panel.part === part);
    if (given !== undefined) return [given];
    const preset = collapsePanels === true ? collapsed[part]?.() : undefined;
    return preset === undefined ? [] : [preset];
  });
}

const NO_ID = new Tuid(0, 0, 0, 0);

/**
 * The same id for the same content only: a viewer that has a store of this id already would show what is left of its
 * former content.
 */
function storeIdOf(seed: string, rows: readonly BlueprintRow[]): string {
  const hash = sha1.create();
  for (const row of rows) {
    if (row.batches.length > 0) hash.update(rowChunk(row, NO_ID, NO_ID, STATIC).ipc);
    hash.update(Uint8Array.of(row.isStatic ? 1 : 0));
  }
  const digest = Array.from(hash.digest()).join(",");
  return `rec_${uuidOf(`${seed} ${digest}`).replaceAll("-", "")}`;
}
