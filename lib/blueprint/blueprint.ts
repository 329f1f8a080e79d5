import { rejectUnknown } from "../archetype.ts";
import { quote, RerunError } from "../errors.ts";
import { blueprintRows } from "./blueprint-rows.ts";
import { type Content, isContent, splitArguments } from "./containers.ts";
import type { BlueprintLike } from "./like.ts";
import { isPanel, type Panel } from "./panels.ts";

/** What a blueprint is made of. */
export type BlueprintPart = Content | Panel;

/** What {@link Blueprint} takes. */
export interface BlueprintOptions {
  /**
   * Whether the viewer lays out anew whenever a view is added. Default: false, or true where the blueprint has no views
   * and containers.
   */
  readonly autoLayout?: boolean | undefined;
  /**
   * Whether the viewer adds views for new data. Default: false, or true where the blueprint has no views and containers.
   */
  readonly autoViews?: boolean | undefined;
  /** Whether those panels are collapsed that are not given: blueprint, selection and time. Default false. */
  readonly collapsePanels?: boolean | undefined;
  /**
   * Makes the ids of all parts that have none of their own: any text, the same ids for the same text. Then the viewer
   * keeps what it knows of a view, such as its zoom, when a program runs again. Default: other ids each time that the
   * blueprint is sent.
   */
  readonly id?: string | undefined;
}

/** A layout of the viewer. */
export interface Blueprint extends BlueprintLike {
  readonly part: "blueprint";
  /** Views and containers; several are shown as tabs. */
  readonly contents: readonly Content[];
  readonly panels: readonly Panel[];
  readonly autoLayout: boolean | undefined;
  readonly autoViews: boolean | undefined;
  readonly collapsePanels: boolean | undefined;
  readonly id: string | undefined;
}

/**
 * A layout of the viewer: views, containers and panels, and options last.
 *
 * ```ts
 * rec.sendBlueprint(
 *   Blueprint(
 *     Horizontal(Spatial3DView({ origin: "world" }), TimeSeriesView({ origin: "plots" }), { columnShares: [2, 1] }),
 *     TimePanel({ timeline: "frame" }),
 *     { collapsePanels: true },
 *   ),
 * );
 * ```
 *
 * @throws RerunError `invalid-argument` for what is no part, and for two panels of one kind
 */
export function Blueprint(
  ...args:
    | readonly BlueprintPart[]
    | readonly [...BlueprintPart[], BlueprintOptions]
    | readonly [parts: readonly BlueprintPart[], options?: BlueprintOptions]
): Blueprint {
  const { parts, options } = splitArguments(args);
  rejectUnknown("Blueprint", options, KNOWN);
  const { autoLayout, autoViews, collapsePanels, id } = options as BlueprintOptions;
  const contents: Content[] = [];
  const panels: Panel[] = [];
  for (const part of parts) {
    if (isContent(part)) contents.push(part);
    else if (!isPanel(part)) reject("views, containers and panels", part);
    else if (panels.some((panel) => panel.part === part.part))
      reject("one panel of each kind", part.part);
    else panels.push(part);
  }
  const blueprint: Blueprint = {
    part: "blueprint",
    contents: Object.freeze(contents),
    panels: Object.freeze(panels),
    autoLayout,
    autoViews,
    collapsePanels,
    id,
    toRows: (seed) => blueprintRows(blueprint, seed),
  };
  return Object.freeze(blueprint);
}

const KNOWN: Readonly<Record<keyof BlueprintOptions, true>> = {
  autoLayout: true,
  autoViews: true,
  collapsePanels: true,
  id: true,
};

function reject(expected: string, value: unknown): never {
  throw new RerunError(
    "invalid-argument",
    `Expected the parts of a blueprint to be ${expected}, got ${quote(value)}`,
  );
}
