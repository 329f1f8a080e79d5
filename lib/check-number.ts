import { quote, RerunError } from "./errors.ts";

export interface NumberRule {
  /** Smallest value; default 0. */
  readonly min?: number;
  /** Whether `min` itself is too small. */
  readonly above?: boolean;
  /** Whether fractions are refused. */
  readonly whole?: boolean;
  /** Whether `Infinity` is refused. */
  readonly finite?: boolean;
}

/**
 * Returns an option that is a number.
 *
 * @throws RerunError `invalid-argument` when it is none, or out of its range
 */
export function checkNumber(name: string, value: unknown, rule: NumberRule = {}): number {
  const { min = 0, above = false, whole = false, finite = false } = rule;
  if (
    typeof value === "number" &&
    (above ? value > min : value >= min) &&
    (!whole || value === Infinity || Number.isInteger(value)) &&
    (!finite || value !== Infinity)
  )
    return value;
  const kind = `${finite ? "a finite" : "a"}${whole ? " whole" : ""} number`;
  const shown = typeof value === "number" ? `\`${value}\` (number)` : quote(value);
  throw new RerunError(
    "invalid-argument",
    `Expected \`${name}\` to be ${kind} ${above ? `above ${min}` : `from ${min} on`}, got ${shown}`,
  );
}
