import { comment } from "./comment.ts";
import { converterOf } from "./converters.ts";
import { componentDocs } from "./docs.ts";
import { type DataTypeNames, enumFileOf, HEADER, lowerFirst } from "./emit-components.ts";
import { Imports } from "./imports.ts";
import { type Catalogue, shortName } from "./read-catalogue.ts";

/** Every component as a function that makes a batch of it. */
export function componentsText(catalogue: Catalogue, types: DataTypeNames): string {
  const imports = new Imports();
  imports.value("../component-type.ts", "defineComponent");
  imports.type("../component-type.ts", "ComponentType");
  imports.type("../component-batch.ts", "ComponentDescriptor");
  const names = byShortName(Object.keys(catalogue.components));
  const parts = names.map((name) => {
    const component = catalogue.components[name];
    if (component === undefined) throw new Error(`unknown component ${name}`);
    const short = shortName(name);
    const doc = componentDocs[short];
    if (doc === undefined) throw new Error(`no documentation for ${name}`);
    const converter = converterOf(name, component);
    const { convert, module, plural, members } = converter;
    const dataType = types.nameOf(component.arrow, `${lowerFirst(short)}Type`);
    imports.value(`../components/${types.fileOf(component.arrow)}.ts`, dataType);
    imports.value(`../components/${module}.ts`, convert);
    for (const [file, all] of Object.entries(converter.types))
      for (const type of all) imports.type(`../components/${file}.ts`, renamed(type));
    if (members !== undefined) {
      const file = enumFileOf(component.scope ?? null);
      imports.value(`../components/${file}.ts`, `${members} as ${members}Members`);
    }
    const make =
      members === undefined
        ? convert
        : `(d: ComponentDescriptor, value: never) => ${convert}(d, value, ${members}Members)`;
    const input = withRenamed(plural, Object.values(converter.types).flat()).replace(
      /typeof (\w+)/,
      "typeof $1Members",
    );
    return (
      comment(doc.replace(/\{@link (\w+)\}/g, "`$1`")) +
      `export const ${short}: ComponentType<${input}> = /* @__PURE__ */ defineComponent("${name}", ${dataType}, ${make});\n`
    );
  });
  const body = parts.join("\n");
  return `${HEADER}${imports.text(body)}\n${body}`;
}

/** Types of inputs get another name here, as components have the same ones. */
function renamed(type: string): string {
  return `${type} as ${type}Value`;
}

function withRenamed(expression: string, types: readonly string[]): string {
  let text = expression;
  for (const type of types) text = text.replace(new RegExp(`\\b${type}\\b`, "g"), `${type}Value`);
  return text;
}

/** The Arrow type of every datatype. */
export function datatypesText(catalogue: Catalogue, types: DataTypeNames): string {
  const imports = new Imports();
  imports.type("../arrow/data-type.ts", "DataType");
  const names = byShortName(Object.keys(catalogue.datatypes));
  const entries = names.map((name) => {
    const { arrow } = catalogue.datatypes[name] ?? {};
    if (arrow === undefined) throw new Error(`unknown datatype ${name}`);
    const short = shortName(name);
    const dataType = types.nameOf(arrow, `${lowerFirst(short)}Type`);
    imports.value(`../components/${types.fileOf(arrow)}.ts`, dataType);
    return `  /** \`${name}\` */\n  ${short}: ${dataType},\n`;
  });
  const union = names.map((name) => `"${shortName(name)}"`).join(" | ");
  const body =
    `/** The datatypes of Rerun by name, without \`rerun.datatypes.\` or \`rerun.blueprint.datatypes.\`. */\n` +
    `export type DatatypeName = ${union};\n\n` +
    "/** The Arrow type of each datatype: for components of your own. */\n" +
    `export const datatypes: Readonly<Record<DatatypeName, DataType>> = {\n${entries.join("")}};\n`;
  return `${HEADER}${imports.text(body)}\n${body}`;
}

function byShortName(names: readonly string[]): string[] {
  return names.toSorted((a, b) => (shortName(a) < shortName(b) ? -1 : 1));
}
