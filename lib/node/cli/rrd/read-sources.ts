import { resolve } from "node:path";
import { type ByteInput, openInput } from "../../../decode/byte-input.ts";
import { RrdDecoder } from "../../../decode/rrd-decoder.ts";
import { type RrdDamage, type RrdItem, RrdParser } from "../../../decode/rrd-parser.ts";
import { RerunError } from "../../../errors.ts";
import type { LogMsg } from "../../../log-msg.ts";
import { Progress } from "../progress.ts";
import { inputOf, parseSource } from "../sources.ts";

/** What could not be read of a source. */
export interface SourceDamage extends RrdDamage {
  /** Name of the source. */
  readonly source: string;
}

export interface ReadSourcesOptions {
  /** Told of what is passed over. What it throws ends the reading. */
  readonly onDamage: (damage: SourceDamage) => void;
}

/**
 * Reads files, URLs and standard input one after the other, with a bar on a terminal.
 *
 * @param names none: standard input
 */
export async function* readSources(
  names: readonly string[],
  { onDamage }: ReadSourcesOptions,
): AsyncGenerator<{ readonly source: string; readonly message: LogMsg }> {
  for (const name of names.length === 0 ? ["-"] : names) {
    const decoder = new RrdDecoder({
      onDamage: (damage) => onDamage({ ...damage, source: name }),
    });
    for await (const block of blocksOf(name)) {
      decoder.push(block);
      for (let message = decoder.next(); message !== undefined; message = decoder.next())
        yield { source: name, message };
      if (decoder.done) break;
    }
    decoder.end();
  }
}

/** The same, without decoding anything but the frames of messages. */
export async function* readItems(
  names: readonly string[],
): AsyncGenerator<{ readonly source: string; readonly item: RrdItem }> {
  for (const name of names.length === 0 ? ["-"] : names) {
    const parser = new RrdParser();
    for await (const block of blocksOf(name)) {
      parser.push(block);
      for (let item = parser.next(); item !== undefined; item = parser.next())
        yield { source: name, item };
      if (parser.done) break;
    }
    const item = parser.end();
    if (item !== undefined) yield { source: name, item };
  }
}

async function* blocksOf(name: string): AsyncGenerator<Uint8Array> {
  const source = await parseSource(name, []);
  if (source.kind === "proxy")
    throw new RerunError(
      "invalid-argument",
      `Expected files or URLs of files, got the URL of a viewer: ${name}`,
    );
  const input: ByteInput = await openInput(inputOf(source));
  const progress = new Progress(source.name, source.kind === "file" ? source.bytes : 0);
  try {
    for (let block = await input.read(); block !== undefined; block = await input.read()) {
      yield block;
      progress.add(block.length);
    }
  } finally {
    progress.end();
    await input.close();
  }
}

/**
 * Fails when a file would be written over one that is read.
 *
 * @throws RerunError `invalid-argument`
 */
export function checkOutput(sources: readonly string[], output: string | undefined): void {
  if (output === undefined || !sources.some((source) => resolve(source) === resolve(output)))
    return;
  throw new RerunError(
    "invalid-argument",
    `Expected --output to be another file than those that are read, got ${output}`,
  );
}
