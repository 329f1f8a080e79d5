import type { Archetype } from "../archetype.ts";
import { rejectUnknown } from "../archetype.ts";
import { type AsComponents, ComponentBatch } from "../component-batch.ts";
import { entityPath } from "../entity-path.ts";
import { quote, RerunError } from "../errors.ts";
import { blueprintRows } from "./blueprint-rows.ts";
import type { BlueprintLike } from "./like.ts";
import { viewArchetypes } from "./part-rows.ts";
import { isOverride, type OverrideInput } from "./visualizer.ts";

/** What every view takes. */
export interface ViewOptions {
  /** Shown in the tab of the view. Default: what the viewer makes of the origin. */
  readonly name?: string | undefined;
  /**
   * The entity at whose place the view has its origin, and to which `$origin` of the contents refers: a path, or an
   * array of raw parts. Default `/`.
   */
  readonly origin?: string | readonly string[] | undefined;
  /**
   * Rules that say which entities are in the view: `+ /world/**` takes an entity and all below it, `- /world/roads/**`
   * leaves out, `/world/car` without a sign takes this one; the most specific rule wins. Default `$origin/**`.
   */
  readonly contents?: string | readonly string[] | undefined;
  /** Whether the view is shown. Default true. */
  readonly visible?: boolean | undefined;
  /**
   * Values for components that entities of the view do not have: archetypes, mostly by `updateFields`, or component
   * batches.
   */
  readonly defaults?:
    | AsComponents
    | ComponentBatch
    | readonly (AsComponents | ComponentBatch)[]
    | undefined;
  /**
   * By entity path from the root: what the view shows of the entity in place of what was logged, one or several of
   * archetypes (mostly by `updateFields`), visualizers (see `Visualizer`), `EntityBehavior` and `VisibleTimeRanges`. An
   * entity with an archetype here is shown by those visualizers alone.
   */
  readonly overrides?:
    | Readonly<Record<string, OverrideInput | readonly OverrideInput[]>>
    | undefined;
  /** A UUID, or a text that becomes one. Default: see `id` of `Blueprint`. */
  readonly id?: string | undefined;
}

/** A view: one window of the viewer; made by `Spatial3DView` and the like. Can be sent as a blueprint by itself. */
export interface View extends BlueprintLike {
  readonly part: "view";
  /** The viewer's name for its kind, such as `3D`. */
  readonly viewClass: string;
  readonly name: string | undefined;
  readonly origin: string;
  readonly contents: readonly string[];
  readonly visible: boolean | undefined;
  readonly properties: readonly ViewProperty[];
  readonly defaults: readonly AsComponents[];
  /** By escaped entity path, with a leading slash. */
  readonly overrides: ReadonlyMap<string, readonly OverrideInput[]>;
  readonly id: string | undefined;
}

/** One property of a view. */
export interface ViewProperty {
  /** Below the entity of the view. */
  readonly path: string;
  readonly archetype: Archetype;
}

/** What a property of a view takes: its archetype, or what that is made of. */
export type PropertyInput<Factory extends (...args: never[]) => Archetype> =
  | Archetype
  | NonNullable<Parameters<Factory>[0]>;

const KNOWN: Readonly<Record<keyof ViewOptions, true>> = {
  name: true,
  origin: true,
  contents: true,
  visible: true,
  defaults: true,
  overrides: true,
  id: true,
};

/** A property, if there is one. */
export function property<
  Factory extends ((input: never) => Archetype) & { readonly archetype: string },
>(factory: Factory, value: PropertyInput<Factory> | undefined): ViewProperty | undefined {
  if (value === undefined) return undefined;
  const name = factory.archetype.slice(factory.archetype.lastIndexOf(".") + 1);
  const isArchetype = typeof value === "object" && value !== null && "batches" in value;
  // What is no archetype is checked by the factory.
  const archetype = isArchetype ? value : factory(value);
  if (archetype.archetype !== factory.archetype) {
    throw new RerunError(
      "invalid-argument",
      `Expected ${name} or what it is made of, got ${archetype.archetype}`,
    );
  }
  return { path: name, archetype };
}

/** Makes a view of a class. */
export function makeView(
  factory: string,
  viewClass: string,
  options: ViewOptions,
  properties: readonly (ViewProperty | undefined)[],
): View {
  rejectUnknown(factory, options, KNOWN);
  const { name, origin = "/", contents = "$origin/**", visible, defaults = [], id } = options;
  const view: View = {
    part: "view",
    viewClass,
    name,
    origin: typeof origin === "string" ? origin : entityPath(origin),
    contents: typeof contents === "string" ? [contents] : [...contents],
    visible,
    properties: properties.filter((one) => one !== undefined),
    defaults: (Array.isArray(defaults) ? defaults : [defaults]).map((one: unknown) =>
      defaultOf(factory, one),
    ),
    overrides: overridesOf(factory, options.overrides ?? {}),
    id,
    toRows: (seed) => blueprintRows({ contents: [view], panels: [] }, seed),
  };
  // Wrong values are to be told of here, where they are, and not when the view is sent.
  viewArchetypes(view);
  return Object.freeze(view);
}

function defaultOf(factory: string, value: unknown): AsComponents {
  if (value instanceof ComponentBatch) return { batches: [value] };
  if (typeof value === "object" && value !== null && "batches" in value)
    return value as AsComponents;
  throw new RerunError(
    "invalid-argument",
    `Expected the defaults of ${factory} to be archetypes or component batches, got ${quote(value)}`,
  );
}

function overridesOf(
  factory: string,
  overrides: NonNullable<ViewOptions["overrides"]>,
): ReadonlyMap<string, readonly OverrideInput[]> {
  const all = new Map<string, readonly OverrideInput[]>();
  for (const [path, given] of Object.entries(overrides)) {
    const list = (Array.isArray(given) ? given : [given]) as readonly unknown[];
    for (const one of list) {
      if (isOverride(one)) continue;
      throw new RerunError(
        "invalid-argument",
        `Expected the overrides of ${factory} at ${quote(path)} to be archetypes or visualizers, got ${quote(one)}`,
      );
    }
    all.set(entityPath(path), list as readonly OverrideInput[]);
  }
  return all;
}
