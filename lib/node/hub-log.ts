import { BlueprintRoles, blueprintKey } from "../blueprint-roles.ts";
import { decodeEnvelope, type Envelope, type EnvelopeKind } from "../decode/envelope.ts";
import { decodeLogMsg } from "../decode/log-msg.ts";
import { ProtobufReader } from "../decode/protobuf.ts";
import { MESSAGE_HEADER_BYTES } from "../encode/rrd.ts";
import type { BlueprintActivation, LogMsg } from "../log-msg.ts";
import { MessageLog } from "../message-log.ts";
import type { Tuid } from "../tuid.ts";
import { type HubItem, hubItem, itemOf, ownMemory, storeKey, tableItem } from "./hub-item.ts";
import { RecentIds } from "./recent-ids.ts";

/**
 * What became of a message: `taken`; `known`, since it was there already; `refused`, since nobody could read it;
 * `full`, since it could never be dropped, and there is too much of that.
 */
export type Taken = "taken" | "known" | "refused" | "full";

/** Bounds of what a hub holds. */
export interface HubLogOptions {
  /** Bytes of temporal data, the latest values that outlive it included. */
  readonly historyBytes: number;
  /** Bytes of static data, blueprints and store infos that are taken from elsewhere. */
  readonly pinnedBytes: number;
  /** Largest chunk, also once it is unpacked. */
  readonly maxChunkBytes: number;
}

/** What a hub knows of a store. */
interface KnownStore {
  readonly first: Uint8Array;
  latest: Uint8Array | undefined;
}

/**
 * The one ordered log of a hub, and what is let into it.
 *
 * Messages from elsewhere are kept as they came, byte for byte, once it is clear that viewers can read them: one that
 * they cannot would end their streams. A chunk whose id was there lately comes again because a connection broke; a
 * store info that is repeated says nothing new.
 */
export class HubLog {
  readonly log: MessageLog<HubItem>;
  readonly #options: HubLogOptions;
  readonly #stores = new Map<string, KnownStore>();
  readonly #blueprints = new BlueprintRoles();
  readonly #ids = new RecentIds();

  constructor(options: HubLogOptions) {
    this.#options = options;
    this.log = new MessageLog<HubItem>({
      sizeOf: (item) => item.bytes,
      isPinned: (item) => item.pinned,
      pinKey: (item) => item.keys,
      latestKeys: (item) => item.keys,
      groupOf: ({ storeId }) => storeId && blueprintKey(storeId),
      endsGroups: ({ activation }) => (activation === undefined ? [] : this.#endedBy(activation)),
      onRetain: ownMemory,
      historyBytes: options.historyBytes,
      backlogBytes: options.historyBytes,
    });
  }

  /** Takes a message of this program. */
  takeMessage(message: LogMsg, compression: "lz4" | "none"): Taken {
    if (message.kind === "chunk" && !this.#ids.add(storeKey(message.storeId), message.chunk.id))
      return "known";
    const item = hubItem(message, compression);
    return item.kind === "store-info" ? this.#takeStoreInfo(item) : this.#append(item);
  }

  /**
   * Takes one RRD message from elsewhere.
   *
   * @param frame room for the header, 16 bytes that are overwritten, then the message; kept, not copied
   */
  takeFrame(kind: EnvelopeKind, frame: Uint8Array): Taken {
    const bytes = frame.subarray(MESSAGE_HEADER_BYTES);
    writeHeader(frame, kind, bytes.length);
    let item: HubItem;
    let chunkId: Tuid | undefined;
    try {
      const envelope = decodeEnvelope(kind, bytes);
      if (!this.#isBounded(envelope)) return "refused";
      chunkId = envelope.kind === "arrow-msg" ? envelope.chunkId : undefined;
      // Before the work of reading it.
      if (chunkId !== undefined && this.#ids.has(storeKey(envelope.storeId), chunkId))
        return "known";
      // Also what is in order but not known here is refused: nothing says that viewers are up to it.
      item = itemOf(decodeLogMsg(envelope), [frame]);
    } catch {
      return "refused";
    }
    if (item.pinned) {
      if (this.log.pinnedBytes + item.bytes > this.#options.pinnedBytes) return "full";
      ownMemory(item);
    }
    if (item.kind === "store-info") return this.#takeStoreInfo(item);
    if (chunkId !== undefined && item.storeId !== undefined)
      this.#ids.add(storeKey(item.storeId), chunkId);
    return this.#append(item);
  }

  /** Takes the request of `WriteTable`; it is kept, not copied. */
  takeTable(bytes: Uint8Array): Taken {
    const id = tableId(bytes);
    return id === undefined ? "refused" : this.#append(tableItem(id, bytes));
  }

  /** Names are kept beside the data, and a few bytes can stand for very many once they are unpacked. */
  #isBounded(envelope: Envelope): boolean {
    const { applicationId, recordingId } = envelope.storeId;
    if (applicationId.length > MAX_NAME || recordingId.length > MAX_NAME) return false;
    return (
      envelope.kind !== "arrow-msg" || envelope.uncompressedSize <= this.#options.maxChunkBytes
    );
  }

  /** Blueprints that are superfluous from now on; should they come again, they are announced again. */
  #endedBy(activation: BlueprintActivation): readonly string[] {
    const ended = this.#blueprints.endedBy(activation);
    for (const key of ended) this.#stores.delete(`blueprint\n${key}`);
    return ended;
  }

  #append(item: HubItem): Taken {
    this.log.append(item);
    return "taken";
  }

  /**
   * The first info of a store stays where it is, before its data; a later one that differs comes to everyone as well,
   * and takes the place of the one before it.
   */
  #takeStoreInfo(item: HubItem): Taken {
    const store = storeKey(item.storeId as NonNullable<HubItem["storeId"]>);
    const [bytes] = item.parts as [Uint8Array];
    const known = this.#stores.get(store);
    if (known === undefined) {
      this.#stores.set(store, { first: bytes, latest: undefined });
      return this.#append(item);
    }
    const { first, latest = first } = known;
    if (Buffer.compare(bytes, latest) === 0) return "known";
    known.latest = bytes;
    return this.#append({ ...item, keys: [`info\n${store}`] });
  }
}

/** Longest name of an application, a recording or a table. */
const MAX_NAME = 4096;

/** Kind and length, 64-bit little-endian each. */
function writeHeader(frame: Uint8Array, kind: number, length: number): void {
  frame.fill(0, 0, MESSAGE_HEADER_BYTES);
  frame[0] = kind;
  let rest = length;
  for (let at = 8; rest > 0; at++) {
    frame[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

/** The id of a table, if the bytes have one, and data. */
function tableId(bytes: Uint8Array): string | undefined {
  let id: string | undefined;
  let hasData = false;
  try {
    const request = new ProtobufReader(bytes, "WriteTableRequest");
    while (request.next()) {
      if (request.field === 1) {
        const name = request.message("TableId");
        while (name.next()) if (name.field === 1) id = name.string();
      } else if (request.field === 2) {
        // Whether it is sound, as far as protobuf goes.
        const data = request.message("DataframePart");
        while (data.next()) hasData = true;
      }
    }
  } catch {
    return undefined;
  }
  return hasData && id !== undefined && id.length <= MAX_NAME ? id : undefined;
}
