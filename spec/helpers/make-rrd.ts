import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { RrdSource } from "../../lib/decode/byte-input.ts";
import { readRrd } from "../../lib/decode/read-rrd.ts";
import type { Compression } from "../../lib/encode/rrd.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import type { RecordingStreamOptions } from "../../lib/recording-options.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { memory } from "../../sinks/memory.ts";

/** What a body logs, as messages. Without properties, `log_time` and `log_tick` unless asked for. */
export async function messagesOf(
  body: (rec: RecordingStream) => void,
  options: RecordingStreamOptions = {},
): Promise<readonly LogMsg[]> {
  const rec = new RecordingStream("spec", {
    sendProperties: false,
    logTime: false,
    logTick: false,
    recordingId: "rec",
    ...options,
  });
  const sink = memory();
  rec.attach(sink);
  body(rec);
  await rec.close();
  return sink.messages;
}

/** Messages as a complete file. */
export function rrdOf(
  messages: readonly LogMsg[],
  options: { readonly compression?: Compression } = {},
): Uint8Array {
  const sink = memory();
  sink.write(messages);
  return sink.toRrd(options);
}

/** All messages of a recording. */
export async function readAll(source: RrdSource): Promise<LogMsg[]> {
  const messages: LogMsg[] = [];
  for await (const message of readRrd(source, { strict: true })) messages.push(message);
  return messages;
}

/** Versions of the official SDK that wrote a fixture. */
export const OLD_VERSIONS: readonly string[] = [
  "0.23",
  "0.24",
  "0.25",
  "0.26",
  "0.27",
  "0.28",
  "0.29",
  "0.30",
  "0.31",
  "0.32",
];

/** What `spec/fixtures/versions/write.py` wrote with such a version. */
export async function oldRrd(version: string): Promise<Uint8Array> {
  const path = fileURLToPath(new URL(`../fixtures/versions/${version}.rrd.gz`, import.meta.url));
  return new Uint8Array(gunzipSync(await readFile(path)));
}
