import { basename } from "node:path";
import { save } from "../../../../sinks/save.ts";
import { type RepairReport, repairRrd } from "../../../decode/repair-rrd.ts";
import { RerunError } from "../../../errors.ts";
import { Progress } from "../progress.ts";
import { inputOf, parseSource } from "../sources.ts";
import { formatCount } from "./format.ts";
import { checkOutput } from "./read-sources.ts";

/** What the command line says. */
export interface RepairArguments {
  readonly source: string;
  readonly json: boolean;
  readonly output?: string | undefined;
  readonly overwrite: boolean;
}

/** Lost parts that are told one by one. */
const MAX_TOLD = 20;

/** Writes what is whole of a file, and tells what is lost. */
export async function runRepair({
  source: name,
  json,
  output,
  overwrite,
}: RepairArguments): Promise<number> {
  checkOutput([name], output);
  const source = await openable(name);
  const progress = new Progress(basename(name), source.bytes);
  let done = 0;
  const repair = repairRrd(source.input, {
    onProgress: (bytes) => {
      progress.add(bytes - done);
      done = bytes;
    },
  });
  const sink = output === undefined ? undefined : save(output, { overwrite });
  try {
    for await (const message of repair) await sink?.write([message])?.ready;
  } finally {
    progress.end();
    await sink?.close();
  }
  const { report } = repair;
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else console.error(reportText(name, report));
  return report.lostBytes === 0 && report.lostMessages === 0 ? 0 : 1;
}

async function openable(
  name: string,
): Promise<{ readonly input: Parameters<typeof repairRrd>[0]; readonly bytes: number }> {
  try {
    const source = await parseSource(name, []);
    if (source.kind !== "proxy")
      return { input: inputOf(source), bytes: source.kind === "file" ? source.bytes : 0 };
  } catch (thrown) {
    // Its beginning may be what is damaged.
    if (thrown instanceof RerunError && thrown.code === "invalid-data")
      return { input: name, bytes: 0 };
    throw thrown;
  }
  throw new RerunError(
    "invalid-argument",
    `Expected a file or the URL of one, got the URL of a viewer: ${name}`,
  );
}

function reportText(name: string, report: RepairReport): string {
  const { losses, lostMessages, lostBytes, messages, chunks, rows, withoutHeader } = report;
  const lines = losses
    .slice(0, MAX_TOLD)
    .map(
      ({ offset, byteLength, reason }) =>
        `  at byte ${offset}: ${formatCount(byteLength)} bytes; ${reason}`,
    );
  if (losses.length > MAX_TOLD) lines.push(`  and ${losses.length - MAX_TOLD} more parts`);
  const kept = `kept ${formatCount(messages)} messages, ${formatCount(chunks)} chunks with ${formatCount(rows)} rows`;
  const found =
    withoutHeader === 0 ? "" : ` (${formatCount(withoutHeader)} of them found without a header)`;
  const lost =
    lostBytes === 0 && lostMessages === 0
      ? "nothing is lost"
      : `lost ${formatCount(lostMessages)} messages, ${formatCount(lostBytes)} bytes:`;
  return [`${name}: ${kept}${found}; ${lost}`, ...lines].join("\n");
}
