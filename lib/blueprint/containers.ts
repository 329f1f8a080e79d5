import { rejectUnknown } from "../archetype.ts";
import type { NumberInput } from "../components/numeric.ts";
import { quote, RerunError } from "../errors.ts";
import { blueprintRows } from "./blueprint-rows.ts";
import type { BlueprintLike } from "./like.ts";
import { containerArchetype } from "./part-rows.ts";
import type { View } from "./view.ts";

/** What a container holds. */
export type Content = View | Container;

/** What every container takes. */
export interface ContainerOptions {
  /** Default: none. */
  readonly name?: string | undefined;
  /** Whether the container is shown. Default true. */
  readonly visible?: boolean | undefined;
  /** A UUID, or a text that becomes one. Default: see `id` of `Blueprint`. */
  readonly id?: string | undefined;
}

/** What {@link Horizontal} takes. */
export interface HorizontalOptions extends ContainerOptions {
  /** Shares of the width, one for each part; `[2, 1]` gives the first one two thirds. Default: equal ones. */
  readonly columnShares?: NumberInput | undefined;
}

/** What {@link Vertical} takes. */
export interface VerticalOptions extends ContainerOptions {
  /** Shares of the height, one for each part; `[2, 1]` gives the first one two thirds. Default: equal ones. */
  readonly rowShares?: NumberInput | undefined;
}

/** What {@link Grid} takes. */
export interface GridOptions extends HorizontalOptions, VerticalOptions {
  /** Number of columns. Default: chosen by the viewer. */
  readonly gridColumns?: number | undefined;
}

/** What {@link Tabs} takes. */
export interface TabsOptions extends ContainerOptions {
  /**
   * The tab in front: its index from 0, or the name of a view. Default, as with the official SDK: the last view without a
   * name if there is one, else the first tab.
   */
  readonly activeTab?: number | string | undefined;
}

/** Views and containers, laid out in a way. Can be sent as a blueprint by itself. */
export interface Container extends BlueprintLike {
  readonly part: "container";
  readonly kind: "Tabs" | "Horizontal" | "Vertical" | "Grid";
  readonly contents: readonly Content[];
  readonly columnShares: NumberInput | undefined;
  readonly rowShares: NumberInput | undefined;
  readonly gridColumns: number | undefined;
  readonly activeTab: number | string | undefined;
  readonly name: string | undefined;
  readonly visible: boolean | undefined;
  readonly id: string | undefined;
}

/** The parts of a container, one by one or in an array, and its options last. */
export type ContainerArguments<Options> =
  | readonly Content[]
  | readonly [...Content[], Options]
  | readonly [contents: readonly Content[], options?: Options];

/**
 * Side by side.
 *
 * ```ts
 * Horizontal(Spatial3DView(), TimeSeriesView(), { columnShares: [2, 1] });
 * ```
 *
 * @throws RerunError `invalid-argument`, `invalid-component`
 */
export function Horizontal(...args: ContainerArguments<HorizontalOptions>): Container {
  return makeContainer("Horizontal", args, ["columnShares"]);
}

/**
 * One above the other.
 *
 * ```ts
 * Vertical(TimeSeriesView(), TextLogView(), { rowShares: [3, 1] });
 * ```
 *
 * @throws RerunError `invalid-argument`, `invalid-component`
 */
export function Vertical(...args: ContainerArguments<VerticalOptions>): Container {
  return makeContainer("Vertical", args, ["rowShares"]);
}

/**
 * In rows and columns.
 *
 * ```ts
 * Grid(cameras.map((camera) => Spatial2DView({ origin: camera })), { gridColumns: 3 });
 * ```
 *
 * @throws RerunError `invalid-argument`, `invalid-component`
 */
export function Grid(...args: ContainerArguments<GridOptions>): Container {
  return makeContainer("Grid", args, ["columnShares", "rowShares", "gridColumns"]);
}

/**
 * One at a time.
 *
 * ```ts
 * Tabs(Spatial3DView({ name: "Scene" }), TextLogView({ name: "Log" }), { activeTab: "Log" });
 * ```
 *
 * @throws RerunError `invalid-argument`, `invalid-component`
 */
export function Tabs(...args: ContainerArguments<TabsOptions>): Container {
  return makeContainer("Tabs", args, ["activeTab"]);
}

type Kind = Container["kind"];

function makeContainer(
  kind: Kind,
  args: ContainerArguments<GridOptions & TabsOptions>,
  own: readonly string[],
): Container {
  const { parts, options } = splitArguments(args);
  rejectUnknown(
    kind,
    options,
    Object.fromEntries([...own, "name", "visible", "id"].map((name) => [name, true])),
  );
  const { columnShares, rowShares, gridColumns, activeTab, name, visible, id } =
    options as GridOptions & TabsOptions;
  for (const part of parts) {
    if (isContent(part)) continue;
    throw new RerunError(
      "invalid-argument",
      `Expected the parts of ${kind} to be views and containers, got ${quote(part)}`,
    );
  }
  const container: Container = {
    part: "container",
    kind,
    contents: Object.freeze([...parts]) as readonly Content[],
    columnShares,
    rowShares,
    gridColumns,
    activeTab,
    name,
    visible,
    id,
    toRows: (seed) => blueprintRows({ contents: [container], panels: [] }, seed),
  };
  // Wrong values are to be told of here, where they are, and not when the container is sent.
  containerArchetype(
    container,
    container.contents.map(() => ""),
  );
  return Object.freeze(container);
}

/** Tells parts from options; both are objects. */
export function splitArguments(args: readonly unknown[]): {
  readonly parts: readonly unknown[];
  readonly options: object;
} {
  const last = args.at(-1);
  const hasOptions =
    args.length > 0 &&
    typeof last === "object" &&
    last !== null &&
    !Array.isArray(last) &&
    !("part" in last);
  const given = hasOptions ? args.slice(0, -1) : args.filter((arg) => arg !== undefined);
  const [first] = given;
  return {
    parts: given.length === 1 && Array.isArray(first) ? (first as readonly unknown[]) : given,
    options: hasOptions ? last : {},
  };
}

/** Whether something can be in a container. */
export function isContent(value: unknown): value is Content {
  return (
    typeof value === "object" &&
    value !== null &&
    "part" in value &&
    (value.part === "view" || value.part === "container")
  );
}
