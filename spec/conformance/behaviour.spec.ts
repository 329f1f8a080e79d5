import { readdir, readFile } from "node:fs/promises";
import { expect } from "chai";
import { Boxes3D, Points3D, TextLog } from "../../lib/archetypes/index.ts";
import type { RecordingStreamOptions } from "../../lib/recording-options.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { connect } from "../../sinks/connect.ts";
import { save } from "../../sinks/save.ts";
import { serve } from "../../sinks/serve.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { requirePeer } from "../helpers/peers.ts";
import { eventually, useReceivers } from "../helpers/receivers.ts";
import { compare, python, verify } from "../helpers/rerun-cli.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";
import { notApplicable } from "./not-applicable.ts";

/** The official snippets that are about sinks and switches: the same program with both SDKs. */
describe("official snippets, by what they do:", function () {
  this.timeout(60_000);
  const dir = useTempDir();
  const start = useReceivers();
  const done: string[] = [];

  before(async function () {
    await requirePeer(this, "python");
    await requirePeer(this, "rerun-cli");
  });

  /** A test that bears the name of the snippet. */
  const snippet = (name: string, test: () => Promise<void>): void => {
    done.push(name);
    it(name, test);
  };

  const official = dir;
  /** Runs the official side; it ends when everything is delivered. */
  async function runPython(
    body: string,
    env: Record<string, string | undefined> = {},
  ): Promise<void> {
    const program = `import rerun as rr\n${body}\nrr.disconnect()\n`;
    const { code, stderr } = await python(["-c", program], { cwd: official.path, env });
    if (!("RERUN_PANIC_ON_WARN" in env)) expect(stderr).to.equal("");
    expect(code, stderr).to.equal(0);
  }

  /** Our side. */
  const record = (app: string, options: RecordingStreamOptions = {}): RecordingStream =>
    new RecordingStream(app, { enabled: true, ...options });

  const storesIn = async (file: string): Promise<readonly string[]> => {
    const bytes = await readFile(dir.file(file)).catch(() => new Uint8Array());
    return bytes.length < 12
      ? []
      : decodeRrd(bytes).messages.map((m) => `${m.storeId.recordingId} ${m.kind}`);
  };
  const chunksIn = async (file: string): Promise<number> =>
    (await storesIn(file)).filter((message) => message.endsWith("chunk")).length;

  async function equal(theirs: string, ours: string): Promise<void> {
    const { code, stdout, stderr } = await compare(dir.file(theirs), dir.file(ours));
    expect(stdout + stderr).to.equal("");
    expect(code).to.equal(0);
  }

  /** What two receivers of the official viewer hold, one for each side, once they have so many chunks. */
  async function received(
    chunks: number,
    theirs: (url: string) => Promise<void>,
    ours: (url: string) => Promise<void>,
  ): Promise<void> {
    const sides = { "theirs.rrd": theirs, "ours.rrd": ours };
    await Promise.all(
      Object.entries(sides).map(async ([file, side]) => {
        const receiver = await start.save(dir.file(file));
        await side(receiver.url);
        await eventually(
          async () => (await chunksIn(file)) >= chunks,
          `${chunks} chunks in ${file}`,
        );
        await receiver.kill("SIGTERM");
      }),
    );
    expect(await chunksIn("ours.rrd")).to.equal(chunks);
    await equal("theirs.rrd", "ours.rrd");
  }

  snippet("concepts/file_sink", async () => {
    await runPython(`
rr.init("rerun_example_file_sink")
rr.set_sinks(rr.FileSink("theirs.rrd"))`);
    const rec = record("rerun_example_file_sink");
    rec.attach(save(dir.file("ours.rrd")));
    await rec.close();
    expect(await chunksIn("ours.rrd")).to.equal(1);
    await equal("theirs.rrd", "ours.rrd");
    expect((await verify(dir.file("ours.rrd"))).code).to.equal(0);
  });

  snippet("concepts/grpc_sink", () =>
    received(
      1,
      (url) =>
        runPython(`
rr.init("rerun_example_grpc_sink")
rr.set_sinks(rr.GrpcSink("${url}"))`),
      async (url) => {
        const rec = record("rerun_example_grpc_sink");
        rec.attach(connect(url));
        expect((await rec.close()).complete).to.equal(true);
      },
    ),
  );

  const texts = Array.from({ length: 10 }, (_, i) => `count: ${i}`);
  const logTexts = `
for i in range(10):
    rr.log("log", rr.TextLog(f"count: {i}"))
    rr.get_data_recording().flush()`;
  const logOurTexts = async (rec: RecordingStream): Promise<void> => {
    for (const text of texts) {
      rec.log("log", TextLog(text));
      await rec.flush();
    }
    expect((await rec.close()).complete).to.equal(true);
  };

  snippet("concepts/how-does-rerun-work/log-to-grpc", () =>
    received(
      11,
      (url) =>
        runPython(`
rr.init("rerun_example_log_to_grpc")
rr.connect_grpc("${url}")
${logTexts}`),
      async (url) => {
        const rec = record("rerun_example_log_to_grpc");
        rec.attach(connect(url));
        await logOurTexts(rec);
      },
    ),
  );

  snippet("concepts/how-does-rerun-work/log-to-rrd", async () => {
    await runPython(`
rr.init("rerun_example_log_to_rrd")
rr.save("theirs.rrd")
${logTexts}`);
    const rec = record("rerun_example_log_to_rrd");
    rec.attach(save(dir.file("ours.rrd")));
    await logOurTexts(rec);
    await equal("theirs.rrd", "ours.rrd");
  });

  snippet("howto/serve_web_viewer", async () => {
    await runPython(`
rr.init("rerun_example_serve_web_viewer")
rr.save("theirs.rrd")
rr.log("data", rr.Boxes3D(half_sizes=[2.0, 2.0, 1.0]))`);
    const viewer = await serve({ port: 0 });
    const rec = record("rerun_example_serve_web_viewer");
    rec.attach(viewer);
    rec.log("data", Boxes3D([2, 2, 1]));
    await rec.flush();
    const page = await fetch(viewer.url);
    expect([page.status, page.headers.get("content-type")]).to.deep.equal([
      200,
      "text/html; charset=utf-8",
    ]);
    const reader = await start.read({ url: viewer.grpcUrl }, dir.file("ours.rrd"));
    await eventually(async () => (await chunksIn("ours.rrd")) >= 2, "the box at the reader");
    await reader.kill("SIGTERM");
    await rec.close();
    await equal("theirs.rrd", "ours.rrd");
  });

  snippet("howto/set_sinks", async () => {
    const positions = Array.from({ length: 27 }, (_, i) =>
      [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9)].map((v) => v - 1),
    );
    await received(
      2,
      (url) =>
        runPython(`
rr.init("rerun_example_set_sinks")
rr.set_sinks(rr.GrpcSink("${url}"), rr.FileSink("their-file.rrd"))
rr.log("my_points", rr.Points3D(${JSON.stringify(positions)}, colors=[255, 0, 127], radii=0.5))`),
      async (url) => {
        const rec = record("rerun_example_set_sinks");
        rec.attach(connect(url));
        rec.attach(save(dir.file("our-file.rrd")));
        rec.log("my_points", Points3D(positions, { colors: [255, 0, 127], radii: 0.5 }));
        expect((await rec.close()).complete).to.equal(true);
      },
    );
    await equal("their-file.rrd", "our-file.rrd");
  });

  for (const [name, app, recordingId] of [
    ["tutorials/custom-application-id", "my_custom_application_id", undefined],
    ["tutorials/custom-recording-id", "rerun_example_shared_recording", "my_shared_recording"],
  ] as const) {
    snippet(name, async () => {
      const id = recordingId === undefined ? "" : `, recording_id="${recordingId}"`;
      await runPython(`
rr.init("${app}"${id})
rr.save("theirs.rrd")`);
      const rec = record(app, recordingId === undefined ? {} : { recordingId });
      rec.attach(save(dir.file("ours.rrd")));
      await rec.close();
      await equal("theirs.rrd", "ours.rrd");
      const ids = await Promise.all(["theirs.rrd", "ours.rrd"].map(storesIn));
      if (recordingId !== undefined) {
        expect(ids.flat().filter((message) => !message.startsWith(recordingId))).to.deep.equal([]);
      } else {
        const [theirs, ours] = ids.map(([message]) => message?.split(" ")[0]);
        expect(theirs).not.to.equal(ours);
      }
    });
  }

  snippet("tutorials/default-off-session", async () => {
    // Where it is switched off, the official one warns of each further call.
    const program = `
rr.init("rerun_example_app", default_enabled=False)
if rr.is_enabled():
    rr.save("theirs.rrd")
    rr.log("log", rr.TextLog("read only where it is switched on"))`;
    const before = process.env["RERUN"];
    for (const variable of ["", "on"]) {
      await runPython(program, { RERUN: variable || undefined, RERUN_PANIC_ON_WARN: undefined });
      if (variable === "") delete process.env["RERUN"];
      else process.env["RERUN"] = variable;
      try {
        const rec = new RecordingStream("rerun_example_app", { defaultEnabled: false });
        rec.attach(save(dir.file("ours.rrd")));
        rec.log("log", TextLog("read only where it is switched on"));
        await rec.close();
      } finally {
        if (before === undefined) delete process.env["RERUN"];
        else process.env["RERUN"] = before;
      }
      const files = (await readdir(dir.path)).sort();
      if (variable === "") expect(files).to.deep.equal([]);
      else await equal("theirs.rrd", "ours.rrd");
    }
  });

  it("and these are all that are left out of the comparison of data", () => {
    expect(done).to.include.members(Object.keys(notApplicable));
  });
});
