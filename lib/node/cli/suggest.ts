/** The word that was probably meant; undefined when none is near. */
export function suggest(typed: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  // One slip in three letters, and at least one.
  let least = Math.max(1, Math.floor(typed.length / 3)) + 1;
  for (const word of words) {
    const [a, b] = [typed.toLowerCase(), word.toLowerCase()];
    // Who stops typing early means what begins like that.
    const distance = a.length > 2 && b.startsWith(a) ? 1 : slips(a, b);
    if (distance >= least) continue;
    least = distance;
    best = word;
  }
  return best;
}

/** Letters left out, added, changed or swapped with the next, from one word to the other. */
function slips(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let cost = Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] as number) + 1);
      next.push(cost);
    }
    before = row;
    row = next;
  }
  return row[b.length] as number;
}
