import { BlueprintRoles, blueprintKey } from "./blueprint-roles.ts";
import {
  type BlueprintActivation,
  type ChunkMsg,
  isPinned,
  type LogMsg,
  type SetStoreInfo,
  type StoreId,
} from "./log-msg.ts";

/** A chunk, and how many of its components no later one has replaced. */
interface Kept {
  readonly message: ChunkMsg;
  refs: number;
}

/** What is kept of one store. */
interface Store {
  info: SetStoreInfo | undefined;
  readonly chunks: Set<Kept>;
  /** The latest value of each component of each entity. */
  readonly latest: Map<string, Kept>;
}

/**
 * Keeps what every file and every viewer needs to show the data that comes next: store infos, static data, properties,
 * and the blueprints that are in use. Later values take the place of earlier ones, so that it does not grow on
 * endless runs of a program that logs them again and again.
 */
export class PinnedMessages {
  readonly #stores = new Map<string, Store>();
  readonly #roles = new BlueprintRoles();
  /** By store, then by what they activate; in the order in which they came, as the last one holds. */
  readonly #activations = new Map<string, BlueprintActivation>();

  /** Takes note of a message; those of temporal data pass by. Copies what the chunk has borrowed. */
  add(message: LogMsg): void {
    if (!isPinned(message)) return;
    const store = this.#store(message.storeId);
    switch (message.kind) {
      case "set-store-info":
        store.info = message;
        return;
      case "chunk":
        message.chunk.own();
        addChunk(store, message);
        return;
      case "blueprint-activation":
        this.#activate(message);
    }
  }

  /** The stores that were announced. */
  get infos(): readonly SetStoreInfo[] {
    return [...this.#stores.values()].flatMap(({ info }) => info ?? []);
  }

  /**
   * The messages in an order in which they can be written: infos, then blueprints and behind them their activations, so
   * that a viewer has its layout at once, then data.
   */
  *[Symbol.iterator](): Generator<LogMsg> {
    yield* this.infos;
    yield* this.#chunksOf("blueprint");
    yield* this.#activations.values();
    yield* this.#chunksOf("recording");
  }

  *#chunksOf(kind: StoreId["kind"]): Generator<LogMsg> {
    for (const { chunks } of this.#stores.values())
      for (const { message } of chunks) if (message.storeId.kind === kind) yield message;
  }

  #activate(message: BlueprintActivation): void {
    const { storeId, makeActive, makeDefault } = message;
    const key = `${keyOf(storeId)}\n${makeActive} ${makeDefault}`;
    this.#activations.delete(key);
    this.#activations.set(key, message);
    for (const ended of this.#roles.activate(message)) {
      this.#stores.delete(ended);
      for (const [of, { storeId: id }] of this.#activations)
        if (keyOf(id) === ended) this.#activations.delete(of);
    }
  }

  #store(id: StoreId): Store {
    const key = keyOf(id);
    let store = this.#stores.get(key);
    if (store === undefined) {
      store = {
        info: undefined,
        chunks: new Set(),
        latest: new Map(),
      };
      this.#stores.set(key, store);
    }
    return store;
  }
}

function addChunk(store: Store, message: ChunkMsg): void {
  const kept: Kept = { message, refs: 0 };
  const keys = keysOf(message);
  for (const key of keys) {
    const older = store.latest.get(key);
    store.latest.set(key, kept);
    kept.refs++;
    if (older !== undefined && --older.refs === 0) store.chunks.delete(older);
  }
  store.chunks.add(kept);
}

/** What a chunk holds the value of that counts: the latest of static data, and of anything in a blueprint. */
function keysOf({ chunk }: ChunkMsg): readonly string[] {
  const { entityPath, isStatic, components } = chunk;
  return components
    .filter((component) => component.numCells > 0)
    .map(({ descriptor }) => `${isStatic}\n${entityPath}\n${descriptor.component}`);
}

const keyOf = (id: StoreId): string =>
  blueprintKey(id) ?? `recording\n${id.applicationId}\n${id.recordingId}`;
