import type { ChunkMsg, StoreId } from "./log-msg.ts";

/** What an operator remembers of each entity of each store. */
export class EntityStates<T> {
  readonly #make: (message: ChunkMsg) => T;
  readonly #stores = new Map<string, Map<string, T>>();
  #lastId: StoreId | undefined;
  #last: Map<string, T> | undefined;

  /** @param make makes what is remembered, at the first message of an entity */
  constructor(make: (message: ChunkMsg) => T) {
    this.#make = make;
  }

  of(message: ChunkMsg): T {
    const entities = this.#store(message.storeId);
    const { entityPath } = message.chunk;
    let state = entities.get(entityPath);
    if (state === undefined) {
      state = this.#make(message);
      entities.set(entityPath, state);
    }
    return state;
  }

  /** Forgets an entity. */
  delete(message: ChunkMsg): void {
    this.#store(message.storeId).delete(message.chunk.entityPath);
  }

  #store(storeId: StoreId): Map<string, T> {
    // Messages of one store share their id, mostly.
    if (storeId === this.#lastId && this.#last !== undefined) return this.#last;
    const key = storeKey(storeId);
    let entities = this.#stores.get(key);
    if (entities === undefined) {
      entities = new Map();
      this.#stores.set(key, entities);
    }
    this.#lastId = storeId;
    this.#last = entities;
    return entities;
  }
}

/** A text that is the same for equal ids of stores, and for no others. */
export function storeKey({ kind, applicationId, recordingId }: StoreId): string {
  return JSON.stringify([kind, applicationId, recordingId]);
}
