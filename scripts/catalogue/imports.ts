/** Names by file, turned into import declarations. */
export class Imports {
  readonly #values = new Map<string, Set<string>>();
  readonly #types = new Map<string, Set<string>>();

  value(file: string, name: string): void {
    const names = this.#values.get(file) ?? new Set();
    this.#values.set(file, names.add(name));
  }

  type(file: string, name: string): void {
    const names = this.#types.get(file) ?? new Set();
    this.#types.set(file, names.add(name));
  }

  /** Only what the body of the file uses. */
  text(body: string): string {
    const code = body.replace(/\/\*\*[^]*?\*\/|"[^"\n]*"/g, "");
    const isUsed = (name: string): boolean =>
      new RegExp(`\\b${name.replace(/^.* as /, "")}\\b(?! [a-z])`).test(code);
    const lines: string[] = [];
    for (const file of [...new Set([...this.#values.keys(), ...this.#types.keys()])].toSorted()) {
      const values = [...(this.#values.get(file) ?? [])].filter(isUsed);
      const all = [...(this.#types.get(file) ?? [])].filter(isUsed);
      const types = all.filter((name) => !values.includes(name));
      if (values.length > 0)
        lines.push(`import { ${values.toSorted().join(", ")} } from "${file}";`);
      if (types.length > 0)
        lines.push(`import type { ${types.toSorted().join(", ")} } from "${file}";`);
    }
    return `${lines.join("\n")}\n`;
  }
}
