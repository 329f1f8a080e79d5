import { totalmem } from "node:os";
import { parseBytes } from "../batch-config.ts";
import { quote, RerunError } from "../errors.ts";

/**
 * Reads a limit of memory as the official command line writes it: `1GiB`, `4GB`, `50%` of the memory of this machine,
 * `0`, or `unlimited`, `none`, `max`.
 *
 * @param name of the option, for the message
 * @returns bytes
 * @throws RerunError `invalid-argument`
 */
export function parseMemoryLimit(text: string, name: string): number {
  const trimmed = text.trim();
  if (/^(unlimited|none|max)$/i.test(trimmed)) return Number.MAX_SAFE_INTEGER;
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(trimmed)?.[1];
  const bytes =
    percent === undefined ? parseBytes(trimmed) : Math.round((Number(percent) / 100) * totalmem());
  if (bytes === undefined || !Number.isSafeInteger(bytes) || Number(percent ?? 0) > 100)
    throw new RerunError(
      "invalid-argument",
      `Expected ${name} to be a size such as "1GiB", a share such as "50%", or "unlimited", got ${quote(text)}`,
    );
  return bytes;
}
