import { entityPath, joinPath, splitPath } from "./entity-path.ts";
import { quote, RerunError } from "./errors.ts";

/** One rule of an {@link EntityPathFilter}. */
export interface EntityPathRule {
  readonly effect: "include" | "exclude";
  /** Escaped, with a leading slash. */
  readonly entityPath: string;
  /** Whether the rule is for everything below as well. */
  readonly subtree: boolean;
}

export interface EntityPathFilterOptions {
  /** What `$origin` stands for: the entity path that a view of the viewer has as its origin. */
  readonly origin?: string;
  /** What other names stand for: `{ robot: "/world/robot" }` for `$robot` and `${robot}`. */
  readonly substitutions?: Readonly<Record<string, string>>;
}

const PROPERTIES = "/__properties";
/** Answers are kept for this many paths. */
const MAX_CACHED = 10_000;

/**
 * A set of entities, said in the filter language of Rerun: rules that add and remove paths.
 *
 * ```text
 * + /world/**          everything at and below /world
 * - /world/roads/**    but no roads
 * + /world/roads/main  but the main one
 * ```
 *
 * A rule is `+` or `-` and a path; without a sign it adds. Rules stand on lines of their own or are separated by
 * white space. `/**` at the end means the entity and all below it, otherwise the entity alone is meant. The most
 * specific rule that matches decides, of two for the same path the later one; what none matches is out, and so are
 * `/__properties/**` unless there is a rule for exactly that or for something in it.
 *
 * Source: rerun crates/store/re_log_types/src/path/entity_path_filter.rs
 */
export class EntityPathFilter {
  /** From general to specific, in the order of their paths. */
  readonly rules: readonly EntityPathRule[];
  readonly #byPath = new Map<string, EntityPathRule>();
  readonly #answers = new Map<string, EntityPathRule | undefined>();

  private constructor(rules: readonly EntityPathRule[]) {
    for (const rule of rules) this.#byPath.set(keyOf(rule.entityPath, rule.subtree), rule);
    this.rules = [...this.#byPath.values()].sort((a, b) =>
      a.entityPath === b.entityPath
        ? Number(b.subtree) - Number(a.subtree)
        : a.entityPath < b.entityPath
          ? -1
          : 1,
    );
  }

  /**
   * Reads rules.
   *
   * @param rules a text, or a list of rules; a filter is returned as it is
   * @throws RerunError `invalid-argument` when a variable is not given, or `*` stands where it means nothing
   */
  static parse(
    rules: string | readonly string[] | EntityPathFilter,
    options: EntityPathFilterOptions = {},
  ): EntityPathFilter {
    if (rules instanceof EntityPathFilter) return rules;
    const isList = Array.isArray(rules) && rules.every((rule) => typeof rule === "string");
    if (typeof rules !== "string" && !isList) {
      throw new RerunError(
        "invalid-argument",
        `Expected an entity path filter such as "+ /camera/**" or a list of such rules, got ${quote(rules)}`,
      );
    }
    const text = typeof rules === "string" ? rules : rules.join("\n");
    const variables = { ...options.substitutions };
    if (options.origin !== undefined) variables["origin"] = entityPath(options.origin);
    return new EntityPathFilter(splitRules(text).flatMap((rule) => parseRule(rule, variables)));
  }

  /** Whether the entity is in the set. */
  matches(path: string | readonly string[]): boolean {
    const escaped = entityPath(path);
    const rule = this.ruleFor(escaped);
    // Rerun's own rule: nothing but a rule at `/__properties` or below adds properties.
    if (isPropertyPath(escaped) && !(rule !== undefined && isPropertyPath(rule.entityPath)))
      return false;
    return rule?.effect === "include";
  }

  /** The rule that decides about an entity, undefined when none matches. */
  ruleFor(path: string): EntityPathRule | undefined {
    if (this.#answers.has(path)) return this.#answers.get(path);
    const parts = splitPath(path);
    let rule = this.#byPath.get(keyOf(joinPath(parts), false));
    for (let n = parts.length; n >= 0 && rule === undefined; n--)
      rule = this.#byPath.get(keyOf(joinPath(parts.slice(0, n)), true));
    if (this.#answers.size >= MAX_CACHED) this.#answers.clear();
    this.#answers.set(path, rule);
    return rule;
  }

  /** The rules, one on each line. */
  toString(): string {
    return this.rules
      .map(({ effect, entityPath: path, subtree }) => {
        const tree = path === "/" ? "/**" : `${path}/**`;
        return `${effect === "include" ? "+" : "-"} ${subtree ? tree : path}`;
      })
      .join("\n");
  }
}

/** True for `/__properties` and what is below it: the properties of a recording. */
export function isPropertyPath(escapedPath: string): boolean {
  return escapedPath === PROPERTIES || escapedPath.startsWith(`${PROPERTIES}/`);
}

const keyOf = (path: string, subtree: boolean): string => (subtree ? `${path} /**` : path);

const isSpace = (char: string): boolean => /[ \t\n\f\r]/.test(char);

/**
 * Splits a text into rules: at white space that is not escaped, unless it stands between a sign and its path;
 * at a line break in any case.
 */
function splitRules(text: string): string[] {
  const rules: string[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    let isEscaped = false;
    let isSign = false;
    let isFresh = true;
    for (; at < text.length; at++) {
      const char = text[at] as string;
      const splits = !isEscaped && isSpace(char);
      if (splits && (char === "\n" || !isSign)) break;
      isEscaped = char === "\\";
      if (char === "+" || char === "-") {
        isSign = isFresh;
      } else if (!splits) {
        isSign = false;
        isFresh = false;
      }
    }
    rules.push(text.slice(start, at));
    while (at < text.length && isSpace(text[at] as string)) at++;
  }
  return rules.map((rule) => rule.trim()).filter((rule) => rule !== "");
}

function parseRule(text: string, variables: Readonly<Record<string, string>>): EntityPathRule[] {
  const isSigned = text.startsWith("+") || text.startsWith("-");
  const raw = isSigned ? text.slice(1).trim() : text;
  const subtree = raw.endsWith("/**");
  const expression = (subtree ? raw.slice(0, -"/**".length) : raw).replace(
    /(\\.)|\$(?:\{(\w+)\}|(\w+))?/gs,
    (whole, escaped: string | undefined, braced?: string, plain?: string) => {
      if (escaped !== undefined) return whole;
      const name = braced ?? plain ?? "";
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
      if (value !== undefined) return value;
      throw new RerunError(
        "invalid-argument",
        name === "origin"
          ? `Expected a filter without \`$origin\`, which belongs to a view: give the option \`origin\`, or write the path, in ${quote(text)}`
          : `Expected \`$${name}\` to be one of the substitutions (escape a dollar sign as \`\\$\`), in the rule ${quote(text)}`,
      );
    },
  );
  if (/(?<!\\)\*/.test(expression)) {
    throw new RerunError(
      "invalid-argument",
      `Expected \`*\` only in \`/**\` at the end of a rule (escape it as \`\\*\` where it is part of a name), got ${quote(text)}`,
    );
  }
  const effect = text.startsWith("-") ? "exclude" : "include";
  return [{ effect, entityPath: joinPath(splitPath(expression)), subtree }];
}
