import { TestScheduler } from "rxjs/testing";
import type { MarbleBlock } from "./marble-doc.ts";

/** What a diagram has at a moment: a letter, `|`, or `#`. */
export interface Mark {
  readonly atMs: number;
  readonly mark: string;
}

const ENDS = { C: "|", E: "#" } as const;

/** The marks of a diagram, in order. */
export function marksOf(diagram: string): Mark[] {
  const { frameTimeFactor } = TestScheduler;
  // As inside of `run`.
  TestScheduler.frameTimeFactor = 1;
  try {
    return TestScheduler.parseMarbles(diagram, undefined, undefined, undefined, true).map(
      ({ frame, notification }) => ({
        atMs: frame,
        mark: notification.kind === "N" ? String(notification.value) : ENDS[notification.kind],
      }),
    );
  } finally {
    TestScheduler.frameTimeFactor = frameTimeFactor;
  }
}

/** Compares what happened with what the lines of a diagram say. */
export class LineCheck {
  readonly #letters: ReadonlyMap<string, string>;
  readonly #expected = new Map<string, readonly string[]>();
  readonly #times = new Map<string, readonly number[]>();
  readonly #actual = new Map<string, string[]>();

  /** @param names of the lines that say what happens */
  constructor({ legend, lines }: MarbleBlock, names: readonly string[]) {
    this.#letters = new Map(Object.entries(legend).map(([letter, text]) => [text, letter]));
    for (const name of names) {
      const marks = marksOf(lines.get(name) ?? "");
      this.#expected.set(
        name,
        marks.map(({ atMs, mark }) => `${atMs} ${mark}`),
      );
      this.#times.set(
        name,
        marks.map(({ atMs }) => atMs),
      );
    }
  }

  /** Takes note: at this moment a line had a text, `|` or `#`. */
  happened(atMs: number, name: string, text: string): void {
    const events = this.#actual.get(name) ?? [];
    this.#actual.set(name, [...events, `${atMs} ${this.#letters.get(text) ?? text}`]);
  }

  /** Whether the diagram has a letter for it. */
  shows(text: string): boolean {
    return this.#letters.has(text);
  }

  /** Whether something that is expected up to this moment has not happened. */
  isBehind(atMs: number): boolean {
    return [...this.#times].some(
      ([name, times]) =>
        times.filter((time) => time <= atMs).length > (this.#actual.get(name)?.length ?? 0),
    );
  }

  /** What happened, and what was to happen, line by line: `3 a` is the letter `a` at 3 ms. */
  get result(): Record<"actual" | "expected", Record<string, readonly string[]>> {
    const names = new Set([...this.#expected.keys(), ...this.#actual.keys()]);
    const of = (events: ReadonlyMap<string, readonly string[]>) =>
      Object.fromEntries([...names].map((name) => [name, events.get(name) ?? []]));
    return { actual: of(this.#actual), expected: of(this.#expected) };
  }
}
