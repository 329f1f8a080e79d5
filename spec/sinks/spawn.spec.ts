import { existsSync, readFileSync } from "node:fs";
import { chmod, readFile, rename, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { networkInterfaces } from "node:os";
import { expect } from "chai";
import { decodeEnvelope } from "../../lib/decode/envelope.ts";
import { decodeLogMsg } from "../../lib/decode/log-msg.ts";
import { RecordingStream, Scalars } from "../../lib/index.ts";
import { readProxy } from "../../lib/node/cli/read-proxy.ts";
import { probeProxy } from "../../lib/node/probe-proxy.ts";
import { parseRerunUrl } from "../../lib/rerun-url.ts";
import { type SpawnOptions, type SpawnSink, spawn } from "../../sinks/spawn.ts";
import { askHealth } from "../../sinks/support/ask-health.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { findPeer, peerEnv, usePeer } from "../helpers/peers.ts";
import { type ProcessInfo, processes, runningIn, until, zombiesOf } from "../helpers/processes.ts";
import { rejection } from "../helpers/rejection.ts";
import { usePrograms } from "../helpers/run-program.ts";
import { useDisplay } from "../helpers/use-display.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

/** What the fixture prints. */
interface Told {
  readonly kind: string;
  readonly port: number;
  readonly pid?: number;
  readonly pageUrl?: string;
  readonly complete: boolean;
}

describe("spawn", function () {
  this.timeout(60_000);
  const dir = useTempDir();
  const run = usePrograms();
  const sinks: SpawnSink[] = [];
  const groups: number[] = [];

  afterEach("end what was started", async () => {
    await Promise.all(sinks.splice(0).map((sink) => sink.close()));
    for (const group of groups.splice(0)) {
      try {
        process.kill(-group, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  });

  /** Spawns in this process; nothing outlives the test. */
  async function spawnHere(options: SpawnOptions): Promise<SpawnSink> {
    const sink = await spawn({ timeoutMs: 30_000, ...options });
    sinks.push(sink);
    if (sink.viewer.pid !== undefined) groups.push(sink.viewer.pid);
    return sink;
  }

  /** Spawns in a program of its own. */
  function program(
    options: SpawnOptions,
    env: Record<string, string | undefined> = {},
    ...args: string[]
  ): ReturnType<typeof run> {
    return run("spawn-and-end.ts", {
      args: [JSON.stringify({ timeoutMs: 30_000, ...options }), ...args],
      env: { CI: "true", RERUN: undefined, _RERUN_TEST_FORCE_SAVE: undefined, ...env },
    });
  }

  async function told(started: ReturnType<typeof run>): Promise<Told> {
    const all = JSON.parse(await started.line(/^\{/)) as Told;
    if (all.pid !== undefined) groups.push(all.pid);
    return all;
  }

  const listeningOn = (port: number): ProcessInfo[] =>
    processes().filter(({ command, state }) => command.includes(`--port=${port}`) && state !== "Z");

  /** A program that says to be a viewer of some version, and then does something else. */
  async function pretender(version: string, does: string): Promise<string> {
    const path = dir.file("pretender");
    await writeFile(
      path,
      `#!/bin/sh\nif [ "$1" = --version ]; then echo "rerun-cli ${version} (x)"; exit; fi\n${does}\n`,
    );
    await chmod(path, 0o755);
    return path;
  }

  async function freePort(): Promise<number> {
    const server = await listen();
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  /** Something that is no viewer. */
  function listen(): Promise<Server> {
    return new Promise((resolve) => {
      const server = createServer((socket) => socket.on("error", () => {}).end("no viewer"));
      server.listen(0, "127.0.0.1", () => resolve(server));
    });
  }

  /** Programs called `xdg-open` note what they were to open. */
  async function fakeBrowser(): Promise<{ env: Record<string, string>; opened: () => string[] }> {
    const log = dir.file("opened");
    await writeFile(dir.file("xdg-open"), `#!/bin/sh\necho "$1" >> ${log}\n`);
    await chmod(dir.file("xdg-open"), 0o755);
    await writeFile(log, "");
    return {
      env: { CI: "", DISPLAY: ":1", PATH: `${dir.path}:${process.env["PATH"]}` },
      opened: () => readFileSync(log, "utf8").split("\n").slice(0, -1),
    };
  }

  describe("of our viewer", () => {
    it("starts a process that outlives the program, has all data, and ends by itself when nobody comes", async () => {
      const started = program({ port: 0, viewer: "web", lingerMs: 1_500 });
      const viewer = await told(started);
      expect(viewer).to.include({ kind: "web", complete: true });
      expect(viewer.pageUrl).to.equal(`http://127.0.0.1:${viewer.port}`);
      // Nothing that the viewer inherited keeps the program, or who reads its output, from ending.
      const { code, stderr } = await started.exit;
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });

      expect(await askHealth(viewer.port)).to.deep.equal({ browsers: 0 });
      const group = runningIn(viewer.pid as number);
      expect(group.map(({ pid }) => pid)).to.deep.equal([viewer.pid]);
      expect(await rowsAt(viewer.port)).to.equal(100);
      await until(() => listeningOn(viewer.port).length === 0, 20_000);
    });

    it("uses the one that runs, and starts none", async () => {
      const first = await spawnHere({ port: 0, viewer: "web", detach: false });
      const { port } = first.viewer;
      const second = await spawnHere({ port, viewer: "web", detach: false });
      expect(second.viewer).to.deep.equal({
        kind: "running",
        port,
        pid: undefined,
        version: undefined,
        pageUrl: `http://127.0.0.1:${port}`,
      });
      expect(listeningOn(port)).to.have.lengthOf(1);
      await second.close();
      expect(listeningOn(port)).to.have.lengthOf(1);
      await first.close();
      expect(listeningOn(port)).to.have.lengthOf(0);
      expect(zombiesOf(process.pid)).to.deep.equal([]);
    });

    it("starts one alone when two programs want one at the same time", async () => {
      const port = await freePort();
      const both = [program({ port, viewer: "web" }), program({ port, viewer: "web" })];
      const viewers = await Promise.all(both.map(told));
      const results = await Promise.all(both.map((each) => each.exit));
      expect(results.map(({ code }) => code)).to.deep.equal([0, 0]);
      expect(viewers.map(({ complete }) => complete)).to.deep.equal([true, true]);
      await until(() => listeningOn(port).length === 1);
      expect(await askHealth(port)).to.deep.equal({ browsers: 0 });
    });

    it("starts another one with `new`", async () => {
      const first = await spawnHere({ port: 0, viewer: "web", detach: false });
      const { port } = first.viewer;
      const second = await spawnHere({ port, viewer: "web", new: true, detach: false });
      expect(second.viewer.kind).to.equal("web");
      expect(second.viewer.port).not.to.equal(port);
    });

    for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
      it(`ends with the program, also by ${signal}, if it is not detached`, async () => {
        const started = program({ port: 0, viewer: "web", detach: false }, {}, "--wait");
        const { port, pid } = await told(started);
        expect(listeningOn(port)).to.have.lengthOf(1);
        await started.kill(signal);
        await until(() => runningIn(pid as number).length === 0);
        expect(await probeProxy({ port })).to.equal("nothing");
      });
    }

    it("opens a browser where there is a display, and again when nobody watches the one that runs", async () => {
      const { env, opened } = await fakeBrowser();
      const first = program({ port: 0, viewer: "web" }, env);
      const { port } = await told(first);
      await until(() => opened().length === 1);
      expect(opened()).to.deep.equal([`http://127.0.0.1:${port}`]);
      await told(program({ port, viewer: "web" }, env));
      await until(() => opened().length === 2);
      await told(program({ port, viewer: "web", open: false }, env));
      await told(program({ port, viewer: "web", headless: true }, env));
      expect(opened()).to.have.lengthOf(2);
    });

    it("streams what an Observable emits, and ends the viewer after that", async () => {
      const sink = await spawnHere({ port: 0, viewer: "web", detach: false });
      const { port } = sink.viewer;
      const rec = new RecordingStream("observed");
      rec.log("values", Scalars(1));
      const subscription = rec.messages$.subscribe(sink);
      await sink.flush();
      const file = await messagesAt(port, 2);
      expect(file).to.be.at.least(2);
      await rec.close();
      subscription.unsubscribe();
      await sink.close();
      expect(listeningOn(port)).to.have.lengthOf(0);
    });
  });

  describe("of the native viewer", () => {
    usePeer("rerun-cli");
    let executable: string;
    let extraEnv: Record<string, string | undefined>;

    before(async () => {
      executable = (await findPeer("rerun-cli")).path;
      // As users run it; it warns of machines like this one.
      extraEnv = { XDG_CONFIG_HOME: peerEnv()["XDG_CONFIG_HOME"], RERUN_PANIC_ON_WARN: undefined };
    });

    it("streams to the real one, and ends it and its launcher with the sink", async () => {
      const extraArgs = ["--serve-grpc"];
      const options = { executable, extraArgs, extraEnv, port: 0, detach: false };
      const sink = await spawnHere(options);
      const { kind, port, pid, version, pageUrl } = sink.viewer;
      expect(kind).to.equal("native");
      expect(version).to.match(/^0\.33\.\d+$/);
      expect(pageUrl).to.equal(undefined);
      expect(sink.url).to.equal(`rerun+http://127.0.0.1:${port}/proxy`);

      const rec = new RecordingStream("fixture", { recordingId: "spawned" });
      rec.attach(sink);
      for (let i = 0; i < 100; i++) rec.log("values", Scalars(i));
      expect((await rec.flush()).complete).to.equal(true);
      expect(await rowsAt(port)).to.equal(100);

      expect(runningIn(pid as number).length).to.be.at.least(1);
      await rec.close();
      expect(runningIn(pid as number)).to.deep.equal([]);
      expect(zombiesOf(process.pid)).to.deep.equal([]);
      expect(await probeProxy({ port })).to.equal("nothing");
    });

    it("lets it listen on this machine alone", async () => {
      const extraArgs = ["--serve-grpc"];
      const { viewer } = await spawnHere({
        executable,
        extraArgs,
        extraEnv,
        port: 0,
        detach: false,
      });
      const outside = Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .find(({ internal, family }) => !internal && family === "IPv4");
      if (outside === undefined) return;
      expect(await probeProxy({ host: outside.address, port: viewer.port })).to.equal("nothing");
    });

    it("leaves it to itself if it is detached, and the program ends", async () => {
      const extraArgs = ["--serve-grpc"];
      const started = program({ executable, extraArgs, port: 0 }, extraEnv);
      const { port, pid } = await told(started);
      const { code, stderr } = await started.exit;
      expect({ code, stderr }).to.deep.equal({ code: 0, stderr: "" });
      expect(await probeProxy({ port })).to.equal("viewer");
      expect(await rowsAt(port)).to.equal(100);
      // It leads a session: the terminal of the program, and its Ctrl-C, are not its own.
      expect(runningIn(pid as number)[0]).to.include({ pid, group: pid });
    });

    it("says what it printed when it ends at once", async () => {
      const env = { ...extraEnv, DISPLAY: undefined, WAYLAND_DISPLAY: undefined };
      const error = await rejection(
        spawn({ executable, extraEnv: env, port: 0, viewer: "native" }),
      );
      expect(error.code).to.equal("viewer-not-ready");
      expect(error.message).to.match(/ended with code 1.*neither WAYLAND_DISPLAY.*nor DISPLAY/);
      expect(zombiesOf(process.pid)).to.deep.equal([]);
    });

    it("is replaced by ours when it cannot run here and was not asked for", async () => {
      const env = { CI: "", DISPLAY: ":9999", PATH: `${dir.path}:${process.env["PATH"]}` };
      await pretender("0.33.0", `exec ${executable} "$@"`);
      await rename(dir.file("pretender"), dir.file("rerun"));
      const started = program({ port: 0, detach: false }, { ...extraEnv, ...env });
      expect(await told(started)).to.include({ kind: "web", complete: true });
      const { code, stderr } = await started.exit;
      expect(code).to.equal(0);
      expect(stderr).to.match(/ended with code 1.*served to a browser instead/s);
    });

    describe("on a display", () => {
      const display = useDisplay();

      it("shows a window of its own, which stays when the program ends", async () => {
        const env = { ...extraEnv, CI: "", DISPLAY: display(), RERUN_RX_VIEWER: executable };
        const started = program({ port: 0, hideWelcomeScreen: true }, env);
        const { kind, port, pid } = await told(started);
        expect(kind).to.equal("native");
        expect((await started.exit).code).to.equal(0);
        expect(listeningOn(port).length).to.be.at.least(1);
        expect(listeningOn(port).every(({ group }) => group === pid)).to.equal(true);
        expect(await rowsAt(port)).to.equal(100);
      });

      it("draws off screen with `headless`, and ends with the program", async () => {
        const started = program({ executable, headless: true, port: 0 }, extraEnv);
        const { kind, port, pid } = await told(started);
        expect(kind).to.equal("native");
        expect((await started.exit).code).to.equal(0);
        await until(() => runningIn(pid as number).length === 0);
        expect(listeningOn(port)).to.deep.equal([]);
      });
    });

    it("warns of another version", async () => {
      const old = await pretender("0.31.2", `exec ${executable} "$@" --serve-grpc`);
      const started = program({ executable: old, port: 0, detach: false }, extraEnv);
      expect(await told(started)).to.include({ kind: "native", complete: true });
      const { stderr } = await started.exit;
      expect(stderr).to.match(/expected a viewer of version 0\.33\.0, found 0\.31\.2/);
      expect(stderr).to.include("pip install rerun-sdk==0.33.0");
    });
  });

  it("says that no native viewer is there, and how to install one", async () => {
    const extraEnv = { PATH: dir.path, RERUN_RX_VIEWER: "" };
    const error = await rejection(spawn({ viewer: "native", port: 0, extraEnv }));
    expect(error.code).to.equal("viewer-not-found");
    expect(error.message).to.include("pip install rerun-sdk==0.33.0");
    const named = await rejection(spawn({ executable: "/nowhere/rerun", port: 0 }));
    expect(named.code).to.equal("viewer-not-found");
  });

  it("gives up on a viewer that never answers, and ends it", async () => {
    const executable = await pretender("0.33.0", "echo 'thinking error' >&2; sleep 1000");
    const start = performance.now();
    const error = await rejection(spawn({ executable, port: 0, timeoutMs: 1_000 }));
    expect(error.code).to.equal("viewer-not-ready");
    expect(error.message).to.match(/within 1000 ms.*thinking error.*timeoutMs/);
    expect(performance.now() - start).to.be.below(20_000);
    await until(() => !processes().some(({ command }) => command.includes(executable)));
    expect(zombiesOf(process.pid)).to.deep.equal([]);
  });

  it("stops waiting when the signal says so, and ends what it started", async () => {
    const executable = await pretender("0.33.0", "sleep 1000");
    const signal = AbortSignal.timeout(700);
    let thrown: unknown;
    await spawn({ executable, port: 0, signal }).catch((error: unknown) => {
      thrown = error;
    });
    expect(thrown).to.have.property("name", "TimeoutError");
    expect(processes().filter(({ command }) => command.includes(executable))).to.deep.equal([]);
  });

  it("does not take something else on the port for a viewer", async () => {
    const server = await listen();
    try {
      const { port } = server.address() as { port: number };
      const error = await rejection(spawn({ port, viewer: "web" }));
      expect(error.code).to.equal("address-in-use");
      expect(error.message).to.include(String(port)).and.to.include("`new: true`");
      const other = await spawnHere({ port, viewer: "web", new: true, detach: false });
      expect(other.viewer.port).not.to.equal(port);
    } finally {
      server.close();
    }
  });

  it("writes the file of _RERUN_TEST_FORCE_SAVE and starts nothing", async () => {
    const file = dir.file("forced.rrd");
    const started = program({ port: 9999 }, { _RERUN_TEST_FORCE_SAVE: file });
    expect(await told(started)).to.include({ kind: "none", complete: true });
    expect((await started.exit).code).to.equal(0);
    expect(existsSync(file)).to.equal(true);
    const { chunks } = decodeRrd(await readFile(file));
    const rows = chunks.filter(({ entityPath }) => entityPath === "/values");
    expect(rows.reduce((sum, chunk) => sum + chunk.numRows, 0)).to.equal(100);
  });

  it("refuses wrong options by their names", async () => {
    const wrong: [SpawnOptions, string][] = [
      [{ port: -1 }, "port"],
      [{ port: 1.5 }, "port"],
      [{ viewer: "vr" as "web" }, "viewer"],
      [{ executable: "" }, "executable"],
      [{ timeoutMs: Number.NaN }, "timeoutMs"],
      [{ lingerMs: -1 }, "lingerMs"],
      [{ memoryLimit: "lots" }, "memoryLimit"],
      [{ serverMemoryLimit: "" }, "serverMemoryLimit"],
      [{ extraArgs: [1 as unknown as string] }, "extraArgs"],
    ];
    for (const [options, name] of wrong) {
      const error = await rejection(spawn(options));
      expect(error.code).to.equal("invalid-argument");
      expect(error.message).to.include(`\`${name}\``);
    }
  });

  /** Messages that a viewer hands out to one that comes late, until there are `count`. */
  async function messagesAt(port: number, count: number): Promise<number> {
    let messages = 0;
    const enough = new AbortController();
    const take = (): void => {
      messages++;
      if (messages >= count) enough.abort();
    };
    const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(10_000)]);
    const receiver = { takeEncoded: take, take, end: async () => {}, close: () => {} };
    const target = parseRerunUrl(`127.0.0.1:${port}`);
    await readProxy(target, receiver, { token: undefined, signal });
    return messages;
  }

  /** Rows at `/values` that a viewer hands out. */
  async function rowsAt(port: number): Promise<number> {
    let rows = 0;
    const enough = new AbortController();
    const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(10_000)]);
    const receiver = {
      takeEncoded: (kind: 1 | 2 | 3, bytes: Uint8Array): void => {
        const message = decodeLogMsg(decodeEnvelope(kind, bytes));
        if (message.kind === "chunk" && message.chunk.entityPath === "/values")
          rows += message.chunk.numRows;
        if (rows >= 100) enough.abort();
      },
      take: () => {},
      end: async () => {},
      close: () => {},
    };
    const target = parseRerunUrl(`127.0.0.1:${port}`);
    await readProxy(target, receiver, { token: undefined, signal });
    return rows;
  }
});
