import type { Chunk } from "../chunk.ts";
import type { ComponentDescriptor } from "../component-batch.ts";
import { componentPredicate } from "../component-select.ts";
import { xxh32 } from "../encode/xxh32.ts";
import { EntityPathFilter } from "../entity-path-filter.ts";
import { storeKey } from "../entity-state.ts";
import { quote, RerunError } from "../errors.ts";
import type { SetStoreInfo, StoreId } from "../log-msg.ts";
import { decodeEnvelope } from "./envelope.ts";
import { decodeLogMsg } from "./log-msg.ts";
import { openRandomAccess, type RandomAccess, type RandomAccessSource } from "./random-access.ts";
import { decodeRrdFooter } from "./rrd-footer.ts";
import { type ManifestComponent, RrdManifest, type TimeRange } from "./rrd-manifest.ts";
import {
  parseStreamFooter,
  parseStreamHeader,
  RrdParser,
  STREAM_FOOTER_BYTES,
  STREAM_HEADER_BYTES,
} from "./rrd-parser.ts";

/** Which chunks to read; what is left out does not restrict. */
export interface ChunkSelection {
  /** A store, or its recording id. Default: the only recording of the file. */
  readonly store?: StoreId | string;
  /** Rules of Rerun's filter language, such as `"+ /camera/**"`, or one path. */
  readonly entities?: string | readonly string[] | EntityPathFilter;
  /** Components (`Points3D:positions`), archetypes (`Points3D`) or component types: chunks that have one of them. */
  readonly components?: string | readonly string[];
  /** Chunks that have times on it. */
  readonly timeline?: string;
  /** Chunks with times in it on `timeline`, both ends included: nanoseconds, or sequence numbers. */
  readonly range?: Partial<TimeRange>;
  /** Whether static chunks are read as well, whatever the timeline. Default true. */
  readonly static?: boolean;
}

/** Neighbours are read at once up to this many bytes. */
const READ_BYTES = 4 << 20;
/** Between two neighbours there is a message header; a little more costs less than another read. */
const GAP_BYTES = 512;
const CRC_SEED = 7850921;

interface Manifest {
  readonly manifest: RrdManifest;
  /** Where its stream begins in the file. */
  readonly base: number;
}

/**
 * Opens a recording by its footer: says what is in it, and reads nothing but the chunks that are asked for.
 *
 * ```ts
 * await using file = await openRrd("run.rrd");
 * for await (const chunk of file.chunks({ entities: "/camera/**", timeline: "frame", range: { min: 100n, max: 200n } })) …
 * ```
 *
 * Reads files of Rerun 0.28 and newer; of several streams in one file, all that have a footer.
 *
 * @param source a path, a URL whose server answers ranges, bytes or a `Blob`
 * @throws RerunError `unsupported-data` when there is no footer: use `readRrd`, or write the file anew; `invalid-data`
 *   when it is damaged; `file-missing`, `permission-denied`, `io-failed`
 */
export async function openRrd(source: RandomAccessSource): Promise<RrdFile> {
  const access = await openRandomAccess(source);
  try {
    const counting = new CountingAccess(access);
    return new RrdFile(counting, await readManifests(counting));
  } catch (thrown) {
    await access.close();
    throw thrown;
  }
}

/** A recording that is open; see {@link openRrd}. */
export class RrdFile implements AsyncDisposable {
  readonly #access: CountingAccess;
  readonly #manifests: readonly Manifest[];

  /** For {@link openRrd}. */
  constructor(access: CountingAccess, manifests: readonly Manifest[]) {
    this.#access = access;
    this.#manifests = manifests;
  }

  /** Shown in messages. */
  get name(): string {
    return this.#access.name;
  }

  get byteLength(): number {
    return this.#access.byteLength;
  }

  /** Bytes read so far, of the footer as well. */
  get bytesRead(): number {
    return this.#access.bytesRead;
  }

  /** The stores that have chunks, recordings before blueprints. */
  get stores(): readonly StoreId[] {
    const unique = new Map(
      this.#manifests.map(({ manifest: { storeId } }) => [storeKey(storeId), storeId]),
    );
    const rank = ({ kind }: StoreId): number => (kind === "recording" ? 0 : 1);
    return [...unique.values()].sort((a, b) => rank(a) - rank(b));
  }

  /**
   * What the footer says of a store; of several streams with chunks of it, the first.
   *
   * @param store its id, or its recording id. Default: the only recording of the file
   * @throws RerunError `invalid-argument` when there is none, or there are several to choose from
   */
  manifest(store?: StoreId | string): RrdManifest {
    const [first] = this.#manifestsOf(this.#find(store));
    return (first as Manifest).manifest;
  }

  /**
   * What announced a store: who wrote it, and with which version. Undefined when it does not come before the chunks.
   *
   * @throws RerunError `invalid-argument`, `invalid-data`, `io-failed`
   */
  async storeInfo(store?: StoreId | string): Promise<SetStoreInfo | undefined> {
    const id = this.#find(store);
    for (const { manifest, base } of this.#manifestsOf(id)) {
      const first = Math.min(...manifest.chunks.map((chunk) => chunk.byteOffset));
      const bytes = await this.#access.read(base, Math.min(first, base + (1 << 20)) - base);
      const parser = new RrdParser();
      parser.push(bytes);
      for (let item = parser.next(); item !== undefined; item = parser.next()) {
        if (item.kind !== "frame" || item.messageKind !== 1) continue;
        const info = decodeLogMsg(decodeEnvelope(1, item.payload));
        if (info.kind === "set-store-info" && storeKey(info.storeId) === storeKey(id)) return info;
      }
    }
    return undefined;
  }

  /**
   * Reads the selected chunks, in the order in which they stand in the file, as fast as they are asked for.
   *
   * @throws RerunError `invalid-argument`, `invalid-data` when a chunk is not what the footer says, `io-failed`
   */
  async *chunks(selection: ChunkSelection = {}): AsyncGenerator<Chunk, void, undefined> {
    for (const { manifest } of this.#manifestsOf(this.#find(selection.store))) {
      const selected = selectChunks(manifest, selection)
        .map((index) => manifest.chunks[index] as RrdManifest["chunks"][number])
        .sort((a, b) => a.byteOffset - b.byteOffset);
      for (let i = 0; i < selected.length; ) {
        const from = (selected[i] as (typeof selected)[number]).byteOffset;
        let end = from;
        let next = i;
        for (; next < selected.length; next++) {
          const { byteOffset, byteLength } = selected[next] as (typeof selected)[number];
          const isNear = byteOffset - end <= GAP_BYTES && byteOffset >= end;
          if (next > i && (!isNear || byteOffset + byteLength - from > READ_BYTES)) break;
          end = byteOffset + byteLength;
        }
        const bytes = await this.#access.read(from, end - from);
        for (; i < next; i++) {
          const info = selected[i] as (typeof selected)[number];
          const at = info.byteOffset - from;
          const message = decodeLogMsg(decodeEnvelope(2, bytes.subarray(at, at + info.byteLength)));
          if (message.kind !== "chunk" || message.chunk.id.toString() !== info.chunkId.toString()) {
            throw new RerunError(
              "invalid-data",
              `Expected the chunk ${info.chunkId.toString()} at byte ${info.byteOffset}, got another; the footer is not of this file: ${this.name}`,
            );
          }
          yield message.chunk;
        }
      }
    }
  }

  /** Lets go of the file. Idempotent. */
  close(): Promise<void> {
    return this.#access.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #manifestsOf(id: StoreId): readonly Manifest[] {
    const key = storeKey(id);
    return this.#manifests.filter(({ manifest }) => storeKey(manifest.storeId) === key);
  }

  #find(store: StoreId | string | undefined): StoreId {
    const { stores } = this;
    const fits = ({ kind, recordingId, applicationId }: StoreId): boolean => {
      if (store === undefined) return kind === "recording";
      if (typeof store === "string") return recordingId === store;
      return (
        kind === store.kind &&
        recordingId === store.recordingId &&
        applicationId === store.applicationId
      );
    };
    const found = stores.filter(fits);
    const [id] = found;
    if (id !== undefined && found.length === 1) return id;
    const names = stores.map((each) => `${each.kind} ${quote(each.recordingId)}`).join(", ");
    throw new RerunError(
      "invalid-argument",
      store === undefined
        ? `Expected one recording in the file, or \`store\` to say which; there are: ${names}: ${this.name}`
        : `Expected \`store\` to be one of ${names}, got ${quote(typeof store === "string" ? store : store.recordingId)}: ${this.name}`,
    );
  }
}

/** Indices of the chunks of a manifest that a selection is about. */
function selectChunks(manifest: RrdManifest, selection: ChunkSelection): number[] {
  const { timeline, range = {}, static: withStatic = true } = selection;
  const entities =
    selection.entities === undefined ? undefined : EntityPathFilter.parse(selection.entities);
  if (timeline === undefined && (range.min !== undefined || range.max !== undefined)) {
    throw new RerunError(
      "invalid-argument",
      "Expected a `timeline` with the `range`: times have a meaning on one timeline only",
    );
  }
  const components = selectComponents(manifest, selection.components);
  const { min = -(2n ** 63n), max = 2n ** 63n - 1n } = range;
  const isWithin = (times: TimeRange | undefined): boolean =>
    times !== undefined && times.min <= max && times.max >= min;
  return manifest.chunks.flatMap((chunk, index) => {
    if (entities !== undefined && !entities.matches(chunk.entityPath)) return [];
    const present = components?.filter((component) => manifest.hasComponent(index, component));
    if (present?.length === 0) return [];
    if (chunk.isStatic) return withStatic ? [index] : [];
    if (timeline === undefined) return [index];
    const isSelected =
      isWithin(manifest.timeRange(index, timeline)) &&
      // A chunk may have rows in the range, and none of them with the component.
      (present === undefined ||
        present.some((component) => isWithin(manifest.componentRange(index, component, timeline))));
    return isSelected ? [index] : [];
  });
}

function selectComponents(
  manifest: RrdManifest,
  names: ChunkSelection["components"],
): readonly ManifestComponent[] | undefined {
  if (names === undefined) return undefined;
  const isSelected = componentPredicate(names);
  // The predicate looks at names alone when it is made of names.
  return manifest.components.filter((component) =>
    isSelected(component as ComponentDescriptor, "/"),
  );
}

/** Reads the footers of all streams, from the last to the first, as far as they have one. */
async function readManifests(access: RandomAccess): Promise<Manifest[]> {
  const manifests: Manifest[] = [];
  const smallest = STREAM_HEADER_BYTES + STREAM_FOOTER_BYTES;
  let end = access.byteLength;
  while (end >= smallest) {
    const footer = parseStreamFooter(
      await access.read(end - STREAM_FOOTER_BYTES, STREAM_FOOTER_BYTES),
    );
    if (footer === undefined) break;
    // Offsets count from the beginning of the stream, which is known by where its footer stands.
    const payloadAt = end - STREAM_FOOTER_BYTES - footer.byteLength;
    const base = payloadAt - footer.offset;
    if (!(base >= 0 && footer.offset >= STREAM_HEADER_BYTES)) {
      throw new RerunError(
        "invalid-data",
        `Expected a footer within the file, got one of ${footer.byteLength} bytes at ${footer.offset}; the file is damaged: ${access.name}`,
      );
    }
    parseStreamHeader(await access.read(base, STREAM_HEADER_BYTES));
    const payload = await access.read(payloadAt, footer.byteLength);
    if (xxh32(payload, CRC_SEED) !== footer.crc) {
      throw new RerunError(
        "invalid-data",
        `Expected the footer to have its checksum; it is damaged, write the file anew: ${access.name}`,
      );
    }
    const found = decodeRrdFooter(payload).map((packed) => ({
      manifest: new RrdManifest(packed, base),
      base,
    }));
    for (const { manifest } of found) checkPlaces(manifest, base, payloadAt, access.name);
    manifests.unshift(...found);
    end = base;
  }
  if (manifests.length > 0 || end < access.byteLength) return manifests;
  if (access.byteLength >= STREAM_HEADER_BYTES)
    parseStreamHeader(await access.read(0, STREAM_HEADER_BYTES));
  throw new RerunError(
    access.byteLength < STREAM_HEADER_BYTES ? "invalid-data" : "unsupported-data",
    `Expected a recording with a footer, by which its parts are found; read this one from the start with fromRrd, or write it anew with \`rerun-rx rrd merge\`: ${access.name}`,
  );
}

function checkPlaces(manifest: RrdManifest, base: number, end: number, name: string): void {
  for (const { byteOffset, byteLength } of manifest.chunks) {
    if (byteOffset >= base + STREAM_HEADER_BYTES && byteOffset + byteLength <= end) continue;
    throw new RerunError(
      "invalid-data",
      `Expected chunks within the file, the footer has one of ${byteLength} bytes at ${byteOffset}; the file is damaged: ${name}`,
    );
  }
}

/** Counts what is read. */
class CountingAccess implements RandomAccess {
  readonly #access: RandomAccess;
  bytesRead = 0;

  constructor(access: RandomAccess) {
    this.#access = access;
  }

  get name(): string {
    return this.#access.name;
  }

  get byteLength(): number {
    return this.#access.byteLength;
  }

  read(offset: number, byteLength: number): Promise<Uint8Array> {
    this.bytesRead += byteLength;
    return this.#access.read(offset, byteLength);
  }

  close(): Promise<void> {
    return this.#access.close();
  }
}
