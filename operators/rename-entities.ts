import type { MonoTypeOperatorFunction } from "rxjs";
import { withEntityPath } from "../lib/chunk-edit.ts";
import { entityPath } from "../lib/entity-path.ts";
import { isPropertyPath } from "../lib/entity-path-filter.ts";
import { renameReferences } from "../lib/entity-references.ts";
import { quote, RerunError } from "../lib/errors.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import { mapMessages, withChunk } from "./map-messages.ts";

/**
 * New paths of entities: by their old ones, or as a function of them.
 *
 * In a map, `/world/**` means the entity and all below it, `/world` the entity alone; the most specific name decides.
 * A function gets the escaped path with its leading slash; what it gives back is read as any path is.
 */
export type EntityNames =
  | Readonly<Record<string, string>>
  | ReadonlyMap<string, string>
  | ((entityPath: string) => string);

/** Paths are looked up once each; past this number of different ones the memory starts anew. */
const MAX_CACHED = 10_000;

/**
 * Gives entities other paths: of temporal and of static data alike, since transforms and the like must stay with what
 * they belong to.
 *
 * ```ts
 * pipe: [renameEntities({ "/world/**": "/robots/left", "/log": "/robots/left/log" })];
 * ```
 *
 * Values that name entities are changed along: entity paths (`VideoFrameReference`) and transform frames of entities
 * (`tf#/world/arm`). A `Clear` clears what is at and below its new path. Properties of the recording stay where they
 * are, and so do blueprints, whose queries mean paths of the viewer's side. Renamed chunks have ids of their own: the
 * same ones for the same chunks and names, other ones for other names, so that two sinks that rename differently can
 * feed one viewer.
 *
 * A function that throws, or returns what is no path, fails the stream.
 *
 * @throws RerunError `invalid-argument`, `invalid-entity-path` when the names are wrong
 */
export function renameEntities(names: EntityNames): MonoTypeOperatorFunction<LogMsg> {
  const rename = typeof names === "function" ? names : fromMap(names);
  return mapMessages(() => {
    const known = new Map<string, string>();
    const renamed = (path: string): string => {
      if (isPropertyPath(path)) return path;
      let name = known.get(path);
      if (name === undefined) {
        name = entityPath(rename(path));
        if (known.size >= MAX_CACHED) known.clear();
        known.set(path, name);
      }
      return name;
    };
    return (message) => {
      const { chunk } = message;
      return withChunk(
        message,
        withEntityPath(renameReferences(chunk, renamed), renamed(chunk.entityPath)),
      );
    };
  });
}

function fromMap(names: Exclude<EntityNames, (path: string) => string>): (path: string) => string {
  const entries = names instanceof Map ? [...names] : entriesOf(names);
  const exact = new Map<string, string>();
  const trees: { readonly from: string; readonly to: string }[] = [];
  for (const [from, to] of entries as readonly (readonly [string, string])[]) {
    const target = entityPath(to);
    if (from.endsWith("/**")) trees.push({ from: entityPath(from.slice(0, -3)), to: target });
    else exact.set(entityPath(from), target);
  }
  trees.sort((a, b) => b.from.length - a.from.length);
  return (path) => {
    const name = exact.get(path);
    if (name !== undefined) return name;
    const tree = trees.find(({ from }) => isAtOrBelow(path, from));
    return tree === undefined ? path : below(tree.to, tail(path, tree.from));
  };
}

function entriesOf(names: unknown): [string, unknown][] {
  if (typeof names === "object" && names !== null && !Array.isArray(names))
    return Object.entries(names);
  throw new RerunError(
    "invalid-argument",
    `Expected new names as { "/old/path": "/new/path" } or a function, got ${quote(names)}`,
  );
}

function isAtOrBelow(path: string, root: string): boolean {
  return root === "/" || path === root || path.startsWith(`${root}/`);
}

/** What follows the root in a path, with its slash; empty for the root itself. */
function tail(path: string, root: string): string {
  if (path === root) return "";
  return root === "/" ? path : path.slice(root.length);
}

function below(root: string, rest: string): string {
  if (rest === "") return root;
  return root === "/" ? rest : root + rest;
}
