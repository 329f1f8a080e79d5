import type { BlueprintActivationOptions, BlueprintLike, BlueprintRow } from "./blueprint/like.ts";
import { rowChunk } from "./blueprint-chunk.ts";
import { asBlueprint, BlueprintStore } from "./blueprint-store.ts";
import { ComponentBatch } from "./component-batch.ts";
import type { LogMsg } from "./log-msg.ts";
import { STATIC } from "./time.ts";
import { Tuid, type TuidGenerator } from "./tuid.ts";

/** What the store holds of an entity, apart for what is static and what is not. */
interface Held {
  /** With all components that were ever said, those as empty that are not any more. */
  readonly row: BlueprintRow;
  /** What is said now, as bytes to be compared; none once the entity is not wanted any more. */
  readonly said: Uint8Array;
}

/** Past this many entities that no part uses any more, a new store is begun. */
const MAX_LEFT_OVER = 256;

const NOTHING = new Uint8Array(0);
const NO_ID = new Tuid(0, 0, 0, 0);

/**
 * Turns one blueprint after the other into messages: the first one whole, of the others what differs.
 *
 * Parts keep their ids from one blueprint to the next, and with them what the viewer knows of them. Changes go to the
 * same store, with a higher version, and are activated: the viewer then shows the store as it is now.
 */
export class BlueprintFollower {
  readonly #applicationId: string;
  readonly #ids: TuidGenerator;
  readonly #options: BlueprintActivationOptions;
  readonly #seed: string;
  #store: BlueprintStore | undefined;
  #version = 0;
  #held = new Map<string, Held>();

  constructor(applicationId: string, ids: TuidGenerator, options: BlueprintActivationOptions) {
    this.#applicationId = applicationId;
    this.#ids = ids;
    this.#seed = ids.uuid();
    this.#options = options;
  }

  /** What is sent next is whole again: the store may not be there any more. */
  restart(): void {
    this.#store = undefined;
  }

  /**
   * The messages for the next blueprint; none when nothing differs.
   *
   * @throws RerunError `invalid-argument`
   */
  next(blueprint: BlueprintLike): readonly LogMsg[] {
    const wanted = new Map(
      merged(asBlueprint(blueprint).toRows(this.#seed).rows).map((row) => [
        keyOf(row),
        heldOf(row),
      ]),
    );
    const changes = this.#store === undefined ? undefined : changesOf(this.#held, wanted);
    const leftOver = [...this.#held.keys()].filter((key) => !wanted.has(key)).length;
    if (this.#store === undefined || changes === undefined || leftOver > MAX_LEFT_OVER)
      return this.#begin(wanted);
    if (changes.length === 0) return [];
    this.#version++;
    for (const row of changes) {
      const said = wanted.get(keyOf(row))?.said ?? NOTHING;
      this.#held.set(keyOf(row), { row, said });
    }
    return [...this.#store.chunks(changes, this.#version), this.#store.activation(this.#options)];
  }

  #begin(wanted: Map<string, Held>): readonly LogMsg[] {
    const store = new BlueprintStore(this.#applicationId, this.#ids);
    this.#store = store;
    this.#version = 0;
    this.#held = wanted;
    const rows = [...wanted.values()].map(({ row }) => row);
    return [store.info(), ...store.chunks(rows, 0), store.activation(this.#options)];
  }
}

/** The rows of each entity as one, so that a later one takes the place of all that is known of it. */
function merged(rows: readonly BlueprintRow[]): readonly BlueprintRow[] {
  const all = new Map<
    string,
    { readonly row: BlueprintRow; batches: Map<string, ComponentBatch> }
  >();
  for (const row of rows) {
    if (row.batches.length === 0) continue;
    const key = keyOf(row);
    const one = all.get(key) ?? { row, batches: new Map() };
    for (const batch of row.batches) one.batches.set(batch.descriptor.component, batch);
    all.set(key, one);
  }
  return [...all.values()].map(({ row, batches }) => ({ ...row, batches: [...batches.values()] }));
}

function keyOf({ entityPath, isStatic }: BlueprintRow): string {
  return `${isStatic ? "static" : ""} ${entityPath}`;
}

function heldOf(row: BlueprintRow): Held {
  return { row, said: rowChunk(row, NO_ID, NO_ID, STATIC).ipc };
}

/**
 * The rows that turn what is held into what is wanted; undefined when that cannot be said by rows.
 *
 * What an entity does not say any more is said as empty, which the viewer takes as not said. Entities of parts that are
 * no longer there stay, as nothing leads to them.
 */
function changesOf(
  held: ReadonlyMap<string, Held>,
  wanted: ReadonlyMap<string, Held>,
): readonly BlueprintRow[] | undefined {
  const changes: BlueprintRow[] = [];
  const unsay = (before: BlueprintRow, after: BlueprintRow | undefined): boolean => {
    const unsaid = unsaidBatches(before, after);
    changes.push({ ...before, batches: [...(after?.batches ?? []), ...unsaid] });
    // An override that says nothing is not the same as none.
    return unsaid.length === 0 || !isOverride(before);
  };
  for (const [key, { row, said }] of wanted) {
    const before = held.get(key);
    if (before === undefined) changes.push(row);
    else if (!sameBytes(before.said, said) && !unsay(before.row, row)) return undefined;
  }
  for (const [key, { row, said }] of held) {
    if (wanted.has(key) || said.length === 0 || !isInUse(row, wanted)) continue;
    if (!unsay(row, undefined)) return undefined;
  }
  return changes;
}

function unsaidBatches(
  before: BlueprintRow,
  after: BlueprintRow | undefined,
): readonly ComponentBatch[] {
  const said = new Set(after?.batches.map(({ descriptor }) => descriptor.component));
  return before.batches
    .filter(({ descriptor }) => !said.has(descriptor.component))
    .map(({ descriptor }) => ComponentBatch.empty(descriptor));
}

function isOverride({ entityPath }: BlueprintRow): boolean {
  return entityPath.includes("/ViewContents/overrides/");
}

/** Whether an entity belongs to a part that is still there, or to none. */
function isInUse({ entityPath }: BlueprintRow, wanted: ReadonlyMap<string, Held>): boolean {
  const [part] = /^\/(?:view|container)\/[^/]+/.exec(entityPath) ?? [];
  return (
    part === undefined || wanted.has(keyOf({ entityPath: part, batches: [], isStatic: false }))
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
