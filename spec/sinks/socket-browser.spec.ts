import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { build } from "esbuild";
import { projectRoot } from "../helpers/run-program.ts";
import { heldBy, rowsAt, useHub } from "../helpers/use-hub.ts";
import { useBrowser } from "../helpers/web-viewer.ts";

describe("socket in a browser", () => {
  const start = useHub();
  const browser = useBrowser();

  const urlOf = ({ port }: { port: number }): string => `http://127.0.0.1:${port}`;

  it("lets a page log to a hub of another origin, with nothing of Node in its code", async () => {
    const hub = await start.hub();
    const bundle = await build({
      stdin: {
        contents: `
          export { Points3D, RecordingStream, Scalars } from "./lib/index.ts";
          export { socket } from "./sinks/socket.ts";
        `,
        resolveDir: projectRoot,
        loader: "ts",
      },
      absWorkingDir: projectRoot,
      bundle: true,
      format: "esm",
      platform: "browser",
      conditions: ["browser", "source"],
      write: false,
      metafile: true,
      outfile: join(projectRoot, "app.js"),
    });
    const code = bundle.outputFiles[0]?.text ?? "";
    // All that it needs is in it.
    expect(Object.values(bundle.metafile.outputs).flatMap(({ imports }) => imports)).to.deep.equal(
      [],
    );
    const page = `<!doctype html><title>app</title><link rel="icon" href="data:," />
      <script type="module">
        import { Points3D, RecordingStream, Scalars, socket } from "/app.js";
        const rec = new RecordingStream("page", { recordingId: "from_a_page" });
        rec.attach(socket("${urlOf(hub)}"));
        for (let i = 0; i < 2000; i++) {
          rec.setTime("frame", { sequence: i });
          rec.log("plot", Scalars(i));
        }
        rec.log("points", Points3D(new Float32Array(600_000)));
        window.result = await rec.flush().then(({ complete }) => complete, String);
      </script>`;
    const server = createServer((request, response) => {
      const isCode = request.url === "/app.js";
      response.setHeader("Content-Type", isCode ? "text/javascript" : "text/html");
      response.end(isCode ? code : page);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    start.onEnd(() => {
      server.close();
      server.closeAllConnections();
    });
    const opened = await browser.openPage(urlOf(server.address() as AddressInfo));
    expect(await opened.waitFor("window.result")).to.equal(true);
    expect(opened.consoleProblems).to.deep.equal([]);
    const held = await heldBy(hub);
    expect(rowsAt(held, "/plot")).to.equal(2000);
    expect(rowsAt(held, "/points")).to.equal(1);
    expect(held[0]?.storeId).to.deep.include({
      applicationId: "page",
      recordingId: "from_a_page",
    });
  });
});
