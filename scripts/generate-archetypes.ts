/**
 * Writes archetypes, views, components and their tables from the catalogue of Rerun's types.
 *
 * Run by `npm run generate`. Hand-written parts of an archetype lie in the folder `extensions` beside it
 * and are taken up because they exist; see `catalogue/extensions.ts`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { archetypeText } from "./catalogue/emit-archetype.ts";
import { DataTypeNames, enumFileOf, enumsText } from "./catalogue/emit-components.ts";
import { blueprintIndexText, indexText } from "./catalogue/emit-index.ts";
import { componentsText, datatypesText } from "./catalogue/emit-types.ts";
import { viewFile, viewsIndexText, viewText, visualizersText } from "./catalogue/emit-views.ts";
import { readExtension } from "./catalogue/extensions.ts";
import {
  type Catalogue,
  kebabCase,
  readCatalogue,
  type Scope,
} from "./catalogue/read-catalogue.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Generated files by path below the project, formatted. */
export function generate(): ReadonlyMap<string, string> {
  const catalogue = readCatalogue();
  const files = new Map<string, string>();
  const types = new DataTypeNames("data-types");
  const blueprintTypes = new DataTypeNames("blueprint-data-types", types);
  const otherTypes = new DataTypeNames("other-data-types", blueprintTypes);

  const folder = "lib/archetypes";
  const own = addArchetypes(files, catalogue, null, folder, types);
  files.set(`${folder}/index.ts`, indexText(catalogue, own, withOptions(files, folder, own)));

  const blueprintFolder = "lib/blueprint/archetypes";
  const ofBlueprints = addArchetypes(
    files,
    catalogue,
    "blueprint",
    blueprintFolder,
    blueprintTypes,
  );
  files.set(
    `${blueprintFolder}/index.ts`,
    blueprintIndexText(catalogue, ofBlueprints, withOptions(files, blueprintFolder, ofBlueprints)),
  );
  for (const [name, view] of Object.entries(catalogue.views)) {
    files.set(`lib/blueprint/views/${viewFile(name)}`, viewText(name, view));
  }
  files.set("lib/blueprint/views/index.ts", viewsIndexText(catalogue));
  files.set("lib/blueprint/visualizers.ts", visualizersText(catalogue));

  files.set("lib/catalogue/components.ts", componentsText(catalogue, otherTypes));
  files.set("lib/catalogue/datatypes.ts", datatypesText(catalogue, otherTypes));
  for (const names of [types, blueprintTypes, otherTypes])
    files.set(`lib/components/${names.file}.ts`, names.text());
  for (const scope of [null, "blueprint"] as const)
    files.set(`lib/components/${enumFileOf(scope)}.ts`, enumsText(catalogue, scope));
  return formatted(files);
}

/** Adds the archetypes of a scope; returns their names. */
function addArchetypes(
  files: Map<string, string>,
  catalogue: Catalogue,
  scope: Scope,
  folder: string,
  types: DataTypeNames,
): readonly string[] {
  const archetypes = Object.values(catalogue.archetypes).filter((one) => one.scope === scope);
  for (const archetype of archetypes) {
    const name = archetype.short_name;
    const text = archetypeText(catalogue, archetype, types, readExtension(folder, name));
    files.set(`${folder}/${kebabCase(name)}.ts`, text);
  }
  return archetypes.map(({ short_name: name }) => name);
}

function withOptions(
  files: ReadonlyMap<string, string>,
  folder: string,
  names: readonly string[],
): ReadonlySet<string> {
  return new Set(
    names.filter((name) =>
      files.get(`${folder}/${kebabCase(name)}.ts`)?.includes(`interface ${name}Options`),
    ),
  );
}

/** Formats in a folder of its own, so that the committed files are touched only at the end, if at all. */
function formatted(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "generate-"));
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    writeFileSync(
      join(folder, "biome.json"),
      readFileSync(join(root, "biome.json"), "utf8").replace(/"vcs": \{[^}]*\},/, ""),
    );
    const biome = join(root, "node_modules", ".bin", "biome");
    execFileSync(biome, ["check", "--write", "."], { cwd: folder, stdio: "pipe" });
    return new Map(
      [...files.keys()].map((path) => [path, readFileSync(join(folder, path), "utf8")]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of generate()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
