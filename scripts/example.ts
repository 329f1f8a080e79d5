// Runs an example by its name, from the sources:
//
//     npm run example -- NAME [flags]
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "..");
const folder = join(root, "examples");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replace(/\.ts$/, ""));

const [name = ""] = process.argv.slice(2);
if (names.includes(name)) {
  // The page for browsers is the one thing that does not run from its sources.
  if (!existsSync(join(root, "dist/web"))) {
    const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
    execFileSync(process.execPath, [tsx, "scripts/build.ts", "--page"], { cwd: root });
  }
  const file = join(folder, `${name}.ts`);
  // What follows the name is for the example.
  process.argv.splice(1, 2, file);
  await import(pathToFileURL(file).href);
} else {
  if (name !== "") console.error(`No example is called "${name}".`);
  console.error(`npm run example -- NAME [flags], where NAME is one of:\n  ${names.join("\n  ")}`);
  process.exitCode = 1;
}
