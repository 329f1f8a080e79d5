import { sha1 } from "@noble/hashes/legacy.js";
import { isUuid, uuidBytes, uuidText } from "../components/uuid.ts";
import { quote, RerunError } from "../errors.ts";

/** The namespace of ids made from text alone; any UUID would do, as long as it stays. */
const NAMESPACE = "8f2b1f0e-6d0c-5c55-9f0a-3b8f6f0f6a51";

/** A UUID from a text: the same one for the same text. */
export function uuidOf(text: string, namespace: string = NAMESPACE): string {
  const bytes = new Uint8Array([
    ...(uuidBytes(namespace) ?? []),
    ...new TextEncoder().encode(text),
  ]);
  const id = sha1(bytes).subarray(0, 16);
  // Version 5, and the variant of RFC 9562.
  id[6] = ((id[6] as number) & 0x0f) | 0x50;
  id[8] = ((id[8] as number) & 0x3f) | 0x80;
  return uuidText(id);
}

/**
 * Gives the parts of one blueprint their ids.
 *
 * They follow from the seed and from what a part is, not from where it stands: a view keeps its id when another
 * one is put before it, and the viewer what it knows of that view.
 */
export class PartIds {
  readonly #namespace: string;
  readonly #counts = new Map<string, number>();
  readonly #taken = new Set<string>();

  constructor(seed: string) {
    this.#namespace = uuidOf(seed);
  }

  /**
   * @param own the id that the part was given, if any: a UUID, or a text that becomes one
   * @param nature what the part is; equal ones are counted
   * @throws RerunError `invalid-argument` when the part's own id is that of another one
   */
  idOf(own: string | undefined, nature: readonly (string | undefined)[]): string {
    if (own !== undefined) {
      const id = isUuid(own) ? own.toLowerCase() : uuidOf(own);
      if (this.#taken.has(id)) {
        throw new RerunError(
          "invalid-argument",
          `Expected each part of a blueprint to have an id of its own, got ${quote(own)} twice`,
        );
      }
      this.#taken.add(id);
      return id;
    }
    const key = JSON.stringify(nature);
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    return uuidOf(`${key} ${count}`, this.#namespace);
  }
}
