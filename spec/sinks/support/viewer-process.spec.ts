import { readdirSync, readlinkSync } from "node:fs";
import { expect } from "chai";
import { ViewerProcess } from "../../../sinks/support/viewer-process.ts";
import { runningIn, until, zombiesOf } from "../../helpers/processes.ts";

/** Files that this process has open. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

(process.platform === "linux" ? describe : describe.skip)("a viewer process", function () {
  this.timeout(20_000);
  const started: ViewerProcess[] = [];

  afterEach(async () => {
    await Promise.all(started.splice(0).map((viewer) => viewer.stop(0)));
  });

  function start(script: string, tiedByInput = false): ViewerProcess {
    const viewer = ViewerProcess.start({
      command: "/bin/sh",
      args: ["-c", script],
      env: process.env,
      tiedByInput,
    });
    started.push(viewer);
    return viewer;
  }

  it("leads a group of its own, with no terminal, input or output of ours", async () => {
    const viewer = start("sleep 60 | sleep 60; wait");
    const { pid } = viewer;
    if (pid === undefined) throw new Error("not started");
    await until(() => runningIn(pid).length === 3);
    for (const fd of [0, 1, 2]) {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
      expect(target).to.match(fd === 0 ? /^\/dev\/null$/ : /rerun-rx-viewer-.*\(deleted\)$/);
    }
    await viewer.stop();
    expect(runningIn(pid)).to.deep.equal([]);
    expect(zombiesOf(process.pid)).to.deep.equal([]);
  });

  it("ends all that it started, also those that take no notice of a signal", async () => {
    const viewer = start(
      "trap '' INT TERM; (trap '' INT TERM; while :; do sleep 0.1; done) & wait; wait",
    );
    const { pid } = viewer;
    if (pid === undefined) throw new Error("not started");
    await until(() => runningIn(pid).length >= 2);
    await viewer.stop(200);
    expect(runningIn(pid)).to.deep.equal([]);
    expect((await viewer.exited).signal).to.equal("SIGKILL");
  });

  it("keeps the last of what was printed, without colours", async () => {
    const viewer = start(
      `printf '${"x".repeat(10_000)}\\n\\033[31mError\\033[0m: no display\\n' >&2; exit 3`,
    );
    expect(await viewer.exited).to.deep.include({ code: 3, signal: null });
    expect(viewer.printed()).to.match(/x\nError: no display$/);
    expect(viewer.printed().length).to.be.below(5_000);
    viewer.release();
    expect(viewer.printed()).to.equal("");
  });

  it("leaves no file open and none behind", async () => {
    const before = openFiles();
    const viewer = start("exit 0");
    await viewer.exited;
    await viewer.stop();
    expect(openFiles().filter((file) => file.includes("rerun-rx-viewer"))).to.deep.equal(
      before.filter((file) => file.includes("rerun-rx-viewer")),
    );
  });

  it("ends the input of one that is tied to this program", async () => {
    const viewer = start("cat; exit 4", true);
    const { pid } = viewer;
    if (pid === undefined) throw new Error("not started");
    await until(() => runningIn(pid).length === 2);
    expect(readlinkSync(`/proc/${pid}/fd/0`)).to.match(/^(pipe|socket):/);
    await viewer.stop();
    expect(runningIn(pid)).to.deep.equal([]);
  });

  it("says why a program could not be started", async () => {
    const viewer = ViewerProcess.start({
      command: "/nowhere/rerun",
      args: [],
      env: process.env,
      tiedByInput: false,
    });
    expect((await viewer.exited).error?.message).to.include("ENOENT");
    expect(viewer.pid).to.equal(undefined);
    await viewer.stop();
  });
});
