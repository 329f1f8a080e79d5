import type { AttachOptions } from "./attachment.ts";
import { DEFAULT_POLICIES, latestKeyOf, lossPolicyOf } from "./data-class.ts";
import { quote, RerunError } from "./errors.ts";
import type { LogMsg } from "./log-msg.ts";
import type { CursorOptions } from "./message-log.ts";

const DEFAULT_BUDGET_BYTES = 256 << 20;
/** Reliable data may take as many times the budget. */
const RELIABLE_FACTOR = 4;

/**
 * How much may wait for a sink, and what goes first.
 *
 * @param failed is told, on a later turn, what a function of the user's throws
 * @throws RerunError `invalid-argument`
 */
export function lossBudget(
  options: AttachOptions,
  failed: (thrown: unknown) => void,
): Required<Pick<CursorOptions<LogMsg>, "budgetBytes" | "triage">> {
  const { budgetBytes = DEFAULT_BUDGET_BYTES, maxAgeMs, policy } = options;
  const { reliableBytes = RELIABLE_FACTOR * budgetBytes } = options;
  for (const [name, value] of Object.entries({ budgetBytes, reliableBytes, maxAgeMs })) {
    if (value !== undefined && !(typeof value === "number" && value >= 0)) {
      throw new RerunError(
        "invalid-argument",
        `Expected \`${name}\` to be a number from 0 on, got ${quote(value)}`,
      );
    }
  }
  const policyOf = lossPolicyOf(policy);
  return {
    budgetBytes,
    triage: {
      policyOf: (message) => {
        try {
          return policyOf(message);
        } catch (thrown) {
          // Not in the middle of a call of `log`.
          queueMicrotask(() => failed(thrown));
          return DEFAULT_POLICIES.other;
        }
      },
      keyOf: latestKeyOf,
      reliableBytes,
      maxAgeMs,
      onHold: (message) => {
        if (message.kind === "chunk") message.chunk.own();
      },
    },
  };
}
