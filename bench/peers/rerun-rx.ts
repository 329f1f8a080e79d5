import type { BatchConfig } from "../../lib/batch-config.ts";
import type { Compression } from "../../lib/encode/rrd.ts";
import { RecordingStream, type RecordingStreamOptions } from "../../lib/index.ts";
import { save } from "../../sinks/save.ts";
import { type Amount, timed } from "../harness/timed.ts";
import type { CaseInput, Run } from "../harness/workload.ts";

/** The settings with which all SDKs are compared: 4096 rows, 2 MiB, no timer. */
export const EQUAL_BATCHING: Partial<BatchConfig> = {
  flushTickMs: Number.POSITIVE_INFINITY,
  flushNumBytes: 2 << 20,
  flushNumRows: 4096,
};

/** Chunks of 4096 rows, whatever their size. */
export const EQUAL_ROWS: Partial<BatchConfig> = {
  ...EQUAL_BATCHING,
  flushNumBytes: Number.POSITIVE_INFINITY,
};

export interface RerunRxOptions extends RecordingStreamOptions {
  readonly compression?: Compression;
}

/** Times what `body` logs until the file is closed. Fails when a row is missing. */
export function rerunRx(
  { file }: CaseInput,
  amount: Amount,
  options: RerunRxOptions,
  body: (rec: RecordingStream) => void | Promise<void>,
): Run {
  const { compression = "lz4", ...others } = options;
  return async () => {
    const rec = new RecordingStream("rerun_rx_bench", others);
    rec.attach(save(file, { compression, overwrite: true }));
    const measured = await timed(amount, async () => {
      const pending = body(rec);
      if (pending !== undefined) await pending;
      const { complete } = await rec.close();
      if (!complete) throw new Error("some rows did not reach the file");
    });
    return measured;
  };
}
