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
