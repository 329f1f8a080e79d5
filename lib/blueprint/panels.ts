import type { Archetype } from "../archetype.ts";
import { rejectUnknown } from "../archetype.ts";
import type { LoopMode, PanelState, PlayState } from "../components/blueprint-enums.ts";
import type { EnumValue } from "../components/enumeration.ts";
import type { AbsoluteTimeRange } from "../components/time-range.ts";
import { PanelBlueprint } from "./archetypes/panel-blueprint.ts";
import { TimePanelBlueprint } from "./archetypes/time-panel-blueprint.ts";
import type { BlueprintRow } from "./like.ts";

/** What every panel takes. */
export interface PanelOptions {
  /** How much of the panel is shown. Default: as the viewer has it. */
  readonly state?: EnumValue<typeof PanelState> | undefined;
}

/** What {@link TimePanel} takes. */
export interface TimePanelOptions extends PanelOptions {
  /** Name of the timeline that is active. Default: chosen by the viewer. */
  readonly timeline?: string | undefined;
  /** Speed of playing, as a factor. Default 1. */
  readonly playbackSpeed?: number | undefined;
  /** Steps in a second, when a sequence is played. Default: the viewer's. */
  readonly fps?: number | undefined;
  /** How the time cursor moves. Default: by where the data comes from. */
  readonly playState?: EnumValue<typeof PlayState> | undefined;
  /** What is played again and again. Default: nothing; `Selection` needs a `timeSelection`. */
  readonly loopMode?: EnumValue<typeof LoopMode> | undefined;
  /**
   * The selected times on the timeline: two of `{ sequence }`, `{ duration }`, `{ timestamp }`, or the numbers as they are
   * stored. Default: none.
   */
  readonly timeSelection?: AbsoluteTimeRange | undefined;
}

/** A panel around the views. */
export interface Panel {
  readonly part: "top-panel" | "blueprint-panel" | "selection-panel" | "time-panel";
  /** What is stored of it. */
  readonly rows: readonly BlueprintRow[];
}

/**
 * The bar at the top. Collapsed is hidden here.
 *
 * ```ts
 * TopPanel({ state: "Hidden" });
 * ```
 *
 * @throws RerunError `invalid-component`
 */
export function TopPanel(options: PanelOptions = {}): Panel {
  return makePanel("top-panel", "/top_panel", "TopPanel", options);
}

/**
 * The list of views at the left. Collapsed is hidden here.
 *
 * @throws RerunError `invalid-component`
 */
export function BlueprintPanel(options: PanelOptions = {}): Panel {
  return makePanel("blueprint-panel", "/blueprint_panel", "BlueprintPanel", options);
}

/**
 * What is selected, at the right. Collapsed is hidden here.
 *
 * @throws RerunError `invalid-component`
 */
export function SelectionPanel(options: PanelOptions = {}): Panel {
  return makePanel("selection-panel", "/selection_panel", "SelectionPanel", options);
}

/**
 * Timelines and the time cursor, at the bottom. Collapsed is a simple form here.
 *
 * ```ts
 * TimePanel({ timeline: "frame", playState: "Playing", loopMode: "Selection", timeSelection: [0, 100] });
 * ```
 *
 * @throws RerunError `invalid-component`, `invalid-time`
 */
export function TimePanel(options: TimePanelOptions = {}): Panel {
  rejectUnknown("TimePanel", options, TimePanelBlueprint.fields);
  const { playState, ...rest } = options;
  const rows = [row("/time_panel", TimePanelBlueprint(rest), false)];
  // As the official SDK has it: what the user does on the panel is static, too.
  if (playState !== undefined)
    rows.push(row("/time_panel", TimePanelBlueprint({ playState }), true));
  return Object.freeze({ part: "time-panel", rows: Object.freeze(rows) });
}

/** Whether something is a panel. */
export function isPanel(value: unknown): value is Panel {
  return (
    typeof value === "object" &&
    value !== null &&
    "part" in value &&
    String(value.part).endsWith("-panel")
  );
}

function makePanel(part: Panel["part"], path: string, name: string, options: PanelOptions): Panel {
  rejectUnknown(name, options, PanelBlueprint.fields);
  return Object.freeze({ part, rows: Object.freeze([row(path, PanelBlueprint(options), false)]) });
}

function row(entityPath: string, { batches }: Archetype, isStatic: boolean): BlueprintRow {
  return { entityPath, batches, isStatic };
}
