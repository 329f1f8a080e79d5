import { readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { isatty } from "node:tty";
import type { RrdSource } from "../../decode/byte-input.ts";
import { quote, RerunError } from "../../errors.ts";
import { parseRerunUrl, type RerunUrl } from "../../rerun-url.ts";
import { readError } from "../read-error.ts";
import { isRecording } from "./completions.ts";
import { suggest } from "./suggest.ts";

/** Something to open, as it was named. */
export type Source =
  | { readonly kind: "file"; readonly name: string; readonly path: string; readonly bytes: number }
  | { readonly kind: "web"; readonly name: string; readonly url: string }
  | { readonly kind: "stdin"; readonly name: string }
  | { readonly kind: "proxy"; readonly name: string; readonly target: RerunUrl };

const STDIN = 0;
/** With these a recording begins: the format as it is, and older forms of it that viewers tell about. */
const MAGIC = /^RRF\d/;

/**
 * Understands what is to be opened: a file, `-` for standard input, the URL of a recording, or that of a viewer.
 *
 * @param commands that could have been meant in place of a file
 * @throws RerunError `file-missing`, `permission-denied`, `invalid-data` when it is no recording, `invalid-argument`
 */
export async function parseSource(text: string, commands: readonly string[]): Promise<Source> {
  if (text === "-") {
    if (isatty(STDIN))
      throw new RerunError(
        "invalid-argument",
        "Expected a recording on standard input, got a terminal; pipe one in, as in `cat a.rrd | rerun-rx -`",
      );
    return { kind: "stdin", name: "standard input" };
  }
  if (/^https?:\/\//i.test(text)) return { kind: "web", name: nameOfUrl(text), url: text };
  if (/^rerun([+ ]https?)?:\/\//i.test(text)) {
    const target = parseRerunUrl(text);
    return { kind: "proxy", name: target.url, target };
  }
  const bytes = await checkFile(text, commands);
  return { kind: "file", name: basename(text), path: text, bytes };
}

function nameOfUrl(text: string): string {
  if (!URL.canParse(text))
    throw new RerunError("invalid-argument", `Expected the URL of a recording, got ${quote(text)}`);
  const url = new URL(text);
  return basename(url.pathname) || url.host;
}

async function checkFile(path: string, commands: readonly string[]): Promise<number> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    const meant = suggest(path, [...commands, ...neighbours(path)]);
    const advice = meant === undefined ? "" : `; did you mean \`${meant}\`?`;
    throw new RerunError(
      "file-missing",
      `Expected a file or a URL, found no ${quote(path)}${advice}`,
    );
  }
  if (stats.isDirectory())
    throw new RerunError(
      "invalid-argument",
      `Expected a file, got a folder; name files, as in \`rerun-rx ${path.replace(/\/$/, "")}/*.rrd\``,
    );
  // A pipe has no beginning to look at beforehand.
  if (stats.isFile()) await checkMagic(path);
  return stats.size;
}

async function checkMagic(path: string): Promise<void> {
  let head: Buffer;
  try {
    const file = await open(path);
    try {
      head = (await file.read(Buffer.alloc(4), 0, 4, 0)).buffer;
    } finally {
      await file.close();
    }
  } catch (thrown) {
    throw readError(thrown, path);
  }
  if (!MAGIC.test(head.toString("latin1")))
    throw new RerunError(
      "invalid-data",
      `Expected a recording (.rrd) or a blueprint (.rbl), the file is neither; the native viewer opens more kinds of files: ${path}`,
    );
}

/** Recordings in the folder of a file that is not there. */
function neighbours(path: string): string[] {
  try {
    const prefix = path.slice(0, path.length - basename(path).length);
    return readdirSync(dirname(path))
      .filter(isRecording)
      .map((name) => prefix + name);
  } catch {
    return [];
  }
}

/** What {@link openInput} opens. */
export function inputOf(source: Exclude<Source, { kind: "proxy" }>): RrdSource {
  switch (source.kind) {
    case "file":
      return source.path;
    case "stdin":
      return process.stdin;
    case "web":
      return source.url;
  }
}
