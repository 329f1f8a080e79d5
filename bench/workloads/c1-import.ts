import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Case, Comparison, Metric, Workload } from "../harness/workload.ts";

const execute = promisify(execFile);

/** Time of one import in a fresh process, without the start of Node itself. */
function importing(name: string, url: () => string): Case {
  return {
    name,
    prepare: () => {
      const code = `const t = performance.now(); await import(${JSON.stringify(url())}); console.log(performance.now() - t);`;
      const cwd = fileURLToPath(new URL(".", import.meta.url));
      return async () => {
        const { stdout } = await execute(process.execPath, ["--input-type=module", "-e", code], {
          cwd,
        });
        return { metrics: { milliseconds: Number(stdout) } };
      };
    },
  };
}

/** A file of the package as it is published; see `buildBench`. */
const published = (path: string): string =>
  new URL(`../../../package/dist/${path}`, import.meta.url).href;

const metric: Metric = { key: "milliseconds", unit: "ms", better: "lower" };
const PEERS = ["rxjs", "pino", "@mcap/core", "apache-arrow"] as const;

const comparisons: readonly Comparison[] = [
  { metric, ours: "rerun-rx", floor: 60, moonshot: 20 },
  ...["an empty module", ...PEERS].map((peer) => ({ metric, ours: "rerun-rx", peer })),
  { metric, ours: "rerun-rx and rerun-rx/sinks" },
];

export const workload: Workload = {
  id: "C1",
  title: "import of the built package in a fresh process",
  parts: [
    {
      name: "import",
      sizes: { quick: {}, normal: {} },
      runs: { warmups: 1, runs: 15 },
      cases: [
        importing("rerun-rx", () => published("lib/index.js")),
        importing("an empty module", () => "data:text/javascript,"),
        ...PEERS.map((name) => importing(name, () => import.meta.resolve(name))),
        importing(
          "rerun-rx and rerun-rx/sinks",
          () =>
            `data:text/javascript,${["lib", "sinks"].map((entry) => `import "${published(`${entry}/index.js`)}";`).join("")}`,
        ),
      ],
      comparisons,
    },
  ],
};
