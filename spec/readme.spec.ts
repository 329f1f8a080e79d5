import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { projectRoot } from "./helpers/run-program.ts";

/** What the pieces of the README take as given: its imports, and values of the reader's program. */
const GIVEN = `
import { once } from "node:events";
import {
  Image, Points3D, RecordingStream, Scalars, type Sink, since, TextLog, ViewCoordinates,
} from "rerun-rx";
import { filterEntities, logTo, mapComponents, tapStats, throttleEntities } from "rerun-rx/operators";
import { flightRecorder, save, type SaveSink, serve, type ServeSink } from "rerun-rx/sinks";
import { auditTime, filter, map, type Observable } from "rxjs";
import type { LogMsg } from "rerun-rx";
declare const rec: RecordingStream, viewer: ServeSink, viewer2: ServeSink, whole: SaveSink;
declare const xyz: Float32Array, colors: Uint32Array, pixels: Uint8Array, seconds: number[], values: number[];
declare function handle(request: unknown): Promise<void>;
declare const request: unknown, out: NodeJS.WritableStream;
declare const imu$: Observable<{ readonly gyro: number[] }>;
declare const mode$: Observable<string>, emergencyStop$: Observable<void>;
declare function control(sample: unknown): void;
declare function isCamera(message: LogMsg): boolean;
`;

/** The TypeScript pieces of a Markdown file. */
function pieces(markdown: string): string[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? "");
}

describe("the README", () => {
  const folder = join(projectRoot, "dist/readme");
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("shows programs that compile", async function () {
    this.timeout(60_000);
    const found = pieces(await readFile(join(projectRoot, "README.md"), "utf8"));
    expect(found).to.have.length.above(4);
    await mkdir(folder, { recursive: true });
    const files = await Promise.all(
      found.map(async (piece, i) => {
        const name = `piece${i}.ts`;
        // The first one is whole; the others are parts of a program, each in a scope of its own.
        const imports = /^import .*$/gm;
        const part = `async function part() {\n${piece.replaceAll(imports, "")}\n}\nvoid part;\n`;
        const program = i === 0 ? piece : [GIVEN, ...(piece.match(imports) ?? []), part].join("\n");
        await writeFile(join(folder, name), `${program}\nexport {};\n`);
        return name;
      }),
    );
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        extends: "../../tsconfig.json",
        compilerOptions: { noUnusedLocals: false, skipLibCheck: true },
        include: files,
        exclude: [],
      }),
    );
    const tsc = join(projectRoot, "node_modules/typescript/bin/tsc");
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).to.equal("");
  });
});
