import type { ComponentDescriptor } from "../component-batch.ts";
import { ComponentBatch } from "../component-batch.ts";
import { rejectElement, rejectInput } from "./input-error.ts";

/** A UUID: its usual text of 36 characters, or its 16 bytes. */
export type Uuid = string | Uint8Array | readonly number[];

/** One UUID or many. */
export type UuidInput = Uuid | readonly Uuid[];

const TEXT = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID. */
export function isUuid(text: string): boolean {
  return TEXT.test(text);
}

/** The 16 bytes of a UUID; undefined for everything else. */
export function uuidBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value.length === 16 ? value : undefined;
  if (isBytes(value)) return value.length === 16 ? Uint8Array.from(value) : undefined;
  if (typeof value !== "string" || !isUuid(value)) return undefined;
  const digits = value.replaceAll("-", "");
  return Uint8Array.from({ length: 16 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}

/** Whether a plain array is one of bytes. */
function isBytes(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)
  );
}

/** The usual text of 16 bytes. */
export function uuidText(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** A batch of UUIDs, 16 bytes each. */
export function uuidBatch(descriptor: ComponentDescriptor, value: UuidInput): ComponentBatch {
  const expected = "a UUID as text or as 16 bytes";
  const isList = Array.isArray(value) && !isBytes(value);
  const items = isList ? (value as readonly unknown[]) : [value];
  if (items.length === 0) return ComponentBatch.empty(descriptor);
  const bytes = new Uint8Array(16 * items.length);
  items.forEach((item, i) => {
    const one = uuidBytes(item);
    if (one === undefined) {
      if (isList) rejectElement(descriptor, expected, item, i);
      rejectInput(descriptor, expected, item);
    }
    bytes.set(one, 16 * i);
  });
  return new ComponentBatch(descriptor, items.length, bytes);
}
