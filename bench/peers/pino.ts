import { once } from "node:events";
import pino, { type Logger } from "pino";
import { type Amount, timed } from "../harness/timed.ts";
import type { CaseInput, Run } from "../harness/workload.ts";

/** Opens a log file. Of all sizes of the buffer that were tried, with `sync` and without, this one is the fastest. */
export function openPino(
  file: string,
  sync: boolean,
): { readonly logger: Logger; close: () => Promise<void> } {
  const destination = pino.destination({ dest: file, sync, minLength: 4096 });
  // No process id and host name in each line: nobody else writes those.
  const logger = pino({ base: null }, destination);
  return {
    logger,
    close: async () => {
      const closed = once(destination, "close");
      destination.end();
      await closed;
    },
  };
}

/** Times lines of JSON until the file is closed. */
export function pinoFile({ file }: CaseInput, amount: Amount, body: (logger: Logger) => void): Run {
  return async () => {
    const { logger, close } = openPino(file, true);
    return await timed(amount, async () => {
      body(logger);
      await close();
    });
  };
}
