import { archetypeDocs } from "./archetype-docs.ts";
import { blueprintDocs } from "./blueprint-docs.ts";
import { comment } from "./comment.ts";
import type { ComponentConverter } from "./converters.ts";
import { converterOf } from "./converters.ts";
import { type ArchetypeDocs, componentDocs, drawOrders, fieldDocs } from "./docs.ts";
import type { DataTypeNames } from "./emit-components.ts";
import { enumFileOf, HEADER, lowerFirst } from "./emit-components.ts";
import type { Extension } from "./extensions.ts";
import { Imports } from "./imports.ts";
import type { Catalogue, CatalogueArchetype, CatalogueField } from "./read-catalogue.ts";
import { camelCase, shortName } from "./read-catalogue.ts";

const ARCHETYPE_VALUES = [
  "ArchetypeInstance",
  "countOptions",
  "defineArchetype",
  "describeFields",
  "one",
  "rejectMissing",
  "rejectUnknown",
];
/** Required in the catalogue, but optional in every SDK, which log a default. */
const OPTIONAL_ALL = new Set(["SeriesPoints"]);

const ARCHETYPE_TYPES = ["Archetype", "ArchetypeStatics"];

/** With more required fields than this, all are given by name. */
const MAX_POSITIONAL = 4;

/** Where the file of an archetype lies, and what follows from it. */
const homes = {
  recording: { prefix: "", up: "../" },
  blueprint: { prefix: "blueprint.", up: "../../" },
} as const;

interface FieldPlan {
  readonly key: string;
  readonly field: CatalogueField;
  readonly component: string;
  /** File in `lib/components` with its enumeration, if it is one. */
  readonly enumFile: string | undefined;
  /** Component as the tables of descriptors name it. */
  readonly descriptor: string;
  readonly dataType: string;
  readonly dataTypeFile: string;
  readonly converter: ComponentConverter;
  readonly doc: string;
}

/** The file of one archetype. */
export function archetypeText(
  catalogue: Catalogue,
  archetype: CatalogueArchetype,
  types: DataTypeNames,
  extension: Extension | undefined,
): string {
  const name = archetype.short_name;
  const fields = archetype.fields.map((field) => planField(catalogue, archetype, field, types));
  const required = fields.filter((plan) => plan.field.requirement === "required");
  const isPositional = required.length <= MAX_POSITIONAL;
  const positional = extension?.hasFieldsOf === true || !isPositional ? [] : required;
  const named = fields.filter((plan) => !positional.includes(plan));
  const home = homes[archetype.scope ?? "recording"];
  const writer = new Writer(name, home.prefix, fields, positional, named, extension);
  const body = [
    writer.interfaces(),
    writer.tables(archetype),
    writer.functions(),
    writer.definition(),
  ].join("\n");
  return `${HEADER}${importsText(home.up, fields, extension, body)}\n${body}`;
}

function planField(
  catalogue: Catalogue,
  archetype: CatalogueArchetype,
  field: CatalogueField,
  types: DataTypeNames,
): FieldPlan {
  const component = catalogue.components[field.component_type];
  if (component === undefined) throw new Error(`unknown component ${field.component_type}`);
  const short = shortName(field.component_type);
  const key = camelCase(field.name);
  const expected = `${archetype.short_name}:${field.name}`;
  if (field.identifier !== expected) throw new Error(`${field.identifier} is not ${expected}`);
  const meaning = meaningOf(archetype.short_name, key);
  const form = componentDocs[short];
  if (meaning === undefined || form === undefined) {
    throw new Error(`no documentation for ${archetype.short_name}.${key} (${short})`);
  }
  const dataType = types.nameOf(component.arrow, `${lowerFirst(short)}Type`);
  return {
    key,
    field,
    component: short,
    enumFile: component.is_enum ? enumFileOf(component.scope ?? null) : undefined,
    descriptor: `${component.scope === "blueprint" ? "blueprint." : ""}${short}`,
    dataType,
    dataTypeFile: types.fileOf(component.arrow),
    converter: converterOf(field.component_type, component),
    doc: `${meaning}\n\n${form}`,
  };
}

function meaningOf(archetype: string, key: string): string | undefined {
  const order = drawOrders[archetype];
  if (key === "drawOrder" && order !== undefined) {
    return `Order of drawing in 2D; greater values lie above; default: ${order}.`;
  }
  return docsOf(archetype)?.fields?.[key] ?? fieldDocs[key];
}

function docsOf(archetype: string): ArchetypeDocs | undefined {
  return archetypeDocs[archetype] ?? blueprintDocs[archetype];
}

function importsText(
  up: string,
  fields: readonly FieldPlan[],
  extension: Extension | undefined,
  body: string,
): string {
  const imports = new Imports();
  for (const name of ARCHETYPE_VALUES) imports.value(`${up}archetype.ts`, name);
  for (const name of ARCHETYPE_TYPES) imports.type(`${up}archetype.ts`, name);
  imports.type(`${up}component-batch.ts`, "ComponentBatch");
  imports.type(`${up}component-batch.ts`, "ComponentDescriptor");
  for (const { dataType, dataTypeFile, converter, component, enumFile } of fields) {
    imports.value(`${up}components/${dataTypeFile}.ts`, dataType);
    imports.value(`${up}components/${converter.module}.ts`, converter.convert);
    for (const [file, types] of Object.entries(converter.types)) {
      for (const type of types) imports.type(`${up}components/${file}.ts`, type);
    }
    if (enumFile !== undefined) imports.value(`${up}components/${enumFile}.ts`, component);
  }
  if (extension !== undefined) {
    for (const value of extension.values) imports.value(`./extensions/${extension.file}`, value);
    for (const type of extension.types) imports.type(`./extensions/${extension.file}`, type);
  }
  return imports.text(body);
}

class Writer {
  readonly #name: string;
  readonly #prefix: string;
  readonly #fields: readonly FieldPlan[];
  readonly #positional: readonly FieldPlan[];
  readonly #named: readonly FieldPlan[];
  readonly #extension: Extension | undefined;

  constructor(
    name: string,
    prefix: string,
    fields: readonly FieldPlan[],
    positional: readonly FieldPlan[],
    named: readonly FieldPlan[],
    extension: Extension | undefined,
  ) {
    this.#name = name;
    this.#prefix = prefix;
    this.#fields = fields;
    this.#positional = positional;
    this.#named = named;
    this.#extension = extension;
  }

  interfaces(): string {
    const name = this.#name;
    const options = `${name}Options`;
    const hasOptions = this.#positional.length > 0 && this.#named.length > 0;
    const all = hasOptions ? this.#positional : this.#fields;
    const inherited = hasOptions ? ` extends ${options}` : "";
    const parts: string[] = [];
    if (hasOptions) {
      parts.push(`/** What {@link ${name}} takes by name. */`);
      parts.push(`export interface ${options} {\n${this.#members(this.#named)}}\n`);
    }
    parts.push(`/** All fields of {@link ${name}}. */`);
    parts.push(`export interface ${name}Fields${inherited} {\n${this.#members(all)}}\n`);
    parts.push(`/** Type of {@link ${name}}. */`);
    parts.push(
      `export interface ${name}Factory extends ${this.#bases()} {${this.#callSignature()}}\n`,
    );
    return parts.join("\n");
  }

  #bases(): string {
    const bases = [`ArchetypeStatics<${this.#name}Fields>`];
    if (this.#extension?.hasCall === true) bases.unshift("Call");
    if (this.#extension?.hasStatics === true) bases.push("Statics");
    return bases.join(", ");
  }

  #members(fields: readonly FieldPlan[]): string {
    return fields
      .map((plan) => {
        const type = plan.field.plural ? plan.converter.plural : plan.converter.mono;
        return `${comment(plan.doc)}  readonly ${plan.key}?: ${type} | undefined;\n`;
      })
      .join("");
  }

  #callSignature(): string {
    if (this.#extension?.hasCall === true) return "";
    const params = this.#positional.map((plan) => `${plan.key}: ${typeOf(plan)}`);
    const docs = this.#positional.map(
      (plan) => `@param ${plan.key} ${plan.doc.replaceAll("\n\n", " ")}`,
    );
    if (this.#named.length > 0) {
      const hasOptions = this.#positional.length > 0;
      const mark = this.#isNamedOptional() ? "?" : "";
      params.push(
        hasOptions ? `options?: ${this.#name}Options` : `fields${mark}: ${this.#name}Fields`,
      );
    }
    return `\n${comment([...docs, "@throws RerunError `invalid-component`"].join("\n"))}(${params.join(", ")}): Archetype;\n`;
  }

  tables(archetype: CatalogueArchetype): string {
    const entries = this.#fields
      .map((plan) => `${plan.key}: ["${plan.descriptor}", ${plan.dataType}],`)
      .join("\n");
    const converters = this.#fields
      .map((plan) => `${plan.key}: ${converterExpression(plan)},`)
      .join("\n");
    const mono = this.#fields.filter((plan) => !plan.field.plural).map((plan) => `"${plan.key}"`);
    const visualizer = archetype.visualizer ?? archetype.viewer_visualizer;
    return (
      `const NAME = "rerun.${this.#prefix}archetypes.${this.#name}";\n\n` +
      `const fields = /* @__PURE__ */ describeFields("${this.#prefix}${this.#name}", {\n${entries}\n});\n\n` +
      `const definition = {\n  name: "${this.#name}",\n  archetype: NAME,\n` +
      `  visualizer: ${visualizer === undefined ? "undefined" : `"${visualizer}"`},\n` +
      `  fields,\n  converters: {\n${converters}\n},\n  mono: [${mono.join(", ")}],\n};\n`
    );
  }

  functions(): string {
    const { hasFieldsOf = false, hasRefine = false, parameters = 0 } = this.#extension ?? {};
    const addition = this.#addition();
    if (hasFieldsOf) {
      const names = ["first", "second", "third", "fourth"].slice(0, parameters);
      const params = names
        .map((name, i) => `${name}: Parameters<typeof fieldsOf>[${i}]`)
        .join(", ");
      return (
        `function create(${params}): Archetype {\n  const batches: ComponentBatch[] = [];\n` +
        `  addFields(batches, fieldsOf(${names.join(", ")}));\n` +
        `  return new ArchetypeInstance(NAME, batches);\n}\n\n${addition}`
      );
    }
    const params = this.#positional.map((plan) => `${plan.key}: ${typeOf(plan)}`);
    const first = this.#positional.map((plan) => this.#conversion(plan)).join(", ");
    if (this.#named.length === 0) {
      return (
        `function create(${params.join(", ")}): Archetype {\n` +
        `  return new ArchetypeInstance(NAME, [${first}]);\n}\n`
      );
    }
    const type = this.#positional.length > 0 ? `${this.#name}Options` : `${this.#name}Fields`;
    const value = hasRefine ? "refine(options)" : "options";
    const isOptional = this.#isNamedOptional();
    const call = `addFields(batches, ${value});`;
    return (
      `function create(${[...params, `options${isOptional ? "?" : ""}: ${type}`].join(", ")}): Archetype {\n` +
      `  const batches: ComponentBatch[] = [${first}];\n` +
      `  ${isOptional ? "if (options !== undefined) " : ""}${call}\n` +
      `  return new ArchetypeInstance(NAME, batches);\n}\n\n${addition}`
    );
  }

  #isNamedOptional(): boolean {
    return this.#named.every((plan) => plan.field.requirement !== "required");
  }

  /** Straight-line code for the fields given by name: no loop, no closure, one load for each. */
  #addition(): string {
    const type = this.#positional.length > 0 ? `${this.#name}Options` : `${this.#name}Fields`;
    const names = this.#named.map((plan) => plan.key).join(", ");
    const lines = this.#named.map((plan) => {
      const conversion = this.#conversion(plan);
      const isRequired = plan.field.requirement === "required" && !OPTIONAL_ALL.has(this.#name);
      if (!isRequired) return `  if (${plan.key} !== undefined) batches.push(${conversion});`;
      return (
        `  if (${plan.key} === undefined) rejectMissing("${this.#name}", "${plan.key}");\n` +
        `  batches.push(${conversion});`
      );
    });
    return (
      `function addFields(batches: ComponentBatch[], options: ${type}): void {\n` +
      `  const expected = batches.length + countOptions("${this.#name}", options);\n` +
      `  const { ${names} } = options;\n${lines.join("\n")}\n` +
      `  if (batches.length !== expected) rejectUnknown("${this.#name}", options, definition.converters);\n}\n`
    );
  }

  #conversion(plan: FieldPlan): string {
    const { convert, members } = plan.converter;
    const extra = members === undefined ? "" : `, ${members}`;
    const call = `${convert}(fields.${plan.key}, ${plan.key}${extra})`;
    return plan.field.plural ? call : `one(${call})`;
  }

  definition(): string {
    const name = this.#name;
    const { doc, more, example } = docsOf(name) ?? {};
    if (doc === undefined) throw new Error(`no documentation for ${name}`);
    const text = [doc, more, example === undefined ? undefined : `\`\`\`ts\n${example}\n\`\`\``];
    const extras = this.#extension?.hasStatics === true ? ", statics(definition)" : "";
    return (
      comment(text.filter((part) => part !== undefined).join("\n\n")) +
      `export const ${name}: ${name}Factory = /* @__PURE__ */ defineArchetype(definition, create${extras});\n`
    );
  }
}

function typeOf(plan: FieldPlan): string {
  return plan.field.plural ? plan.converter.plural : plan.converter.mono;
}

function converterExpression(plan: FieldPlan): string {
  const { convert, members } = plan.converter;
  if (members === undefined) return convert;
  return `(d: ComponentDescriptor, value: never) => ${convert}(d, value, ${members})`;
}
