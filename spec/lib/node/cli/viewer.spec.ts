import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { expect } from "chai";
import { RecordingStream, Scalars, TextDocument } from "../../../../lib/index.ts";
import { connect, save } from "../../../../sinks/index.ts";
import { askHealth } from "../../../../sinks/support/ask-health.ts";
import { selfSigned } from "../../../helpers/certificate.ts";
import { type DecodedChunk, decodeRrd } from "../../../helpers/decode-rrd.ts";
import { framesOf, GrpcPeer } from "../../../helpers/grpc-peer.ts";
import { messagesOf } from "../../../helpers/make-rrd.ts";
import { usePeer } from "../../../helpers/peers.ts";
import { until } from "../../../helpers/processes.ts";
import { compare, python, verify } from "../../../helpers/rerun-cli.ts";
import type { Program } from "../../../helpers/run-program.ts";
import { portOf, useCli } from "../../../helpers/use-cli.ts";
import { useHub } from "../../../helpers/use-hub.ts";
import { useTempDir } from "../../../helpers/use-temp-dir.ts";

describe("rerun-rx viewer", function () {
  this.timeout(60_000);
  const cli = useCli();
  const dir = useTempDir();
  const start = useHub();

  const viewer = (...args: string[]): Program => cli(["viewer", "--port", "0", ...args]);

  /** Logs a hundred rows to a viewer, and static text, and waits until it has them. */
  async function logTo(port: number, file?: string): Promise<void> {
    const rec = new RecordingStream("spec_app", { recordingId: `to_${port}` });
    rec.attach(connect(`127.0.0.1:${port}`));
    if (file !== undefined) rec.attach(save(file));
    rec.log("about", TextDocument("a text"), { static: true });
    for (let i = 0; i < 100; i++) {
      rec.setTime("step", { sequence: i });
      rec.log("values", Scalars(i));
    }
    expect((await rec.close()).complete).to.equal(true);
  }

  async function chunksOf(file: string): Promise<readonly DecodedChunk[]> {
    const { chunks, manifests, truncatedBytes } = decodeRrd(await readFile(file));
    expect(truncatedBytes).to.equal(0);
    expect(manifests.length).to.be.at.least(1);
    return chunks;
  }

  it("says where it is for browsers and programs, and ends on Ctrl-C and on SIGTERM", async () => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const program = viewer();
      const port = await portOf(program);
      await program.line(`For programs: rerun+http://127.0.0.1:${port}/proxy`);
      await logTo(port);
      const client = await start.client(port);
      await client.until(() => client.frames.length >= 3);
      const { code, signal: by, stdout } = await program.kill(signal);
      expect({ code, by, stdout }).to.deep.equal({ code: 0, by: null, stdout: "" });
    }
  });

  it("runs without a command, too", async () => {
    const program = cli(["--port", "auto"]);
    await logTo(await portOf(program));
    expect((await program.kill("SIGINT")).code).to.equal(0);
  });

  it("leads to the viewer that runs instead of starting a second one", async () => {
    const program = viewer();
    const port = await portOf(program);
    const { code, stderr } = await cli(["viewer", "--port", String(port)]).exit;
    expect({ code, stderr }).to.deep.equal({
      code: 0,
      stderr: `A viewer runs already on port ${port}: http://127.0.0.1:${port}\n`,
    });
    await program.kill("SIGTERM");
  });

  it("asks for the token, given, of the environment or made up", async () => {
    const given = viewer("--token", "se cret");
    const made = viewer("--token");
    const kept = cli(["viewer", "--port", "0"], { env: { RERUN_RX_TOKEN: "kept" } });
    const tokens = await Promise.all(
      [given, made, kept].map(async (program) => {
        const { hash, port } = new URL((await program.line(/^Viewer: /)).replace("Viewer: ", ""));
        const denied = await start.client(Number(port), { hello: {} });
        expect((await denied.closed).code).to.equal(4401);
        const token = decodeURIComponent(hash.replace("#token=", ""));
        await start.client(Number(port), { hello: { token } });
        await program.kill("SIGTERM");
        return token;
      }),
    );
    expect([tokens[0], tokens[2]]).to.deep.equal(["se cret", "kept"]);
    expect(tokens[1]).to.match(/^[\w-]{24}$/);
  });

  it("warns when others than this machine can reach it", async () => {
    const program = viewer("--bind", "0.0.0.0");
    const port = await portOf(program);
    expect(program.stderr).to.match(/everyone who reaches this machine/);
    expect(await askHealth(port)).to.deep.equal({ browsers: 0 });
    await program.kill("SIGTERM");
  });

  it("encrypts with a key and a certificate", async () => {
    const { cert, key } = selfSigned();
    await writeFile(dir.file("cert.pem"), cert);
    await writeFile(dir.file("key.pem"), key);
    const program = viewer("--tls-cert", dir.file("cert.pem"), "--tls-key", dir.file("key.pem"));
    const line = await program.line(/^Viewer: https:\/\//);
    const status = await new Promise((resolve, reject) => {
      get(line.replace("Viewer: ", ""), { ca: cert, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", reject);
    });
    expect(status).to.equal(200);
    const { port } = new URL(line.replace("Viewer: ", ""));
    const again = await cli([
      "viewer",
      "--port",
      port,
      "--tls-cert",
      dir.file("cert.pem"),
      "--tls-key",
      dir.file("key.pem"),
    ]).exit;
    expect(again.stderr).to.include("A viewer runs already");
    await program.kill("SIGTERM");
    const missing = await viewer("--tls-cert", "none.pem", "--tls-key", "none.pem").exit;
    expect(missing.code).to.equal(1);
    expect(missing.stderr).to.match(/no such file: none\.pem/);
  });

  it("keeps as much as --memory-limit says for those who come late", async () => {
    const program = viewer("--memory-limit", "64KiB");
    const port = await portOf(program);
    const rec = new RecordingStream("spec_app", { batch: { flushNumRows: 1 } });
    rec.attach(connect(`127.0.0.1:${port}`));
    for (let i = 0; i < 200; i++) rec.log("text", TextDocument("x".repeat(2000) + Math.random()));
    await rec.close();
    const health = (await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()) as {
      bytes: number;
    };
    expect(health.bytes).to.be.within(1_000, 200_000);
    await program.kill("SIGTERM");
  });

  it("ends by itself when nobody comes, and not while somebody is there", async () => {
    const program = viewer("--idle-timeout", "1");
    const port = await portOf(program);
    const client = await start.client(port);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await askHealth(port)).to.deep.equal({ browsers: 1 });
    await client.close();
    expect(await program.exit).to.include({ code: 0, signal: null });
  });

  it("ends with its input when it is tied to that", async () => {
    const program = viewer("--until-input-ends");
    await portOf(program);
    program.stdin.end();
    expect(await program.exit).to.include({ code: 0, signal: null });
  });

  describe("with --save", () => {
    it("writes all it receives, each message once, into a file that is complete after Ctrl-C", async () => {
      const file = dir.file("all.rrd");
      const program = viewer("--save", file);
      const port = await portOf(program);
      await program.line("Writing: ");
      await logTo(port, dir.file("direct.rrd"));
      // What is sent again after a break, and by a second program.
      const messages = await messagesOf((rec) => rec.log("other", Scalars([1, 2, 3])));
      for (let i = 0; i < 3; i++) {
        const peer = await GrpcPeer.connect(port);
        start.onEnd(() => peer.close());
        expect((await peer.write(framesOf(messages))).status).to.equal(0);
      }
      expect((await program.kill("SIGINT")).code).to.equal(0);
      const chunks = await chunksOf(file);
      const rowsAt = (path: string): number =>
        chunks.filter((c) => c.entityPath === path).reduce((rows, c) => rows + c.numRows, 0);
      expect(rowsAt("/values")).to.equal(100);
      expect(rowsAt("/other")).to.equal(1);
      expect(rowsAt("/about")).to.equal(1);
      const ids = chunks.map(({ chunkId }) => chunkId);
      expect(new Set(ids).size).to.equal(ids.length);
    });

    it("completes the file on SIGTERM while programs are still logging", async () => {
      const file = dir.file("all.rrd");
      const program = viewer("--save", file);
      const port = await portOf(program);
      const rec = new RecordingStream("spec_app", { backlogBytes: 1_000_000 });
      const sink = connect(`127.0.0.1:${port}`, { closeTimeoutMs: 0 });
      rec.attach(sink);
      rec.errors$.subscribe();
      let logged = 0;
      const timer = setInterval(() => rec.log("values", Scalars(logged++)), 1);
      await until(() => logged > 300);
      const { code } = await program.kill("SIGTERM");
      clearInterval(timer);
      await rec.close({ signal: AbortSignal.abort() });
      expect(code).to.equal(0);
      const rows = (await chunksOf(file))
        .filter((chunk) => chunk.entityPath === "/values")
        .flatMap((chunk) => chunk.column("Scalars:scalars"))
        .flat()
        .map(Number);
      // Without a gap up to the last one.
      expect(rows).to.deep.equal(Array.from(rows, (_, i) => i));
      expect(rows.length).to.be.above(100);
    });

    it("refuses to overwrite a file unless told so, and to write what another viewer gets", async () => {
      const file = dir.file("all.rrd");
      await writeFile(file, "precious");
      const refused = await viewer("--save", file).exit;
      expect(refused.code).to.equal(1);
      expect(refused.stderr).to.include("--overwrite").and.to.include(file);
      expect(await readFile(file, "utf8")).to.equal("precious");

      const program = viewer("--save", file, "--overwrite");
      const port = await portOf(program);
      await program.line("Press Ctrl-C");
      const second = dir.file("second.rrd");
      const other = await cli(["viewer", "--port", String(port), "--save", second]).exit;
      expect(other.code).to.equal(1);
      expect(other.stderr).to.include("another viewer listens there");
      expect(existsSync(second)).to.equal(false);
      expect((await program.kill("SIGINT")).code).to.equal(0);
    });

    it("ends with code 1 when the file cannot be written", async function () {
      if (!existsSync("/dev/full")) return this.skip();
      const program = viewer("--save", "/dev/full");
      const port = await portOf(program);
      const rec = new RecordingStream("spec_app");
      rec.errors$.subscribe();
      rec.attach(connect(`127.0.0.1:${port}`, { closeTimeoutMs: 0 }));
      const timer = setInterval(() => rec.log("text", TextDocument("x".repeat(100_000))), 2);
      const { code, stderr } = await program.exit;
      clearInterval(timer);
      await rec.close({ signal: AbortSignal.abort() });
      expect(code).to.equal(1);
      expect(stderr).to.match(/the disk is full/);
      expect(stderr).not.to.match(/^ {4}at /m);
    });

    describe("and official tools", () => {
      usePeer("rerun-cli");
      usePeer("python");

      it("writes what its SDK in Python sends, as that would write it itself", async () => {
        const file = dir.file("all.rrd");
        const program = viewer("--save", file);
        const port = await portOf(program);
        const script = `
import sys, rerun as rr
rec = rr.RecordingStream("spec_app", recording_id="py")
rec.set_sinks(rr.GrpcSink("rerun+http://127.0.0.1:${port}/proxy"), rr.FileSink(sys.argv[1]))
for i in range(500):
    rec.set_time("step", sequence=i)
    rec.log("values", rr.Scalars(i))
rec.log("about", rr.TextDocument("a text"), static=True)
rec.flush()
`;
        const direct = dir.file("direct.rrd");
        const { code, stderr } = await python(["-c", script, direct]);
        expect(code, stderr).to.equal(0);
        expect((await program.kill("SIGINT")).code).to.equal(0);
        const checked = await verify(file);
        expect(checked, checked.stderr).to.include({ code: 0 });
        const same = await compare(direct, file);
        expect(same, same.stderr).to.include({ code: 0 });
      });

      it("writes the same as a sink beside it", async () => {
        const file = dir.file("all.rrd");
        const program = viewer("--save", file);
        await logTo(await portOf(program), dir.file("direct.rrd"));
        expect((await program.kill("SIGINT")).code).to.equal(0);
        const same = await compare(dir.file("direct.rrd"), file);
        expect(same, same.stderr).to.include({ code: 0 });
        expect((await verify(file)).code).to.equal(0);
      });
    });
  });
});
