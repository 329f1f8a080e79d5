import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { expect } from "chai";
import { findNativeViewer, isCompatible } from "../../../sinks/support/find-viewer.ts";
import { findPeer, peerEnv, requirePeer } from "../../helpers/peers.ts";
import { rejection } from "../../helpers/rejection.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

describe("finding the native viewer", function () {
  this.timeout(30_000);
  const dir = useTempDir();

  /** A program that prints a text, whatever it is asked. */
  async function program(path: string, says: string, code = 0): Promise<string> {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `#!/bin/sh\necho '${says}'\nexit ${code}\n`);
    await chmod(path, 0o755);
    return path;
  }

  it("finds the real one on PATH, and its version", async function () {
    await requirePeer(this, "rerun-cli");
    const { path } = await findPeer("rerun-cli");
    await symlink(path, dir.file("rerun"));
    const env = { ...peerEnv(), PATH: `${dir.path}${delimiter}${process.env["PATH"]}` };
    const found = await findNativeViewer({ env });
    expect(found?.path).to.equal(dir.file("rerun"));
    expect(found?.version).to.match(/^0\.33\.\d+$/);
  });

  it("passes over other programs of that name", async () => {
    await program(dir.file("a/rerun"), "0.14.0");
    await program(dir.file("b/rerun"), "rerun-cli 0.33.1 (native_viewer)", 1);
    const good = await program(dir.file("c/rerun"), "rerun-cli 0.32.0 (native_viewer) [rustc]");
    const PATH = ["a", "b", "c"].map((name) => dir.file(name)).join(delimiter);
    expect(await findNativeViewer({ env: { PATH: `${PATH}:/usr/bin:/bin` } })).to.deep.equal({
      path: good,
      version: "0.32.0",
    });
  });

  it("tells that there is none by returning nothing", async () => {
    expect(await findNativeViewer({ env: { PATH: dir.path } })).to.equal(undefined);
    expect(await findNativeViewer({ env: {} })).to.equal(undefined);
  });

  it("never looks into the current folder", async () => {
    await program(dir.file("rerun"), "rerun-cli 0.33.0");
    const before = process.cwd();
    process.chdir(dir.path);
    try {
      expect(await findNativeViewer({ env: { PATH: `${delimiter}${delimiter}` } })).to.equal(
        undefined,
      );
    } finally {
      process.chdir(before);
    }
  });

  it("takes the option before the variable, and the variable before PATH", async () => {
    const env = {
      PATH: `${dir.path}:/usr/bin:/bin`,
      RERUN_RX_VIEWER: await program(dir.file("named"), "rerun-cli 0.31.0"),
    };
    await program(dir.file("rerun"), "rerun-cli 0.33.0");
    await program(dir.file("mine"), "rerun-cli 0.30.0-alpha.1+dev");
    expect((await findNativeViewer({ env }))?.version).to.equal("0.31.0");
    expect((await findNativeViewer({ env, executable: "mine" }))?.version).to.equal(
      "0.30.0-alpha.1+dev",
    );
    expect((await findNativeViewer({ env: { ...env, RERUN_RX_VIEWER: "web" } }))?.version).to.equal(
      "0.33.0",
    );
  });

  it("says what was named, what it found there and how to install one", async () => {
    const missing = await rejection(findNativeViewer({ executable: join(dir.path, "none") }));
    expect(missing.code).to.equal("viewer-not-found");
    expect(missing.message).to.include("`executable`").and.to.include("none");
    expect(missing.message).to.include("pip install rerun-sdk==0.33.0");

    const env = {
      PATH: "/usr/bin:/bin",
      RERUN_RX_VIEWER: await program(dir.file("other"), "something else"),
    };
    const other = await rejection(findNativeViewer({ env }));
    expect(other.code).to.equal("viewer-not-found");
    expect(other.message).to.include("RERUN_RX_VIEWER").and.to.include("something else");
    expect(other.message).to.include(dir.file("other"));
  });

  it("takes a viewer of the same minor version for compatible", () => {
    expect(["0.33.0", "0.33.7", "0.33.0-rc.1"].map(isCompatible)).to.deep.equal([true, true, true]);
    expect(["0.32.0", "0.34.0", "1.33.0"].map(isCompatible)).to.deep.equal([false, false, false]);
  });
});
