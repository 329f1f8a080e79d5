import { RerunError } from "../../lib/errors.ts";

/** The `RerunError` that a promise rejects with; anything else fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<RerunError> {
  let value: unknown;
  try {
    value = await promise;
  } catch (thrown) {
    if (thrown instanceof RerunError) return thrown;
    throw thrown;
  }
  throw new Error(`Expected a rejection, got ${String(value)}`);
}
