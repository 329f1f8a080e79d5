import type { ComponentBatch } from "../component-batch.ts";

/** One row of a blueprint store. */
export interface BlueprintRow {
  /** Escaped, with a leading slash: `/view/<uuid>`, `/viewport`, … */
  readonly entityPath: string;
  /** None: the row is counted and not stored, as with the official SDKs. */
  readonly batches: readonly ComponentBatch[];
  /** True for what holds at all times of the blueprint. */
  readonly isStatic: boolean;
}

/** A blueprint as it is stored. */
export interface BlueprintRows {
  readonly rows: readonly BlueprintRow[];
  /** Id of the store, when the blueprint has an `id`; otherwise it gets a random one. */
  readonly storeId: string | undefined;
}

/** What can be sent as a blueprint: a `Blueprint`, a container, or a view. */
export interface BlueprintLike {
  /**
   * The rows that say it, in the order of the official SDK.
   *
   * @param seed makes the ids of parts where neither they nor the blueprint have an `id`: the same ones for the same
   *   seed. Default: at random
   */
  toRows(seed?: string): BlueprintRows;
}

/** What becomes of a blueprint in the viewer. */
export interface BlueprintActivationOptions {
  /** Whether it is shown at once. Default true. */
  readonly makeActive?: boolean;
  /** Whether it is what "reset" brings back, and what is shown when no blueprint is active yet. Default true. */
  readonly makeDefault?: boolean;
}
