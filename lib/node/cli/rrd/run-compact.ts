import { mergeChunks } from "../../../../operators/merge-chunks.ts";
import type { LogMsg } from "../../../log-msg.ts";
import { Subject } from "../../../rxjs.ts";
import { parseMemoryLimit } from "../../memory-limit.ts";
import type { TransformArguments } from "./flags.ts";
import { Once, runTransform } from "./transform.ts";

/** What the command line says. */
export interface CompactArguments extends TransformArguments {
  readonly maxRows?: number | undefined;
  readonly maxRowsIfUnsorted?: number | undefined;
  readonly maxSize?: string | undefined;
}

/** Merges small chunks; memory holds those of all entities that are not full yet. */
export async function runCompact(argv: CompactArguments): Promise<number> {
  const size = argv.maxSize ?? process.env["RERUN_CHUNK_MAX_BYTES"] ?? "2MiB";
  const input = new Subject<LogMsg>();
  let output: LogMsg[] = [];
  input
    .pipe(
      mergeChunks({
        maxDelayMs: Number.POSITIVE_INFINITY,
        maxRows: numberOf(argv.maxRows, "RERUN_CHUNK_MAX_ROWS", 65_536),
        maxRowsIfUnsorted: numberOf(
          argv.maxRowsIfUnsorted,
          "RERUN_CHUNK_MAX_ROWS_IF_UNSORTED",
          8192,
        ),
        maxBytes: parseMemoryLimit(size, "--max-size"),
        maxWaitingBytes: Number.MAX_SAFE_INTEGER,
      }),
    )
    .subscribe((message) => output.push(message));
  const taken = (): readonly LogMsg[] => {
    const messages = output;
    output = [];
    return messages;
  };
  const once = new Once();
  return await runTransform(argv, {
    each: (message) => {
      if (once.accepts(message)) input.next(message);
      return taken();
    },
    end: () => {
      input.complete();
      return taken();
    },
  });
}

function numberOf(flag: number | undefined, variable: string, otherwise: number): number {
  return flag ?? Number(process.env[variable] ?? otherwise);
}
