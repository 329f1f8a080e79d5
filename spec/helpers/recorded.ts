import { BATCH_PRESETS, RecordingStream, type RecordingStreamOptions } from "../../lib/index.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { memory } from "../../sinks/index.ts";

/** The messages of what is logged: store info first, then chunks. */
export async function recorded(
  log: (rec: RecordingStream) => void | Promise<void>,
  options: RecordingStreamOptions = {},
): Promise<readonly LogMsg[]> {
  const rec = new RecordingStream("spec_app", { sendProperties: false, ...options });
  const sink = memory();
  rec.attach(sink);
  await log(rec);
  await rec.flush();
  const messages = [...sink.messages];
  await rec.close();
  return messages;
}

/** A chunk for each row of what is logged. */
export const ROW_BY_ROW: Pick<RecordingStreamOptions, "batch"> = { batch: BATCH_PRESETS.always };
