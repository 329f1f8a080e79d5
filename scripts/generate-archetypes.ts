/**
 * Writes `lib/archetypes` and the tables of `lib/components` from the catalogue of Rerun's types.
 *
 * Run by `npm run generate`. Hand-written parts of an archetype lie in `lib/archetypes/extensions`
 * and are taken up because they exist; see `catalogue/extensions.ts`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { archetypeText } from "./catalogue/emit-archetype.ts";
import { DataTypeNames, enumsText } from "./catalogue/emit-components.ts";
import { indexText } from "./catalogue/emit-index.ts";
import { readExtension } from "./catalogue/extensions.ts";
import { kebabCase, readCatalogue } from "./catalogue/read-catalogue.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Generated files by path below the project, formatted. */
export function generate(): ReadonlyMap<string, string> {
  const catalogue = readCatalogue();
  const types = new DataTypeNames();
  const files = new Map<string, string>();
  const archetypes = Object.values(catalogue.archetypes).filter(({ scope }) => scope === null);
  for (const archetype of archetypes) {
    const name = archetype.short_name;
    const text = archetypeText(catalogue, archetype, types, readExtension(name));
    files.set(`lib/archetypes/${kebabCase(name)}.ts`, text);
  }
  const withOptions = new Set(
    archetypes.map(({ short_name: name }) => name).filter((name) => hasOptions(files, name)),
  );
  const names = archetypes.map(({ short_name: name }) => name);
  files.set("lib/archetypes/index.ts", indexText(catalogue, names, withOptions));
  files.set("lib/components/data-types.ts", types.text());
  files.set("lib/components/enums.ts", enumsText(catalogue));
  return formatted(files);
}

function hasOptions(files: ReadonlyMap<string, string>, name: string): boolean {
  return (
    files.get(`lib/archetypes/${kebabCase(name)}.ts`)?.includes(`interface ${name}Options`) ?? false
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
  for (const [path, text] of generate()) writeFileSync(join(root, path), text);
}
