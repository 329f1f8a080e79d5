import { decodeCbor } from "./encode/cbor.ts";
import { quote, RerunError } from "./errors.ts";
import type {
  ClientMessage,
  ResumePoint,
  SelectionItem,
  ServerMessage,
  Subscription,
  ViewerCommand,
  ViewerEvent,
} from "./protocol.ts";

/** Longest text in a message from a browser, in UTF-16 units. */
const MAX_TEXT = 4096;
/** Most items of one selection. */
const MAX_SELECTION = 1000;
/** Most names of one kind in a subscription. */
const MAX_SUBSCRIPTION = 1000;

/**
 * Reads a message from a browser or a producer. Bytes of data are a view of `bytes`. Keys that this version does not know are ignored and not passed on.
 *
 * @throws RerunError `invalid-data` (not plain CBOR) or `protocol-error` (not such a message)
 */
export function readClientMessage(bytes: Uint8Array): ClientMessage {
  const fields = record(decodeCbor(bytes, { maxItems: 10_000 }), "a message");
  const type = text(fields, "type");
  switch (type) {
    case "hello": {
      const resume = fields["resume"];
      const subscribe = fields["subscribe"];
      // Version and role are judged by the hub, which has an answer of its own for each.
      return {
        type,
        version: count(fields, "version"),
        role: text(fields, "role") as "viewer",
        ...(resume === undefined ? {} : { resume: readResume(resume) }),
        ...(subscribe === undefined ? {} : { subscribe: readSubscription(subscribe) }),
        ...optional(fields, "token", text),
      };
    }
    case "ack":
      return { type, seq: count(fields, "seq"), bytes: count(fields, "bytes") };
    case "data":
      return { type, bytes: byteString(fields, "bytes") };
    case "viewer-event":
      return { type, event: readViewerEvent(fields["event"]) };
    default:
      throw wrong("type", "hello, ack, data or viewer-event", type);
  }
}

/**
 * Reads a message from a hub; undefined for types of later versions, which are to be ignored.
 * `frames` and `header` are views of `bytes`.
 *
 * @throws RerunError `invalid-data` (not plain CBOR) or `protocol-error` (not such a message)
 */
export function readServerMessage(bytes: Uint8Array): ServerMessage | undefined {
  const fields = record(decodeCbor(bytes, { maxItems: 10_000_000 }), "a message");
  const type = text(fields, "type");
  switch (type) {
    case "hello": {
      const server = record(fields["server"], "server");
      return {
        type,
        version: count(fields, "version"),
        session: text(fields, "session"),
        server: { name: text(server, "name"), version: text(server, "version") },
        rerun: text(fields, "rerun"),
        header: byteString(fields, "header"),
        next: count(fields, "next"),
        window: count(fields, "window"),
        maxMessage: count(fields, "maxMessage"),
        ...optional(fields, "alive", count),
      };
    }
    case "messages": {
      const frames = byteString(fields, "frames");
      const sizes = list(fields, "sizes", Number.POSITIVE_INFINITY);
      const sum = sizes.reduce<number>(
        (total, size) => total + (typeof size === "number" ? size : NaN),
        0,
      );
      if (sum !== frames.length) throw wrong("sizes", "the sizes of frames", sizes);
      return {
        type,
        seq: count(fields, "seq"),
        next: count(fields, "next"),
        ...optional(fields, "back", count),
        sizes: sizes as number[],
        frames,
      };
    }
    case "alive":
      return { type, ...optional(fields, "next", count) };
    case "taken":
      return {
        type,
        frames: count(fields, "frames"),
        bytes: count(fields, "bytes"),
        refused: count(fields, "refused"),
      };
    case "dropped":
      return { type, messages: count(fields, "messages") };
    case "command": {
      const command = record(fields["command"], "command");
      text(command, "action");
      // The other fields are checked by the viewer that gets them.
      const time = command["time"] === undefined ? {} : { time: number(command, "time") };
      return { type, command: { ...command, ...time } as unknown as ViewerCommand };
    }
    case "error":
      return {
        type,
        code: text(fields, "code") as "bad-message",
        message: text(fields, "message"),
      };
    case "bye":
      return { type, reason: text(fields, "reason") };
    default:
      return undefined;
  }
}

function readResume(value: unknown): ResumePoint {
  const fields = record(value, "resume");
  return {
    session: text(fields, "session"),
    seq: count(fields, "seq"),
    ...optional(fields, "back", count),
  };
}

function readSubscription(value: unknown): Subscription {
  const fields = record(value, "subscribe");
  return {
    ...optional(fields, "stores", storeKinds),
    ...optional(fields, "recordings", texts),
    ...optional(fields, "entities", texts),
  };
}

function storeKinds(fields: Fields, key: string): ("recording" | "blueprint")[] {
  return texts(fields, key).map((kind) => {
    if (kind !== "recording" && kind !== "blueprint")
      throw wrong(key, "recording or blueprint", kind);
    return kind;
  });
}

function readViewerEvent(value: unknown): ViewerEvent {
  const fields = record(value, "event");
  const base = {
    applicationId: text(fields, "applicationId"),
    recordingId: text(fields, "recordingId"),
  };
  const type = text(fields, "type");
  switch (type) {
    case "play":
    case "pause":
      return { type, ...base };
    case "time_update":
      return { type, ...base, time: number(fields, "time") };
    case "timeline_change":
      return { type, ...base, timeline: text(fields, "timeline"), time: number(fields, "time") };
    case "selection_change":
      return { type, ...base, items: list(fields, "items", MAX_SELECTION).map(readSelectionItem) };
    case "recording_open":
      return {
        type,
        ...base,
        source: text(fields, "source"),
        ...optional(fields, "version", text),
      };
    default:
      throw wrong("event type", "one of the viewer's", type);
  }
}

function readSelectionItem(value: unknown): SelectionItem {
  const fields = record(value, "a selected item");
  const type = text(fields, "type");
  switch (type) {
    case "entity": {
      const position = fields["position"];
      return {
        type,
        entityPath: text(fields, "entityPath"),
        ...optional(fields, "instanceId", count),
        ...optional(fields, "viewName", text),
        ...(position === undefined ? {} : { position: readPosition(fields) }),
      };
    }
    case "view":
      return { type, viewId: text(fields, "viewId"), viewName: text(fields, "viewName") };
    case "container":
      return {
        type,
        containerId: text(fields, "containerId"),
        containerName: text(fields, "containerName"),
      };
    default:
      throw wrong("item type", "entity, view or container", type);
  }
}

function readPosition(fields: Fields): [number, number, number] {
  const values = list(fields, "position", 3);
  if (values.length !== 3 || !values.every((value) => typeof value === "number"))
    throw wrong("position", "three numbers", values);
  return values as [number, number, number];
}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown, name: string): Fields {
  if (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    ArrayBuffer.isView(value)
  )
    throw wrong(name, "a map", value);
  return value as Fields;
}

function text(fields: Fields, key: string): string {
  const value = fields[key];
  if (typeof value !== "string" || value.length > MAX_TEXT)
    throw wrong(key, `a text of at most ${MAX_TEXT} characters`, value);
  return value;
}

function texts(fields: Fields, key: string): string[] {
  const values = list(fields, key, MAX_SUBSCRIPTION);
  for (const value of values) {
    if (typeof value !== "string" || value.length > MAX_TEXT)
      throw wrong(key, `texts of at most ${MAX_TEXT} characters`, value);
  }
  return values as string[];
}

function number(fields: Fields, key: string): number {
  const value = fields[key];
  const plain = typeof value === "bigint" ? Number(value) : value;
  if (typeof plain !== "number" || !Number.isFinite(plain)) throw wrong(key, "a number", value);
  return plain;
}

/** A whole number from 0 to 2^53 - 1; 64-bit integers come out of the decoder as bigint. */
function count(fields: Fields, key: string): number {
  const value = fields[key];
  const plain = typeof value === "bigint" ? Number(value) : value;
  if (typeof plain !== "number" || !Number.isSafeInteger(plain) || plain < 0)
    throw wrong(key, "a whole number, 0 or above", value);
  return plain;
}

function byteString(fields: Fields, key: string): Uint8Array {
  const value = fields[key];
  if (!(value instanceof Uint8Array)) throw wrong(key, "a byte string", value);
  return value;
}

function list(fields: Fields, key: string, most: number): unknown[] {
  const value = fields[key];
  if (!Array.isArray(value) || value.length > most)
    throw wrong(key, `an array of at most ${most}`, value);
  return value;
}

/** A field that may be absent; absent ones stay so. */
function optional<K extends string, T>(
  fields: Fields,
  key: K,
  read: (fields: Fields, key: string) => T,
): { [P in K]?: T } {
  return (fields[key] === undefined ? {} : { [key]: read(fields, key) }) as { [P in K]?: T };
}

function wrong(name: string, expected: string, got: unknown): RerunError {
  return new RerunError("protocol-error", `Expected ${name} to be ${expected}, got ${quote(got)}`);
}
