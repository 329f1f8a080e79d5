import { readdirSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { usePeer } from "../helpers/peers.ts";
import { isBlank } from "../helpers/picture.ts";
import { verify } from "../helpers/rerun-cli.ts";
import { projectRoot, usePrograms } from "../helpers/run-program.ts";
import {
  type ConsoleProblem,
  type OpenViewer,
  useBrowser,
  viewerTimeoutMs,
} from "../helpers/web-viewer.ts";

const EXAMPLES = join(projectRoot, "examples");
/** Pictures are kept here, to be looked at. */
const SCREENSHOTS = join(projectRoot, "artifacts/screenshots");

/** All examples, and the main job, which would not end by itself. */
const PROGRAMS: readonly {
  readonly name: string;
  readonly file: string;
  readonly flags: string[];
}[] = [
  { name: "monitor", file: "monitor/main.ts", flags: ["--headless", "--duration", "4"] },
  ...readdirSync(EXAMPLES)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ({ name: file.replace(/\.ts$/, ""), file, flags: [] })),
];

/** How long a picture may change until it is taken as it is. */
const STEADY_MS = 4_000;

/** Tiles of maps come from the web, which a page in a spec does not reach. */
const isMissingTile = ({ text }: ConsoleProblem): boolean =>
  /ERR_NAME_NOT_RESOLVED|walkers::io::fetch: Fetch error/.test(text);

describe("the gallery of examples", () => {
  usePeer("rerun-cli");
  const browser = useBrowser();
  const run = usePrograms();
  let folder = "";
  /** One for all, so that the viewer starts once. */
  let viewer: OpenViewer | undefined;
  let previous: Uint8Array = new Uint8Array();
  const fileOf = (name: string): string => join(folder, `${name}.rrd`);

  before("run all programs and start the viewer", async function () {
    this.timeout(viewerTimeoutMs * 2);
    folder = await mkdtemp(join(tmpdir(), "rerun-rx-gallery-"));
    await mkdir(SCREENSHOTS, { recursive: true });
    const waiting = [...PROGRAMS];
    const runSome = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { name, file, flags } = next;
        const args = ["--save", fileOf(name), ...flags];
        const program = run(join(EXAMPLES, file), { args, env: { RERUN: undefined } });
        const { code, stderr } = await program.exit;
        expect(code, `${name}: ${stderr}`).to.equal(0);
      }
    };
    // One of them mostly waits: the monitor.
    await Promise.all([runSome(), runSome(), runSome()]);
    viewer = await browser.openRecording(await readFile(fileOf("monitor")));
  });

  after("remove the files", () => rm(folder, { recursive: true, force: true }));

  for (const { name } of PROGRAMS) {
    it(`shows ${name} in the real viewer, from a file that is in order`, async () => {
      const checked = await verify(fileOf(name));
      expect(checked, checked.stderr).to.include({ code: 0 });

      const page = viewer as OpenViewer;
      const before = page.consoleProblems.length;
      const rrd = await readFile(fileOf(name));
      const chunks = decodeRrd(rrd).chunks.filter(({ storeId }) => storeId.kind === "recording");
      const id = JSON.stringify(chunks[0]?.storeId.recordingId);
      if (name !== "monitor") await page.send(rrd);
      await page.waitFor(`viewer.get_active_recording_id() === ${id}`);
      // Every call of `log` counts one up.
      const ticks = chunks
        .filter(({ timelines }) => timelines.includes("log_tick"))
        .flatMap((chunk) => chunk.column("log_tick").map(Number));
      const last = Math.max(...ticks);
      await page.waitFor(`viewer.get_time_range(${id}, "log_tick")?.max === ${last}`);

      const picture = await steadyPicture(page);
      await writeFile(join(SCREENSHOTS, `${name}.png`), picture);
      expect(isBlank(picture)).to.equal(false);
      // Not what was shown before.
      expect(Buffer.compare(picture, previous)).not.to.equal(0);
      previous = picture;
      const problems = page.consoleProblems.slice(before).filter((one) => !isMissingTile(one));
      expect(problems).to.deep.equal([]);
    });
  }
});

/** A picture that shows something and stays as it is; or what there is after a while, as graphs may go on moving. */
async function steadyPicture(page: OpenViewer): Promise<Uint8Array> {
  const enough = AbortSignal.timeout(STEADY_MS);
  let same = 0;
  for (let last = await page.picture(); ; ) {
    const next = await page.screenshot();
    same = Buffer.compare(last, next) === 0 ? same + 1 : 0;
    last = next;
    if (same >= 2 || enough.aborted) return last;
  }
}
