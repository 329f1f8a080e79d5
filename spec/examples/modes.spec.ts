import { readdirSync } from "node:fs";
import { cp, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { GrpcPeer } from "../helpers/grpc-peer.ts";
import { requirePeer } from "../helpers/peers.ts";
import { processes, runningIn, until } from "../helpers/processes.ts";
import { verify } from "../helpers/rerun-cli.ts";
import { type Program, projectRoot, usePrograms } from "../helpers/run-program.ts";
import { cliMain } from "../helpers/use-cli.ts";
import { useHub } from "../helpers/use-hub.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

const SOURCES = join(projectRoot, "examples");

/** Each example that there is, and the main job, with what makes it end. */
const EXAMPLES: readonly (readonly [name: string, ...flags: string[]])[] = [
  ...readdirSync(SOURCES)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => [name] as const),
  ["monitor/main.ts", "--duration", "2"],
];

/** Kind of a message that holds a chunk. */
const ARROW_MSG = 2;

describe("each example, in each mode", () => {
  const dir = useTempDir();
  const run = usePrograms();
  const start = useHub();

  /** Beside the package as it is published, which starts several times faster than sources do. */
  let folder = "";

  before("build the package", async function () {
    this.timeout(60_000);
    folder = join(dirname(await cliMain()), "../../../../examples");
    await cp(SOURCES, folder, { recursive: true });
  });

  for (const [name, ...short] of EXAMPLES) {
    it(`${name} with --save, --stdout and --connect, --headless, --serve, --spawn`, async function () {
      this.timeout(180_000);
      const example = (...flags: string[]): Program =>
        run(join(folder, name), {
          args: flags,
          built: true,
          env: {
            CI: "true",
            RERUN: undefined,
            RERUN_RX_VIEWER: "web",
            _RERUN_TEST_FORCE_SAVE: undefined,
          },
        });
      const ended = async (program: Program): Promise<Uint8Array> => {
        const { code, signal, stderr, stdoutBytes } = await program.exit;
        expect({ code, signal }, stderr).to.deep.equal({ code: 0, signal: null });
        return stdoutBytes;
      };

      // Flags combine: one run, three destinations, each of which gets everything.
      const filesAndConnect = async (): Promise<void> => {
        const hub = await start.hub();
        const client = await start.client(hub.port);
        const [saved, piped] = [dir.file("saved.rrd"), dir.file("piped.rrd")];
        const url = `rerun+http://127.0.0.1:${hub.port}/proxy`;
        const program = example("--save", saved, "--stdout", "--connect", url, ...short);
        await writeFile(piped, await ended(program));
        const messages = await Promise.all(
          [saved, piped].map(async (file) => {
            const decoded = decodeRrd(await readFile(file));
            expect(decoded.truncatedBytes, file).to.equal(0);
            expect(decoded.manifests.length, file).to.be.above(0);
            expect(decoded.chunks.some(isLogged), file).to.equal(true);
            return decoded.messages.length;
          }),
        );
        expect(messages[0]).to.equal(messages[1]);
        await client.until(() => client.frames.length === messages[0]);
        await requirePeer(this, "rerun-cli");
        const checked = await verify(saved, piped);
        expect(checked, checked.stderr).to.include({ code: 0 });
      };

      const headless = async (): Promise<void> => {
        expect(await ended(example("--headless", ...short))).to.have.lengthOf(0);
      };

      const serve = async (): Promise<void> => {
        const program = example("--serve", "--port", "0", ...short);
        const client = await start.client(viewerPort(await program.line(/^Viewer: http:/)));
        await program.line("until you press Ctrl-C");
        await client.until(() => client.frames.filter(isChunk).length > 1);
        program.signal("SIGINT");
        await ended(program);
      };

      const spawn = async (): Promise<void> => {
        const program = example("--spawn", "--port", "0", ...short);
        const port = viewerPort(await program.line(/^Viewer: http:/));
        const viewer = processes().find(({ command }) => command.includes(`--port=${port}`));
        expect(viewer).not.to.equal(undefined);
        const group = viewer?.group as number;
        try {
          const peer = await GrpcPeer.connect(port);
          start.onEnd(() => peer.close());
          const call = peer.read();
          await call.until(() => call.frames.filter(isChunk).length > 1);
          await ended(program);
        } finally {
          for (const { pid } of runningIn(group)) process.kill(pid, "SIGKILL");
          await until(() => runningIn(group).length === 0);
        }
      };

      // Two at a time: more would only wait for each other.
      await Promise.all([filesAndConnect().then(headless), serve().then(spawn)]);
    });
  }

  const viewerPort = (line: string): number => Number(new URL(line.replace("Viewer: ", "")).port);
  const isChunk = (frame: Uint8Array): boolean => frame[0] === ARROW_MSG;
  /** Not only what is known of every recording. */
  const isLogged = (chunk: { readonly entityPath: string; readonly numRows: number }): boolean =>
    chunk.numRows > 0 && !chunk.entityPath.startsWith("/__properties");
});
