/** Names that a diagram may use: values, and functions that it may call. */
export type MarbleNames = Readonly<Record<string, unknown>>;

const TOKEN =
  /\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*|[()[\]{},:])/y;

const CONSTANTS: MarbleNames = { true: true, false: false, null: null, Infinity: Infinity };

/**
 * Reads the arguments of a call as JavaScript has them: numbers, texts, arrays, objects, names, and calls of named
 * functions.
 *
 * @throws Error for a name that is not among the names
 */
export function marbleArgs(text: string, names: MarbleNames = {}): unknown[] {
  const reader = new ExpressionReader(text, names);
  const values = reader.list("");
  reader.end();
  return values;
}

/** Reads one expression, such as `attach(late, { from: "now" })`, and makes the calls in it. */
export function marbleValue(text: string, names: MarbleNames = {}): unknown {
  const reader = new ExpressionReader(text, names);
  const value = reader.value();
  reader.end();
  return value;
}

class ExpressionReader {
  readonly #text: string;
  readonly #names: MarbleNames;
  readonly #tokens: string[] = [];

  constructor(text: string, names: MarbleNames) {
    this.#text = text;
    this.#names = names;
    const rest = text.trimEnd();
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < rest.length) {
      const [, token] = TOKEN.exec(rest) ?? [];
      if (token === undefined) throw new Error(`Expected an expression, got "${text}"`);
      this.#tokens.push(token);
    }
  }

  end(): void {
    if (this.#tokens.length > 0) this.#unexpected();
  }

  /** Values up to a closing bracket, or the end. */
  list(close: string): unknown[] {
    const values: unknown[] = [];
    while (!this.#isAtEnd(close)) {
      values.push(this.value());
      if (!this.#skip(",") && !this.#isAtEnd(close)) this.#unexpected();
    }
    if (close !== "") this.#tokens.shift();
    return values;
  }

  value(): unknown {
    const token = this.#tokens.shift() ?? "";
    if (token === "[") return this.list("]");
    if (token === "{") return this.#object();
    if (/^["\d-]/.test(token)) return JSON.parse(token);
    if (!/^[A-Za-z_$]/.test(token)) this.#unexpected(token);
    const value = this.#named(token);
    if (!this.#skip("(")) return value;
    if (typeof value !== "function") throw new Error(`Not a function: ${token} in ${this.#text}`);
    return (value as (...args: unknown[]) => unknown)(...this.list(")"));
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    while (!this.#skip("}")) {
      const token = this.#tokens.shift() ?? this.#unexpected();
      const key = token.startsWith('"') ? (JSON.parse(token) as string) : token;
      object[key] = this.#skip(":") ? this.value() : this.#named(key);
      if (!this.#skip(",") && this.#tokens[0] !== "}") this.#unexpected();
    }
    return object;
  }

  #named(name: string): unknown {
    for (const names of [CONSTANTS, this.#names]) {
      if (Object.hasOwn(names, name)) return names[name];
    }
    throw new Error(`Unknown name ${name} in ${this.#text}`);
  }

  #isAtEnd(close: string): boolean {
    return close === "" ? this.#tokens.length === 0 : this.#tokens[0] === close;
  }

  #skip(token: string): boolean {
    if (this.#tokens[0] !== token) return false;
    this.#tokens.shift();
    return true;
  }

  #unexpected(token = this.#tokens[0]): never {
    throw new Error(`Unexpected ${token ?? "end"} in ${this.#text}`);
  }
}
