/** A diagram in a document: a code block of kind `marbles`. */
export interface MarbleBlock {
  /** Line of its first line in the document, counted from 1. */
  readonly line: number;
  /** The heading that it stands below. */
  readonly section: string;
  /** Its first line, as in `throttleEntities(5)`. */
  readonly title: string;
  /** The name before the parenthesis. */
  readonly rule: string;
  /** What stands in the parentheses, to be read by `marbleArgs`. */
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
    const before = markdown.slice(0, match.index);
    const section = [...before.matchAll(/^#+ (.+)$/gm)].at(-1)?.[1] ?? "";
    blocks.push(readBlock(match[1] ?? "", before.split("\n").length + 1, section));
  }
  return blocks;
}

function readBlock(text: string, line: number, section: string): MarbleBlock {
  const [title = "", ...rest] = text.split("\n").filter((each) => each.trim() !== "");
  const call = /^(\w+)\((.*)\)$/.exec(title.trim());
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
  const [, rule = "", argsText = ""] = call;
  return { line, section, title, rule, argsText, legend, lines };
}
