import { save } from "../../../../sinks/save.ts";
import { stdout } from "../../../../sinks/stdout.ts";
import type { LogMsg } from "../../../log-msg.ts";
import type { Delivery } from "../../../sink.ts";
import type { TransformArguments } from "./flags.ts";
import { checkOutput, readSources, type SourceDamage } from "./read-sources.ts";

/** What a command does with each message, in order. */
export interface Transform {
  /** What becomes of a message: any number of messages. */
  each(message: LogMsg): Iterable<LogMsg>;
  /** What is left at the end. */
  end?(): Iterable<LogMsg>;
}

/** A file, or standard output, that is being written. */
interface Output {
  write(messages: readonly LogMsg[]): Delivery | undefined;
  close(): Promise<void> | undefined;
}

/**
 * Reads recordings, changes messages, writes a recording: the frame of all commands that do.
 *
 * @returns the exit code: 1 when something could not be read
 */
export async function runTransform(
  { sources, output, continueOnError }: TransformArguments,
  transform: Transform,
): Promise<number> {
  checkOutput(sources, output);
  let damaged = 0;
  const onDamage = (damage: SourceDamage): void => {
    // A file that ends in the middle of a message is what a program leaves that was killed: all before is whole.
    const isTail = damage.byteLength !== undefined && damage.error.message.includes("cut off");
    if (!continueOnError && !isTail) throw damage.error;
    if (!isTail) damaged++;
    console.error(`rerun-rx: ${damage.source}: ${damage.error.message}`);
  };
  let sink: Output | undefined;
  // Made when the first source has been found in order: a mistyped name must not cost an old file.
  const open = (): Output =>
    (sink ??= output === undefined ? stdout() : save(output, { overwrite: true }));
  const write = async (messages: Iterable<LogMsg>): Promise<void> => {
    const list = [...messages];
    if (list.length > 0) await open().write(list)?.ready;
  };
  try {
    for await (const { message } of readSources(sources, { onDamage }))
      await write(transform.each(message));
    await write(transform.end?.() ?? []);
    open();
  } finally {
    await sink?.close();
  }
  return damaged > 0 ? 1 : 0;
}

/** Leaves out what is there twice: announcements of stores, and chunks with an id that came before. */
export class Once {
  readonly #seen = new Set<string>();

  /** Whether a message is new. */
  accepts(message: LogMsg): boolean {
    const { kind, applicationId, recordingId } = message.storeId;
    const store = `${kind}\n${applicationId}\n${recordingId}`;
    if (message.kind === "blueprint-activation") return true;
    const key = message.kind === "chunk" ? `${store}\n${message.chunk.id.toString()}` : store;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }
}
