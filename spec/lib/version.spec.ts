import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { RERUN_VERSION_BYTES } from "../../lib/encode/log-msg.ts";
import { RERUN_VERSION, SOURCE, VERSION } from "../../lib/version.ts";
import { projectRoot } from "../helpers/run-program.ts";

describe("versions", () => {
  it("are those of package.json and of the format that is written", async () => {
    const { version, dependencies } = JSON.parse(
      await readFile(join(projectRoot, "package.json"), "utf8"),
    ) as { version: string; dependencies: Record<string, string> };
    expect(VERSION).to.equal(version);
    expect(SOURCE).to.equal(`rerun-rx ${version}`);
    expect(dependencies["@rerun-io/web-viewer"]).to.equal(RERUN_VERSION);
    expect([...RERUN_VERSION_BYTES].slice(0, 3).join(".")).to.equal(RERUN_VERSION);
  });
});
