/** Dead entries are looked for when this many are there, and again when twice as many live ones are. */
const SWEEP_FROM = 1024;

/**
 * Keeps one object for each key, as long as someone uses it: equal things can be compared with `===`, and names that
 * come out of files cannot fill the memory.
 */
export class Interned<T extends object> {
  readonly #refs = new Map<string, WeakRef<T>>();
  #sweepAt = SWEEP_FROM;

  /** The object of this key, made if there is none. */
  get(key: string, make: () => T): T {
    const found = this.#refs.get(key)?.deref();
    if (found !== undefined) return found;
    if (this.#refs.size >= this.#sweepAt) this.#sweep();
    const made = make();
    this.#refs.set(key, new WeakRef(made));
    return made;
  }

  /** Keys that are held; some may belong to objects that are gone. */
  get size(): number {
    return this.#refs.size;
  }

  #sweep(): void {
    for (const [key, ref] of this.#refs) if (ref.deref() === undefined) this.#refs.delete(key);
    this.#sweepAt = Math.max(SWEEP_FROM, 2 * this.#refs.size);
  }
}
