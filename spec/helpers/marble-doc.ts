/** A diagram in a document: a code block of kind `marbles`. */
export interface MarbleBlock {
  /** Line of its first line in the document, counted from 1. */
  readonly line: number;
  /** Its first line, as in `throttleEntities(5)`. */
  readonly title: string;
  /** The name before the parenthesis. */
  readonly rule: string;
  /** What stands in the parentheses, split at its outer commas and read as {@link MarbleBlock.args} says. */
  readonly argsText: string;
  /** What letters stand for: `a = /cam x1; b = /cam x2`. */
  readonly legend: Readonly<Record<string, string>>;
  /** Diagrams by name: `source  -a-b-|`. */
  readonly lines: ReadonlyMap<string, string>;
}

/**
 * The diagrams of a Markdown document.
 *
 * ````text
 * ```marbles
 * throttleEntities(5)
 * a = /cam x1; b = /cam x2
 * source  -a-b------|
 * result  -a----b---|
 * ```
 * ````
 *
 * @throws Error when a block cannot be read
 */
export function marbleBlocks(markdown: string): MarbleBlock[] {
  const blocks: MarbleBlock[] = [];
  for (const match of markdown.matchAll(/^```marbles\n([\s\S]*?)^```$/gm)) {
    const line = markdown.slice(0, match.index).split("\n").length + 1;
    blocks.push(readBlock(match[1] ?? "", line));
  }
  return blocks;
}

function readBlock(text: string, line: number): MarbleBlock {
  const [title = "", ...rest] = text.split("\n").filter((each) => each.trim() !== "");
  const call = /^(\w+)\((.*)\)$/.exec(title);
  if (call === null) throw new Error(`Line ${line}: expected a call such as rule(…), got ${title}`);
  const legend: Record<string, string> = {};
  const lines = new Map<string, string>();
  for (const each of rest) {
    if (/^\w = /.test(each)) {
      for (const entry of each.split(";")) {
        const [, letter, meaning] = /^\s*(\w) = (.+?)\s*$/.exec(entry) ?? [];
        if (letter === undefined || meaning === undefined)
          throw new Error(`Line ${line}: expected "letter = message", got "${entry}"`);
        legend[letter] = meaning;
      }
      continue;
    }
    const [, name, diagram] = /^(\S+)\s+(\S.*)$/.exec(each) ?? [];
    if (name === undefined || diagram === undefined)
      throw new Error(`Line ${line}: expected "name  diagram", got "${each}"`);
    lines.set(name, diagram);
  }
  return { line, title, rule: call[1] ?? "", argsText: call[2] ?? "", legend, lines };
}

/**
 * Reads the arguments of a call: JSON, in which keys need no quotes, with `Infinity`, and with names of functions.
 *
 * @throws Error for a name that is not among the functions
 */
export function marbleArgs(
  text: string,
  functions: Readonly<Record<string, unknown>> = {},
): unknown[] {
  const json = text.replace(
    /("(?:[^"\\]|\\.)*")|([A-Za-z_]\w*)(\s*:)?/g,
    (all, string_, name, colon) => {
      if (string_ !== undefined) return all;
      if (colon !== undefined) return `"${name as string}":`;
      return /^(true|false|null)$/.test(name as string)
        ? (name as string)
        : `"\\u0000${name as string}"`;
    },
  );
  return JSON.parse(`[${json}]`, (_key, value: unknown) => {
    if (typeof value !== "string" || !value.startsWith("\u0000")) return value;
    const name = value.slice(1);
    if (name === "Infinity") return Infinity;
    if (!Object.hasOwn(functions, name)) throw new Error(`Unknown name ${name} in (${text})`);
    return functions[name];
  }) as unknown[];
}
