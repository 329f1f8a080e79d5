import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import { Points3D, RecordingStream, Scalars } from "../../../lib/index.ts";
import { save } from "../../../sinks/index.ts";
import { decodeRrd } from "../../helpers/decode-rrd.ts";
import { GrpcPeer } from "../../helpers/grpc-peer.ts";
import { requirePeer } from "../../helpers/peers.ts";
import { eventually, useReceivers } from "../../helpers/receivers.ts";
import { compare, python, verify } from "../../helpers/rerun-cli.ts";
import { untilBrowsers, useHub } from "../../helpers/use-hub.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";
import { useBrowser } from "../../helpers/web-viewer.ts";

/** Logs to a viewer and into a file at the same time: points, images, text, static data, a blueprint. */
const program = `
import sys, numpy as np, rerun as rr, rerun.blueprint as rrb
url, path, number = sys.argv[1:]
rr.init("python_app", recording_id=f"python_{number}")
rr.set_sinks(rr.GrpcSink(url), rr.FileSink(path))
rr.log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
rr.log("logs", rr.TextLog("static", level="INFO"), static=True)
for i in range(200):
    rr.set_time("frame", sequence=i)
    rr.log("plot/sin", rr.Scalars(np.sin(i / 10)))
    rr.log("world/points", rr.Points3D(np.full((10, 3), i, dtype=np.float32), radii=0.1))
    if i % 50 == 0:
        rr.log("world/image", rr.Image(np.full((480, 640, 3), i, dtype=np.uint8)))
rr.send_blueprint(rrb.Blueprint(rrb.Horizontal(rrb.TimeSeriesView(), rrb.Spatial3DView())))
rr.get_global_data_recording().flush()
rr.disconnect()
`;

describe("Hub with the official programs", function () {
  this.timeout(120_000);
  const start = useHub();
  const dir = useTempDir();
  const receivers = useReceivers();

  const urlOf = ({ port }: { port: number }): string => `rerun+http://127.0.0.1:${port}/proxy`;

  async function logFromPython(port: number, file: string, number = 0): Promise<void> {
    const { code, stderr } = await python(["-c", program, urlOf({ port }), file, String(number)]);
    expect(code, stderr).to.equal(0);
  }

  async function expectEqual(a: string, b: string): Promise<void> {
    const { code, stdout, stderr } = await compare(a, b);
    expect(code, stdout + stderr).to.equal(0);
  }

  it("has what the Python SDK logs: for its own sinks, browsers and official readers alike", async function () {
    await requirePeer(this, "python");
    await requirePeer(this, "rerun-cli");
    const hub = await start.hub();
    const attached = hub.attach(save(dir.file("attached.rrd")));
    const browser = await start.client(hub.port);
    await logFromPython(hub.port, dir.file("python.rrd"));
    // The SDK has its answer: all of it is in.
    const total = browser.hello.next;
    await browser.until(() => browser.next > total && browser.frames.length > 10);
    await attached();
    await expectEqual(dir.file("python.rrd"), dir.file("attached.rrd"));
    expect((await verify(dir.file("attached.rrd"))).code).to.equal(0);

    const browserFile = Buffer.concat([browser.hello.header, ...browser.frames]);
    await writeFile(dir.file("browser.rrd"), browserFile);
    await expectEqual(dir.file("python.rrd"), dir.file("browser.rrd"));

    const reader = await receivers.read({ url: urlOf(hub) }, dir.file("read.rrd"));
    await untilBrowsers(hub, (all) => all.some((c) => c.role === "reader" && c.state === "live"));
    const chunks = (bytes: Uint8Array): number =>
      decodeRrd(bytes).messages.filter(({ kind }) => kind === "chunk").length;
    await eventually(async () => {
      const bytes = await readFile(dir.file("read.rrd"));
      try {
        return chunks(bytes) === chunks(browserFile);
      } catch {
        return false;
      }
    }, "a reader that has everything");
    await reader.kill();
    await expectEqual(dir.file("python.rrd"), dir.file("read.rrd"));
  });

  it("carries several programs in Python at once", async function () {
    await requirePeer(this, "python");
    await requirePeer(this, "rerun-cli");
    const hub = await start.hub();
    const attached = hub.attach(save(dir.file("all.rrd")));
    await Promise.all([0, 1, 2].map((i) => logFromPython(hub.port, dir.file(`${i}.rrd`), i)));
    await attached();
    const all = decodeRrd(await readFile(dir.file("all.rrd"))).messages;
    for (const i of [0, 1, 2]) {
      const mine = decodeRrd(await readFile(dir.file(`${i}.rrd`))).messages;
      const ids = (messages: typeof all, recording: string): unknown[] =>
        messages.flatMap((message) =>
          message.kind === "chunk" && message.storeId.recordingId === recording
            ? [message.chunkId]
            : [],
        );
      expect(ids(all, `python_${i}`)).to.deep.equal(ids(mine, `python_${i}`));
    }
  });

  it("takes nothing from programs that do not know its token", async function () {
    await requirePeer(this, "python");
    const hub = await start.hub({ token: "secret" });
    await python(["-c", program, urlOf(hub), dir.file("python.rrd"), "0"]);
    const reader = (
      await GrpcPeer.connect(hub.port, { headers: { authorization: "Bearer secret" } })
    ).read();
    await once(reader.stream, "response");
    expect(hub.clients).to.have.lengthOf(1);
    expect(reader.messages).to.have.lengthOf(0);
    reader.stream.session?.destroy();
  });

  describe("in a browser", () => {
    const browser = useBrowser();

    it("shows the official web viewer what was logged and what is logged, by gRPC-web", async () => {
      const sink = await start.serve();
      const rec = new RecordingStream("spec_app", { recordingId: "live" });
      rec.attach(sink);
      start.onEnd(() => rec.close({ signal: AbortSignal.abort() }));
      const log = (from: number, to: number): void => {
        for (let i = from; i < to; i++) {
          rec.setTime("frame", { sequence: i });
          rec.log("plot", Scalars(Math.sin(i / 5)));
          rec.log("points", Points3D([[i, 0, 0]]));
        }
      };
      log(0, 50);
      await rec.flush();
      const viewer = await browser.openUrl(sink.grpcUrl);
      await viewer.waitFor("recordings.length > 0");
      expect(await viewer.recordings()).to.deep.include({
        applicationId: "spec_app",
        recordingId: "live",
        version: "0.33.0",
        source: "rerun-rx 0.1.0",
      });
      await viewer.waitForTimeRange("frame", { min: 0, max: 49 });
      log(50, 60);
      await viewer.waitForTimeRange("frame", { min: 0, max: 59 });
      expect(viewer.consoleProblems).to.deep.equal([]);
    });
  });
});
