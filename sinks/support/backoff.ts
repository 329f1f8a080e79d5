/** Attempts of the first second: a viewer that is being started is met at once. */
const QUICK_ATTEMPTS = 10;
const QUICK_MS = 100;
const GROWTH = 1.5;
const MAX_MS = 3_000;
/** Up to this part of a delay is left out or added, so that many programs do not all come at once. */
const JITTER = 0.3;

/**
 * How long to wait before an attempt to connect, in milliseconds: about 100 for the first ten, then more, up to about
 * three seconds.
 *
 * @param attempt counted from 0
 * @param random from 0 to 1
 */
export function backoffMs(attempt: number, random: number = Math.random()): number {
  const growth = GROWTH ** Math.max(0, attempt - QUICK_ATTEMPTS + 1);
  return Math.min(QUICK_MS * growth, MAX_MS) * (1 + JITTER * (2 * random - 1));
}
