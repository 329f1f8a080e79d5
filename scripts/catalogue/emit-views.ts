import { viewDocs } from "./blueprint-docs.ts";
import { comment } from "./comment.ts";
import { HEADER } from "./emit-components.ts";
import { Imports } from "./imports.ts";
import {
  type Catalogue,
  type CatalogueView,
  camelCase,
  kebabCase,
  shortName,
} from "./read-catalogue.ts";

/** The file of one view. */
export function viewText(name: string, view: CatalogueView): string {
  const short = shortName(name);
  const docs = viewDocs[short];
  if (docs === undefined) throw new Error(`no documentation for ${short}`);
  const imports = new Imports();
  imports.value("../view.ts", "makeView");
  imports.value("../view.ts", "property");
  for (const type of ["PropertyInput", "View", "ViewOptions"]) imports.type("../view.ts", type);
  const members = view.properties.map((property) => {
    const archetype = shortName(property.archetype);
    const file = `../archetypes/${kebabCase(archetype)}.ts`;
    imports.value(file, archetype);
    imports.type(file, `${archetype}Factory`);
    const key = camelCase(property.name);
    const doc = docs.fields?.[key];
    if (doc === undefined) throw new Error(`no documentation for ${short}.${key}`);
    return `${comment(`${doc}\n\nSee {@link ${archetype}}.`)}  readonly ${key}?: PropertyInput<${archetype}Factory> | undefined;\n`;
  });
  const keys = view.properties.map((property) => camelCase(property.name));
  const made = view.properties.map(
    (property) => `property(${shortName(property.archetype)}, ${camelCase(property.name)})`,
  );
  const hasOwn = members.length > 0;
  const options = hasOwn ? `${short}Options` : "ViewOptions";
  const example = docs.example === undefined ? "" : `\n\n\`\`\`ts\n${docs.example}\n\`\`\``;
  const body =
    (hasOwn
      ? `/** What {@link ${short}} takes. */\nexport interface ${options} extends ViewOptions {\n${members.join("")}}\n\n`
      : "") +
    comment(
      `${docs.doc}${example}\n\n@throws RerunError \`invalid-argument\`, \`invalid-component\``,
    ) +
    `export function ${short}(options: ${options} = {}): View {\n` +
    (hasOwn
      ? `  const { ${keys.join(", ")}, ...rest } = options;\n  return makeView("${short}", "${view.class_identifier}", rest, [${made.join(", ")}]);\n`
      : `  return makeView("${short}", "${view.class_identifier}", options, []);\n`) +
    "}\n";
  return `${HEADER}${imports.text(body)}\n${body}`;
}

/** `rerun.blueprint.views.Spatial2DView` → `spatial2d-view.ts`. */
export function viewFile(name: string): string {
  return `${kebabCase(shortName(name).replace(/View$/, ""))}-view.ts`;
}

/** All views. */
export function viewsIndexText(catalogue: Catalogue): string {
  const lines = Object.entries(catalogue.views).flatMap(([name, view]) => {
    const short = shortName(name);
    const file = `./${viewFile(name)}`;
    const options =
      view.properties.length > 0 ? [`export type { ${short}Options } from "${file}";`] : [];
    return [`export { ${short} } from "${file}";`, ...options];
  });
  return `${HEADER}${lines.join("\n")}\n`;
}

/** Which visualizer an archetype gets in an override. */
export function visualizersText(catalogue: Catalogue): string {
  const lines = Object.entries(catalogue.archetypes).flatMap(([name, { visualizer }]) =>
    visualizer === null ? [] : [`  "${name}": "${visualizer}",`],
  );
  return (
    `${HEADER}/** The visualizer that an archetype stands for in an override, by its full name. */\n` +
    `export const visualizers: Readonly<Record<string, string>> = {\n${lines.join("\n")}\n};\n`
  );
}
