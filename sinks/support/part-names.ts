import { openSync, readdirSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join } from "node:path";
import { quote, RerunError } from "../../lib/errors.ts";

/** Digits of a number in a name, at least. */
const DIGITS = 4;
/** Names that are taken in the meantime, one after the other, before it is called an error. */
const MAX_TAKEN = 10_000;

/** A file of a numbered row. */
export interface NumberedFile {
  readonly number: number;
  readonly path: string;
}

/**
 * Names of numbered files: `run.rrd` becomes `run-0001.rrd`, `run-0002.rrd`, … Counts on from what is there, and never
 * takes a name that exists.
 */
export class PartNames {
  readonly #directory: string;
  readonly #stem: string;
  readonly #extension: string;
  readonly #name: ((number: number) => string) | undefined;
  #last: number | undefined;

  /** @param name of a file by its number, in the directory of `path` unless it is absolute */
  constructor(path: string, name?: (number: number) => string) {
    this.#directory = dirname(path);
    this.#extension = extname(path);
    this.#stem = basename(path, this.#extension);
    this.#name = name;
  }

  /** Creates the next file. Throws what the file system throws. */
  create(): NumberedFile & { readonly fd: number } {
    this.#last ??= this.#name === undefined ? this.#highest() : 0;
    let before: string | undefined;
    for (let taken = 0; ; taken++) {
      const number = ++this.#last;
      const path = this.path(number);
      try {
        return { number, path, fd: openSync(path, "wx") };
      } catch (thrown) {
        // Another process may count, too; a function of the user may give the same name for ever.
        const exists = (thrown as NodeJS.ErrnoException).code === "EEXIST";
        if (!exists || path === before || taken === MAX_TAKEN) throw thrown;
        before = path;
      }
    }
  }

  /** The path of a file by its number. */
  path(number: number): string {
    if (this.#name === undefined) {
      const digits = String(number).padStart(DIGITS, "0");
      return join(this.#directory, `${this.#stem}-${digits}${this.#extension}`);
    }
    const name: unknown = this.#name(number);
    if (typeof name !== "string" || name === "") {
      throw new RerunError(
        "invalid-argument",
        `Expected \`name\` to give the name of a file for part ${number}, got ${quote(name)}`,
      );
    }
    return isAbsolute(name) ? name : join(this.#directory, name);
  }

  /** The files of the row that are there now, in order. None where a function names them. */
  existing(): readonly NumberedFile[] {
    if (this.#name !== undefined) return [];
    const files: NumberedFile[] = [];
    for (const name of readdirSync(this.#directory)) {
      const number = this.#numberOf(name);
      if (number !== undefined) files.push({ number, path: join(this.#directory, name) });
    }
    return files.sort((a, b) => a.number - b.number);
  }

  #highest(): number {
    return this.existing().at(-1)?.number ?? 0;
  }

  #numberOf(name: string): number | undefined {
    const start = `${this.#stem}-`;
    if (!name.startsWith(start) || !name.endsWith(this.#extension)) return undefined;
    const digits = name.slice(start.length, name.length - this.#extension.length);
    if (digits.length < DIGITS || !/^\d+$/.test(digits)) return undefined;
    const number = Number(digits);
    return Number.isSafeInteger(number) ? number : undefined;
  }
}
