import { existsSync, readFileSync } from "node:fs";
import { kebabCase } from "./read-catalogue.ts";

/** Hand-written parts of an archetype, found by the name of the file and of its exports. */
export interface Extension {
  /** File name in the folder `extensions`. */
  readonly file: string;
  /** `interface Call`: the call signatures, in place of the generated one. */
  readonly hasCall: boolean;
  /** `function fieldsOf(…)`: the arguments of a call as fields. */
  readonly hasFieldsOf: boolean;
  /** Number of arguments of `fieldsOf`. */
  readonly parameters: number;
  /** `function refine(options)`: adds to the options of the generated call. */
  readonly hasRefine: boolean;
  /** `interface Statics` and `function statics(definition)`: further static members. */
  readonly hasStatics: boolean;
  /** What the archetype's file imports. */
  readonly values: readonly string[];
  readonly types: readonly string[];
  /** Everything else that is exported is public. */
  readonly publicValues: readonly string[];
  readonly publicTypes: readonly string[];
}

const HOOKS = new Set(["fieldsOf", "refine", "statics"]);
const HOOK_TYPES = new Set(["Call", "Statics"]);

/** @param folder with the archetypes, such as `lib/archetypes` */
export function readExtension(folder: string, archetype: string): Extension | undefined {
  const file = `${kebabCase(archetype)}.ts`;
  const url = new URL(`../../${folder}/extensions/${file}`, import.meta.url);
  if (!existsSync(url)) return undefined;
  const source = readFileSync(url, "utf8");
  const values = exported(source, /^export (?:function|const) (\w+)/gm);
  const types = exported(source, /^export (?:interface|type) (\w+)/gm);
  const parameters = /^export function fieldsOf\(([^)]*)\)/m.exec(source)?.[1] ?? "";
  return {
    file,
    hasCall: types.includes("Call"),
    hasFieldsOf: values.includes("fieldsOf"),
    parameters: [...parameters.matchAll(/\b\w+\??:/g)].length,
    hasRefine: values.includes("refine"),
    hasStatics: values.includes("statics"),
    values: values.filter((name) => HOOKS.has(name)),
    types: types.filter((name) => HOOK_TYPES.has(name)),
    publicValues: values.filter((name) => !HOOKS.has(name)),
    publicTypes: types.filter((name) => !HOOK_TYPES.has(name) && !values.includes(name)),
  };
}

function exported(source: string, pattern: RegExp): string[] {
  return [...source.matchAll(pattern)].map((match) => match[1] as string);
}
