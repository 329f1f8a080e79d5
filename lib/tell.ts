import type { Observer } from "rxjs";
import { quote, RerunError } from "./errors.ts";

/** Who is told something: a function, or anything with a `next`, such as a `Subject`. */
export type Told<T> = ((value: T) => void) | Pick<Observer<T>, "next">;

/**
 * The function that tells.
 *
 * @throws RerunError `invalid-argument` when there is none
 */
export function teller<T>(option: string, told: Told<T>): (value: T) => void {
  if (typeof told === "function") return told;
  if (typeof told === "object" && told !== null && typeof told.next === "function")
    return (value) => told.next(value);
  throw new RerunError(
    "invalid-argument",
    `Expected \`${option}\` to be a function or a Subject, got ${quote(told)}`,
  );
}
