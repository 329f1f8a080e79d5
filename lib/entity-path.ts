import { quote, RerunError } from "./errors.ts";

// Rust's notion of alphanumeric: alphabetic, or any kind of number.
const PLAIN = /^[\p{Alphabetic}\p{N}_.-]$/u;
const ASCII_PUNCTUATION = /^[!-/:-@[-`{-~ ]$/;

/**
 * Escapes one raw part of an entity path, so that it can hold any text.
 *
 * Source: rerun crates/store/re_log_types/src/path/entity_path_part.rs
 */
export function escapePart(raw: string): string {
  let escaped = "";
  for (const char of raw) {
    if (PLAIN.test(char)) escaped += char;
    else if (char === "\n") escaped += "\\n";
    else if (char === "\r") escaped += "\\r";
    else if (char === "\t") escaped += "\\t";
    else if (ASCII_PUNCTUATION.test(char)) escaped += `\\${char}`;
    else
      escaped += `\\u{${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}}`;
  }
  return escaped;
}

/** Reads one part as users write it: escapes are undone, everything else is taken as it is. */
export function unescapePart(text: string): string {
  let raw = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char !== "\\") {
      raw += char;
      continue;
    }
    const next = text[i + 1];
    if (next === undefined) {
      raw += "\\";
    } else if (next === "u") {
      // Exactly four digits, as the viewer parses them; anything else is kept as it stands.
      const hex = /^u\{([0-9a-fA-F]{4})\}/.exec(text.slice(i + 1));
      if (hex === null) {
        raw += "\\u";
        i++;
      } else {
        raw += String.fromCharCode(Number.parseInt(hex[1] as string, 16));
        i += hex[0].length;
      }
    } else {
      raw += next === "n" ? "\n" : next === "r" ? "\r" : next === "t" ? "\t" : next;
      i++;
    }
  }
  return raw;
}

/** Splits a path into its raw parts; slashes too many are ignored, `\/` is a slash inside a part. */
export function splitPath(path: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let i = 0; i <= path.length; i++) {
    if (i < path.length && (path[i] !== "/" || path[i - 1] === "\\")) continue;
    if (i > start) parts.push(unescapePart(path.slice(start, i)));
    start = i + 1;
  }
  return parts;
}

/** Builds an escaped path from raw parts. */
export function joinPath(parts: readonly string[]): string {
  return `/${parts.map(escapePart).join("/")}`;
}

const SIMPLE = /^\/?[\p{L}\p{N}_.-]+(?:\/[\p{L}\p{N}_.-]+)*$/u;

/**
 * Brings a path into its one escaped form with a leading slash: `world//points` becomes `/world/points`.
 * The empty string and `/` are the root. An array is a list of raw parts, escaped here.
 *
 * @throws RerunError `invalid-entity-path` when given something else
 */
export function entityPath(path: string | readonly string[]): string {
  if (typeof path === "string") {
    if (SIMPLE.test(path)) return path.startsWith("/") ? path : `/${path}`;
    return joinPath(splitPath(path));
  }
  if (Array.isArray(path) && path.every((part) => typeof part === "string" && part.length > 0)) {
    return joinPath(path);
  }
  throw new RerunError(
    "invalid-entity-path",
    `Expected an entity path as a string or an array of non-empty parts, got ${quote(path)}`,
  );
}

// What stands for one character of a part where nothing is forgiven: plain, or escaped as it has to be.
const STRICT_CHARS =
  /^(?:[\p{Alphabetic}\p{N}_.-]|\\(?:[nrt]|[!-/:-@[-`{-~ ]|u\{(?![dD][89a-fA-F])[0-9a-fA-F]{4}\}))*/u;

/**
 * As {@link entityPath}, but refuses what that one forgives: an empty string, slashes too many, characters that are
 * not escaped, unknown escapes, and what Rerun writes behind a path (`[#123]`, `:component`).
 * Takes whatever `entityPath` gives.
 *
 * Source: rerun crates/store/re_log_types/src/path/parse_path.rs
 *
 * @throws RerunError `invalid-entity-path`
 */
export function strictEntityPath(path: string): string {
  if (typeof path !== "string") rejectStrict(path, "it is no string");
  if (path === "") rejectStrict(path, "it is empty; the root is `/`");
  if (path === "/") return path;
  const instance = /(?<!\\)\[#\d+\]/.exec(path);
  if (instance !== null) rejectStrict(path, `it has an instance index, \`${instance[0]}\``);
  const component = /(?<!\\):.*/s.exec(path);
  if (component !== null) rejectStrict(path, `it has a component, \`${component[0]}\``);

  const parts = (path.startsWith("/") ? path.slice(1) : path).split(/(?<!\\)\//);
  parts.forEach((part, i) => {
    if (part === "") {
      const isTrailing = i > 0 && i === parts.length - 1;
      rejectStrict(path, isTrailing ? "it has a trailing slash" : "it has a double slash");
    }
    const rest = part.slice(STRICT_CHARS.exec(part)?.[0].length);
    if (rest === "") return;
    const [char = "", escaped = "", ...more] = rest;
    if (char !== "\\") rejectStrict(path, `${quote(char)} needs to be escaped as \`\\${char}\``);
    if (escaped === "") rejectStrict(path, "it ends in a backslash");
    const given = escaped === "u" ? `\\u${more.join("").slice(0, 6)}` : `\\${escaped}`;
    rejectStrict(path, `\`${given}\` is no escape; a code point is four digits, \`\\u{262E}\``);
  });
  return joinPath(parts.map(unescapePart));
}

function rejectStrict(path: unknown, problem: string): never {
  throw new RerunError(
    "invalid-entity-path",
    `Expected an entity path in its strict form, but ${problem}: ${quote(path)}`,
  );
}

/**
 * Compares two paths for sorting as the viewer does: part by part; numbers by value, so that `image2` comes before
 * `image10`; `a`, `B`, `b` in this order; reserved parts (`__properties`) after all others; parents before children.
 *
 * ```ts
 * paths.toSorted(compareEntityPaths);
 * ```
 *
 * Source: rerun crates/store/re_log_types/src/path/{entity_path_part,natural_ordering}.rs
 *
 * @returns below 0 when `a` comes first, above 0 when `b` does, 0 for two forms of the same path
 */
export function compareEntityPaths(
  a: string | readonly string[],
  b: string | readonly string[],
): number {
  const left = splitPath(entityPath(a));
  const right = splitPath(entityPath(b));
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareParts(left[i] as string, right[i] as string);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareParts(a: string, b: string): number {
  const reserved = Number(a.startsWith("__")) - Number(b.startsWith("__"));
  if (reserved !== 0) return reserved;
  const left = tokens(a);
  const right = tokens(b);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const order = compareTokens(left[i] as string, right[i] as string);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** Runs of digits, and all other characters one by one. */
function tokens(part: string): readonly string[] {
  return part.match(/[0-9]+|[^0-9]/gsu) ?? [];
}

function compareTokens(a: string, b: string): number {
  if (isNumber(a) && isNumber(b)) {
    // With a leading zero digits count as decimals: 1.02 comes before 1.1.
    const isDecimal = a.startsWith("0") || b.startsWith("0");
    if (!isDecimal && a.length !== b.length) return a.length - b.length;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  const left = a.codePointAt(0) as number;
  const right = b.codePointAt(0) as number;
  return lowerCase(left) - lowerCase(right) || left - right;
}

function isNumber(token: string): boolean {
  return token >= "0" && token < ":";
}

/** Of ASCII alone. */
function lowerCase(char: number): number {
  return char >= 65 && char <= 90 ? char + 32 : char;
}
