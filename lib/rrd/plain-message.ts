import { listBuilder } from "../arrow/column-builder.ts";
import { list } from "../arrow/data-type.ts";
import { appendRows } from "../arrow/take-rows.ts";
import type { Chunk } from "../chunk.ts";
import { assembleChunk } from "../chunk-assemble.ts";
import { componentDescriptor } from "../component-batch.ts";
import { entityPath } from "../entity-path.ts";
import { quote, RerunError } from "../errors.ts";
import type { LogMsg, StoreId } from "../log-msg.ts";
import { type TimeType, timeline } from "../time.ts";
import { Tuid } from "../tuid.ts";
import { type PlainType, parseType, plainType } from "./plain-type.ts";
import { arrayOfPlain, type Carrier, plainValues } from "./plain-values.ts";

/** Which store a message belongs to. */
export interface PlainStore {
  readonly kind: "recording" | "blueprint";
  readonly application_id: string;
  readonly recording_id: string;
}

/** A message that any program can read: a line of JSON, or an item of a CBOR sequence. */
export type PlainMessage =
  | {
      readonly type: "store-info";
      readonly store: PlainStore;
      readonly row_id: string;
      readonly source: string;
    }
  | {
      readonly type: "blueprint-activation";
      readonly store: PlainStore;
      readonly make_active: boolean;
      readonly make_default: boolean;
    }
  | {
      readonly type: "chunk";
      readonly store: PlainStore;
      readonly id: string;
      readonly entity_path: string;
      readonly row_ids: readonly string[];
      readonly timelines: readonly PlainTimeline[];
      readonly components: readonly PlainComponent[];
    };

export interface PlainTimeline {
  readonly name: string;
  readonly type: TimeType;
  /** Nanoseconds, or sequence numbers; one for each row. */
  readonly times: readonly unknown[];
}

export interface PlainComponent {
  readonly component: string;
  readonly archetype?: string;
  readonly component_type?: string;
  /** Arrow type of an instance. */
  readonly type: PlainType;
  /** For each row the instances that were logged, null where nothing was. */
  readonly cells: readonly (readonly unknown[] | null)[];
}

/** @throws RerunError `unsupported-data` */
export function plainMessage(message: LogMsg, carrier: Carrier): PlainMessage {
  const { kind, applicationId, recordingId } = message.storeId;
  const store = { kind, application_id: applicationId, recording_id: recordingId };
  switch (message.kind) {
    case "set-store-info":
      return { type: "store-info", store, row_id: String(message.rowId), source: message.source };
    case "blueprint-activation": {
      const { makeActive, makeDefault } = message;
      return {
        type: "blueprint-activation",
        store,
        make_active: makeActive,
        make_default: makeDefault,
      };
    }
    case "chunk":
      return { type: "chunk", store, ...plainChunk(message.chunk, carrier) };
  }
}

function plainChunk(
  chunk: Chunk,
  carrier: Carrier,
): Omit<Extract<PlainMessage, { type: "chunk" }>, "type" | "store"> {
  const columns = chunk.columns();
  const rowIds = columns.rowIds();
  return {
    id: String(chunk.id),
    entity_path: chunk.entityPath,
    row_ids: Array.from({ length: chunk.numRows }, (_, i) => String(Tuid.read(rowIds, 16 * i))),
    timelines: chunk.timelines.map(({ timeline: own }) => ({
      name: own.name,
      type: own.type,
      times: plainTimes(columns.times(own), carrier),
    })),
    components: chunk.components.map(({ descriptor }) => {
      const { archetype, component, componentType, type } = descriptor;
      const { valid, offsets, children } = columns.component(descriptor);
      return {
        component,
        ...(archetype === undefined ? {} : { archetype }),
        ...(componentType === undefined ? {} : { component_type: componentType }),
        type: plainType(type),
        cells: Array.from({ length: chunk.numRows }, (_, row) => {
          const instances = children?.[0];
          if (valid?.[row] === 0 || instances === undefined) return null;
          return plainValues(instances, offsets?.[row] ?? 0, offsets?.[row + 1] ?? 0, carrier);
        }),
      };
    }),
  };
}

function plainTimes(times: BigInt64Array, carrier: Carrier): readonly unknown[] {
  if (carrier === "cbor") return Array.from(times);
  return Array.from(times, (time) => {
    const number = Number(time);
    return Number.isSafeInteger(number) ? number : String(time);
  });
}

/**
 * The message that a plain one says.
 *
 * @throws RerunError `invalid-data` and other codes of wrong values
 */
export function parsePlainMessage(plain: unknown): LogMsg {
  if (typeof plain !== "object" || plain === null || !("type" in plain) || !("store" in plain))
    throw wrong("a message with type and store", plain);
  const message = plain as PlainMessage;
  const storeId = parseStore(message.store);
  switch (message.type) {
    case "store-info":
      return {
        kind: "set-store-info",
        storeId,
        rowId: parseTuid(message.row_id),
        source: textOf(message.source, "source"),
      };
    case "blueprint-activation":
      return {
        kind: "blueprint-activation",
        storeId,
        makeActive: message.make_active,
        makeDefault: message.make_default,
      };
    case "chunk":
      return { kind: "chunk", storeId, chunk: parseChunk(message) };
    default:
      throw wrong(
        "a message of type store-info, blueprint-activation or chunk",
        (plain as { type: unknown }).type,
      );
  }
}

const stores = new Map<string, StoreId>();

/** The same object for the same store: what is written of it is made once. */
function parseStore(store: PlainStore): StoreId {
  if (store?.kind !== "recording" && store?.kind !== "blueprint")
    throw wrong("a store of kind recording or blueprint", store?.kind);
  const id: StoreId = {
    kind: store.kind,
    applicationId: textOf(store.application_id, "application_id"),
    recordingId: textOf(store.recording_id, "recording_id"),
  };
  const key = JSON.stringify(id);
  const known = stores.get(key);
  if (known !== undefined) return known;
  if (stores.size > 1000) stores.clear();
  stores.set(key, id);
  return id;
}

function parseTuid(text: unknown): Tuid {
  if (typeof text !== "string" || !/^[0-9a-f]{32}$/i.test(text))
    throw wrong("an id of 32 hex digits", text);
  const part = (at: number): number => Number.parseInt(text.slice(at, at + 8), 16);
  return new Tuid(part(0), part(8), part(16), part(24));
}

function parseChunk(message: Extract<PlainMessage, { type: "chunk" }>): Chunk {
  const { row_ids: ids, timelines, components } = message;
  if (!Array.isArray(ids) || !Array.isArray(timelines) || !Array.isArray(components))
    throw wrong("a chunk with row_ids, timelines and components", message);
  const numRows = ids.length;
  if (numRows === 0) throw wrong("a chunk with rows", message);
  const rowIds = new Uint8Array(16 * numRows);
  ids.forEach((id, i) => parseTuid(id).writeTo(rowIds, 16 * i));
  const times = (timelines as readonly PlainTimeline[])
    .map(({ name, type, times: own }) => {
      if (type !== "sequence" && type !== "duration" && type !== "timestamp")
        throw wrong("a timeline of type sequence, duration or timestamp", type);
      checkRows(own, numRows, name);
      return { timeline: timeline(name, type), times: BigInt64Array.from(own, timeOf) };
    })
    .sort((a, b) => (a.timeline.name < b.timeline.name ? -1 : 1));
  const columns = (components as readonly PlainComponent[]).map((plain) => {
    checkRows(plain.cells, numRows, plain.component);
    const type = parseType(plain.type);
    const descriptor = componentDescriptor(
      plain.archetype,
      textOf(plain.component, "component"),
      plain.component_type,
      type,
    );
    const lists = list(type, true);
    const builder = listBuilder(lists);
    appendRows(
      builder,
      arrayOfPlain(lists, plain.cells),
      { from: 0, to: numRows },
      undefined,
      true,
    );
    return { descriptor, builder };
  });
  return assembleChunk({
    id: parseTuid(message.id),
    entityPath: entityPath(message.entity_path),
    numRows,
    rowIds,
    times,
    columns,
  });
}

function checkRows(values: unknown, rows: number, name: string): void {
  if (!Array.isArray(values) || values.length !== rows)
    throw wrong(`${rows} values of ${name}, one for each row`, values);
}

/** What comes out of a file may be anything. */
function textOf(value: unknown, name: string): string {
  if (typeof value !== "string") throw wrong(`${name} to be a text`, value);
  return value;
}

function timeOf(time: unknown): bigint {
  if (typeof time === "bigint") return time;
  if (typeof time === "number" && Number.isSafeInteger(time)) return BigInt(time);
  if (typeof time === "string" && /^-?\d{1,19}$/.test(time)) return BigInt(time);
  throw wrong("a time as a whole number", time);
}

const wrong = (expected: string, got: unknown): RerunError =>
  new RerunError("invalid-data", `Expected ${expected}, got ${quote(got)}`);
