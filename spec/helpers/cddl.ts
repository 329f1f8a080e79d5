import { readFileSync } from "node:fs";

/**
 * Checks values against a CDDL schema (RFC 8610), as much of it as `docs/protocol.cddl` uses: maps with optional
 * keys and an open end, arrays, choices, literals, `.size`.
 *
 * Keys that are not in the schema are errors even where it is open: it is open for versions to come.
 */
export class CddlSchema {
  readonly #rules = new Map<string, Type>();

  constructor(file: string) {
    const parser = new Parser(readFileSync(file, "utf8"));
    while (!parser.done) {
      const name = parser.name();
      parser.expect("=");
      this.#rules.set(name, parser.type());
    }
  }

  /** Names of all rules. */
  get rules(): readonly string[] {
    return Array.from(this.#rules.keys());
  }

  /** What is wrong with a value, by a rule; empty when nothing is. */
  check(value: unknown, rule: string): string[] {
    return this.#check(value, { kind: "name", name: rule }, rule);
  }

  #check(value: unknown, type: Type, path: string): string[] {
    const wrong = (what: string): string[] => [`${path}: expected ${what}, got ${show(value)}`];
    switch (type.kind) {
      case "choice": {
        const tried = type.of.map((choice) => this.#check(value, choice, path));
        if (tried.some((problems) => problems.length === 0)) return [];
        // The nearest miss says most.
        return tried.reduce((a, b) => (b.length < a.length ? b : a));
      }
      case "literal":
        return value === type.value ? [] : wrong(JSON.stringify(type.value));
      case "name": {
        const rule = this.#rules.get(type.name);
        if (rule !== undefined) return this.#check(value, rule, path);
        const test = primitives[type.name];
        if (test === undefined) throw new Error(`The schema has no rule ${type.name}`);
        if (!test(value)) return wrong(type.name);
        if (type.size !== undefined && (value as Uint8Array).length !== type.size)
          return wrong(`${type.size} bytes`);
        return [];
      }
      case "array": {
        if (!Array.isArray(value)) return wrong("an array");
        if (type.repeat === undefined && value.length !== type.of.length)
          return wrong(`${type.of.length} items`);
        if (type.repeat === "+" && value.length === 0) return wrong("at least one item");
        return value.flatMap((item, i) => {
          const of = type.repeat === undefined ? type.of[i] : type.of[0];
          return this.#check(item, of as Type, `${path}[${i}]`);
        });
      }
      case "map": {
        if (typeof value !== "object" || value === null || Array.isArray(value))
          return wrong("a map");
        const fields = new Map(Object.entries(value));
        const problems: string[] = [];
        for (const { key, optional, type: of } of type.fields) {
          const field = fields.get(key);
          if (fields.delete(key)) problems.push(...this.#check(field, of, `${path}.${key}`));
          else if (!optional) problems.push(`${path}: ${key} is missing`);
        }
        for (const key of fields.keys()) problems.push(`${path}: ${key} is not in the schema`);
        return problems;
      }
    }
  }
}

type Type =
  | { readonly kind: "choice"; readonly of: readonly Type[] }
  | { readonly kind: "literal"; readonly value: string | number }
  | { readonly kind: "name"; readonly name: string; readonly size?: number }
  | { readonly kind: "array"; readonly of: readonly Type[]; readonly repeat?: "*" | "+" }
  | { readonly kind: "map"; readonly fields: readonly MapField[] };

interface MapField {
  readonly key: string;
  readonly optional: boolean;
  readonly type: Type;
}

const primitives: Readonly<Record<string, (value: unknown) => boolean>> = {
  any: () => true,
  tstr: (value) => typeof value === "string",
  bstr: (value) => value instanceof Uint8Array,
  uint: (value) =>
    typeof value === "bigint" ? value >= 0n : Number.isInteger(value) && (value as number) >= 0,
  number: (value) => typeof value === "number" || typeof value === "bigint",
};

class Parser {
  readonly #tokens: string[];
  #at = 0;

  constructor(text: string) {
    const plain = text.replaceAll(/;.*$/gm, "");
    this.#tokens = plain.match(/"[^"]*"|=>|\.size|[\w-]+|\S/g) ?? [];
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  name(): string {
    return this.#tokens[this.#at++] ?? "";
  }

  expect(token: string): void {
    const got = this.name();
    if (got !== token) throw new Error(`Expected ${token} in the schema, got ${got}`);
  }

  type(): Type {
    const of = [this.#single()];
    while (this.#accept("/")) of.push(this.#single());
    return of.length === 1 ? (of[0] as Type) : { kind: "choice", of };
  }

  #single(): Type {
    const token = this.name();
    if (token === "{") return this.#map();
    if (token === "[") return this.#array();
    if (token.startsWith('"')) return { kind: "literal", value: token.slice(1, -1) };
    if (/^\d+$/.test(token)) return { kind: "literal", value: Number(token) };
    if (!this.#accept(".size")) return { kind: "name", name: token };
    return { kind: "name", name: token, size: Number(this.name()) };
  }

  #map(): Type {
    const fields: MapField[] = [];
    while (!this.#accept("}")) {
      if (this.#accept("*")) {
        for (const token of ["tstr", "=>", "any"]) this.expect(token);
      } else {
        const optional = this.#accept("?");
        const key = this.name();
        this.expect(":");
        fields.push({ key, optional, type: this.type() });
      }
      this.#accept(",");
    }
    return { kind: "map", fields };
  }

  #array(): Type {
    const repeat = this.#accept("*") ? "*" : this.#accept("+") ? "+" : undefined;
    const of: Type[] = [];
    while (!this.#accept("]")) {
      of.push(this.type());
      this.#accept(",");
    }
    return repeat === undefined ? { kind: "array", of } : { kind: "array", of, repeat };
  }

  #accept(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === "bigint"
    ? `${value}n`
    : (JSON.stringify(value)?.slice(0, 80) ?? "nothing");
}
