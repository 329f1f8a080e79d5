import { mkdir, readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { expect } from "chai";
import { readRrd } from "../lib/decode/read-rrd.ts";
import { save } from "../sinks/save.ts";
import { mapPool, writeOfficial } from "./conformance/suite.ts";
import { requirePeer } from "./helpers/peers.ts";
import { compare, verify } from "./helpers/rerun-cli.ts";
import { useTempDir } from "./helpers/use-temp-dir.ts";

describe("files of the official SDK, every archetype", function () {
  this.timeout(300_000);
  const dir = useTempDir();

  before(async function () {
    await requirePeer(this, "python");
    await requirePeer(this, "rerun-cli");
  });

  it("say the same once they are read and written anew", async () => {
    const [official, ours] = [dir.file("official"), dir.file("ours")];
    for (const folder of [official, ours]) await mkdir(folder);
    await writeOfficial(official);
    const names = (await readdir(official)).filter((name) => name.endsWith(".rrd"));
    expect(names.length).to.be.greaterThan(250);
    for (const name of names) {
      const sink = save(`${ours}/${name}`);
      for await (const message of readRrd(`${official}/${name}`, { strict: true }))
        await sink.write([message]);
      await sink.close();
    }
    const files = names.map((name) => `${ours}/${name}`);
    const checked = await verify(...files);
    expect(checked.code, checked.stderr).to.equal(0);
    const different = await mapPool(files, availableParallelism(), async (file) => {
      const { code, stdout, stderr } = await compare(`${official}/${basename(file)}`, file);
      // The tool compares recordings; blueprints by themselves are none.
      if (code === 0 || stderr.includes("no data recording found")) return undefined;
      return `${basename(file)}: ${stderr}${stdout}`.slice(0, 300);
    });
    expect(different.filter((each) => each !== undefined)).to.deep.equal([]);
  });
});
