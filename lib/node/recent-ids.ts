import { randomInt } from "node:crypto";
import type { Tuid } from "../tuid.ts";

/** Ids of a generation; there are two at a time. */
const GENERATION = 1 << 19;
const MAX_STORES = 10_000;
/** Numbers in a slot: the id's four, and that of its store, which is never 0. */
const SLOT = 5;

/**
 * The chunk ids that came lately, about the last million, in 20 bytes of memory each and some air.
 *
 * When there are too many, the older half is forgotten: a chunk that is sent again comes soon after a break.
 */
export class RecentIds {
  readonly #stores = new Map<string, number>();
  readonly #limit: number;
  #current: IdTable;
  #previous: IdTable | undefined;

  /** @param limit ids of a generation */
  constructor(limit: number = GENERATION) {
    this.#limit = limit;
    this.#current = new IdTable();
  }

  /** Whether a chunk came lately. */
  has(store: string, id: Tuid): boolean {
    const number = this.#stores.get(store);
    if (number === undefined) return false;
    return this.#current.has(number, id) || this.#previous?.has(number, id) === true;
  }

  /** Takes note of a chunk; false when it is known already. */
  add(store: string, id: Tuid): boolean {
    let number = this.#stores.get(store);
    if (number === undefined) {
      // Somebody makes up stores: what is known is not worth their names.
      if (this.#stores.size >= MAX_STORES) this.#forgetAll();
      number = this.#stores.size + 1;
      this.#stores.set(store, number);
    }
    if (this.#previous?.has(number, id) === true || !this.#current.add(number, id)) return false;
    if (this.#current.size >= this.#limit) {
      this.#previous = this.#current;
      this.#current = new IdTable();
    }
    return true;
  }

  #forgetAll(): void {
    this.#stores.clear();
    this.#previous = undefined;
    this.#current = new IdTable();
  }
}

/** A set with open addressing; at most half of its slots are taken. */
class IdTable {
  // Whoever could foresee where ids go could make all of them meet in one place.
  readonly #seed = randomInt(0x7fff_ffff);
  #slots = new Int32Array(1024 * SLOT);
  #mask = 1023;
  size = 0;

  has(store: number, id: Tuid): boolean {
    return this.#slots[this.#find(store, id.timeHi, id.timeLo, id.incHi, id.incLo) + 4] !== 0;
  }

  /** False when it is in already. */
  add(store: number, id: Tuid): boolean {
    if (!this.#put(store, id.timeHi, id.timeLo, id.incHi, id.incLo)) return false;
    if (++this.size * 2 > this.#mask) this.#grow();
    return true;
  }

  #put(store: number, a: number, b: number, c: number, d: number): boolean {
    const at = this.#find(store, a, b, c, d);
    if (this.#slots[at + 4] !== 0) return false;
    this.#slots[at] = a;
    this.#slots[at + 1] = b;
    this.#slots[at + 2] = c;
    this.#slots[at + 3] = d;
    this.#slots[at + 4] = store;
    return true;
  }

  /** Where it is, or would go. */
  #find(store: number, a: number, b: number, c: number, d: number): number {
    const slots = this.#slots;
    let hash = this.#seed;
    for (const part of [a, b, c, d, store]) {
      hash = Math.imul(hash ^ part, 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * SLOT;
      if (slots[at + 4] === 0) return at;
      if (
        slots[at] === a &&
        slots[at + 1] === b &&
        slots[at + 2] === c &&
        slots[at + 3] === d &&
        slots[at + 4] === store
      )
        return at;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#mask = this.#mask * 2 + 1;
    this.#slots = new Int32Array((this.#mask + 1) * SLOT);
    for (let at = 0; at < old.length; at += SLOT) {
      const [a, b, c, d, store] = old.subarray(at, at + SLOT) as unknown as number[];
      if (store !== 0)
        this.#put(store as number, a as number, b as number, c as number, d as number);
    }
  }
}
