import type { BlueprintActivationOptions, BlueprintLike, BlueprintRow } from "./blueprint/like.ts";
import { rowChunk } from "./blueprint-chunk.ts";
import { quote, RerunError } from "./errors.ts";
import type { ChunkMsg, LogMsg, StoreId } from "./log-msg.ts";
import { STATIC, TimeState } from "./time.ts";
import type { TuidGenerator } from "./tuid.ts";
import { SOURCE } from "./version.ts";

/** The timeline of changes to a blueprint. */
export const TIMELINE = "blueprint";

/** Writes the store of one blueprint. */
export class BlueprintStore {
  readonly storeId: StoreId;
  readonly #ids: TuidGenerator;
  readonly #time = new TimeState({ logTime: true, logTick: true });
  #tick = 0;

  /** @param recordingId default: a random one */
  constructor(applicationId: string, ids: TuidGenerator, recordingId = `rec_${ids.uuid()}`) {
    this.storeId = { kind: "blueprint", applicationId, recordingId };
    this.#ids = ids;
  }

  /** Comes before the data. */
  info(): LogMsg {
    return {
      kind: "set-store-info",
      storeId: this.storeId,
      rowId: this.#ids.next(),
      source: SOURCE,
    };
  }

  /**
   * Rows as chunks, each for itself.
   *
   * @param version counts the changes; the viewer takes what is latest
   */
  chunks(rows: readonly BlueprintRow[], version: number): readonly ChunkMsg[] {
    this.#time.set(TIMELINE, { sequence: version });
    const { storeId } = this;
    return rows.flatMap((row): readonly ChunkMsg[] => {
      // Counted even if nothing is in the row, as in the official SDKs.
      const tick = this.#tick++;
      if (row.batches.length === 0) return [];
      const now = this.#ids.now();
      const time = row.isStatic ? STATIC : this.#time.stamp(now, tick);
      const chunk = rowChunk(row, this.#ids.next(), this.#ids.next(now), time);
      return [{ kind: "chunk", storeId, chunk }];
    });
  }

  /** Comes after the data: the viewer shows no blueprint by halves. */
  activation(options: BlueprintActivationOptions): LogMsg {
    const { makeActive = true, makeDefault = true } = options;
    return { kind: "blueprint-activation", storeId: this.storeId, makeActive, makeDefault };
  }
}

/**
 * Everything that says a blueprint: its store, its rows, its activation.
 *
 * @throws RerunError `invalid-argument` for what is no blueprint
 */
export function blueprintMessages(
  applicationId: string,
  blueprint: BlueprintLike,
  ids: TuidGenerator,
  options: BlueprintActivationOptions,
): readonly LogMsg[] {
  const { rows, storeId } = asBlueprint(blueprint).toRows(ids.hex?.());
  const store = new BlueprintStore(applicationId, ids, storeId);
  return [store.info(), ...store.chunks(rows, 0), store.activation(options)];
}

/** @throws RerunError `invalid-argument` */
export function asBlueprint(value: unknown): BlueprintLike {
  if (
    typeof value === "object" &&
    value !== null &&
    "toRows" in value &&
    typeof value.toRows === "function"
  )
    return value as BlueprintLike;
  throw new RerunError(
    "invalid-argument",
    `Expected a blueprint, a container or a view of rerun-rx/blueprint, got ${quote(value)}`,
  );
}
