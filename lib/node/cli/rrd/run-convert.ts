import { createReadStream, createWriteStream } from "node:fs";
import { extname } from "node:path";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { save } from "../../../../sinks/save.ts";
import { stdout } from "../../../../sinks/stdout.ts";
import { encodeCbor } from "../../../encode/cbor.ts";
import { RerunError } from "../../../errors.ts";
import type { LogMsg } from "../../../log-msg.ts";
import { parsePlainMessage, plainMessage } from "../../../rrd/plain-message.ts";
import { readError } from "../../read-error.ts";
import type { TransformArguments } from "./flags.ts";
import { readCborSequence, readJsonLines } from "./plain-files.ts";
import { checkOutput, readSources, type SourceDamage } from "./read-sources.ts";

const FORMATS = ["rrd", "jsonl", "cbors"] as const;
type Format = (typeof FORMATS)[number];

/** What the command line says. */
export interface ConvertArguments extends Omit<TransformArguments, "sources"> {
  readonly source: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

const BY_NAME: Readonly<Record<string, Format>> = {
  ".rrd": "rrd",
  ".rbl": "rrd",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".cbors": "cbors",
  ".cborseq": "cbors",
};

/** Converts one file, message by message. */
export async function runConvert(argv: ConvertArguments): Promise<number> {
  const { source, output, continueOnError } = argv;
  checkOutput([source], output);
  const from = formatOf(argv.from, source, "--from");
  const to = formatOf(argv.to, output ?? "", "--to");
  let damaged = false;
  const onDamage = (damage: Pick<SourceDamage, "source" | "error">): void => {
    if (!continueOnError) throw damage.error;
    damaged = true;
    console.error(`rerun-rx: ${damage.source}: ${damage.error.message}`);
  };
  const messages = from === "rrd" ? recorded(source, onDamage) : plain(source, from, onDamage);
  if (to === "rrd") await writeRrd(messages, output);
  else await writePlain(messages, to, output);
  return damaged ? 1 : 0;
}

function formatOf(flag: string | undefined, name: string, flagName: string): Format {
  const found = FORMATS.find((format) => format === flag) ?? BY_NAME[extname(name).toLowerCase()];
  if (found !== undefined) return found;
  throw new RerunError(
    "invalid-argument",
    `Expected ${flagName} or a name that ends in .rrd, .jsonl or .cbors, got ${name === "" ? "neither" : name}`,
  );
}

type OnDamage = (damage: Pick<SourceDamage, "source" | "error">) => void;

async function* recorded(source: string, onDamage: OnDamage): AsyncGenerator<LogMsg> {
  for await (const { message } of readSources([source], { onDamage })) yield message;
}

async function* plain(
  source: string,
  format: "jsonl" | "cbors",
  onDamage: OnDamage,
): AsyncGenerator<LogMsg> {
  const input: Readable = source === "-" ? process.stdin : createReadStream(source);
  const items = format === "jsonl" ? readJsonLines(input) : readCborSequence(input);
  let number = 0;
  try {
    for await (const item of items) {
      number++;
      try {
        if (item instanceof RerunError) throw item;
        yield parsePlainMessage(item);
      } catch (thrown) {
        if (!(thrown instanceof RerunError)) throw thrown;
        const error = new RerunError("invalid-data", `message ${number}: ${thrown.message}`, {
          cause: thrown,
        });
        onDamage({ source, error });
      }
    }
  } catch (thrown) {
    if (thrown instanceof RerunError) throw thrown;
    throw (thrown as NodeJS.ErrnoException).code === undefined ? thrown : readError(thrown, source);
  }
}

async function writeRrd(
  messages: AsyncIterable<LogMsg>,
  output: string | undefined,
): Promise<void> {
  const sink = output === undefined ? stdout() : save(output, { overwrite: true });
  try {
    for await (const message of messages) await sink.write([message])?.ready;
  } finally {
    await sink.close();
  }
}

async function writePlain(
  messages: AsyncIterable<LogMsg>,
  format: "jsonl" | "cbors",
  output: string | undefined,
): Promise<void> {
  const target: Writable = output === undefined ? process.stdout : createWriteStream(output);
  const encoded = async function* (): AsyncGenerator<Uint8Array | string> {
    for await (const message of messages)
      yield format === "jsonl"
        ? `${JSON.stringify(plainMessage(message, "json"))}\n`
        : encodeCbor(plainMessage(message, "cbor"));
  };
  try {
    await pipeline(encoded, target, { end: output !== undefined });
  } catch (thrown) {
    // Whoever read our output has seen enough.
    if ((thrown as NodeJS.ErrnoException).code !== "EPIPE") throw thrown;
  }
}
