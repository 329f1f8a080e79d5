/** A docstring, wrapped at about 100 columns. */
export function comment(text: string): string {
  const lines = text.split("\n").flatMap((line) => wrap(line));
  if (lines.length === 1) return `/** ${lines[0]} */\n`;
  return `/**\n${lines.map((line) => ` *${line === "" ? "" : ` ${line}`}\n`).join("")} */\n`;
}

function wrap(line: string): string[] {
  if (line.length <= 100) return [line];
  const lines: string[] = [];
  let current = "";
  // Links stay in one piece.
  for (const word of line.split(/ (?![^{}]*\})/)) {
    if (current !== "" && current.length + word.length >= 100) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, current];
}
