import { closeSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { expect } from "chai";
import { PartNames } from "../../../sinks/support/part-names.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

describe("PartNames", () => {
  const dir = useTempDir();
  const create = (names: PartNames): string => {
    const { fd, path } = names.create();
    closeSync(fd);
    return basename(path);
  };

  it("puts the number before the extension, with four digits or more", async () => {
    const names = new PartNames(dir.file("a.b.rrd"));
    expect(create(names)).to.equal("a.b-0001.rrd");
    expect(names.path(12_345)).to.equal(dir.file("a.b-12345.rrd"));
    expect(create(new PartNames(dir.file("plain")))).to.equal("plain-0001");
  });

  it("counts on from the highest number there is, whatever else is there", async () => {
    for (const name of [
      "a-0002.rrd",
      "a-10000.rrd",
      "a-0003.txt",
      "a-4.rrd",
      "a-x0005.rrd",
      "b-0009.rrd",
    ])
      await writeFile(dir.file(name), "");
    const names = new PartNames(dir.file("a.rrd"));
    expect(names.existing().map((file) => file.number)).to.deep.equal([2, 10_000]);
    expect(create(names)).to.equal("a-10001.rrd");
  });

  it("passes over a name that another process took in the meantime, file or not", async () => {
    const names = new PartNames(dir.file("a.rrd"));
    expect(create(names)).to.equal("a-0001.rrd");
    await writeFile(dir.file("a-0002.rrd"), "");
    await mkdir(dir.file("a-0003.rrd"));
    expect(create(names)).to.equal("a-0004.rrd");
    expect(create(new PartNames(dir.file("a.rrd")))).to.equal("a-0005.rrd");
  });

  it("never gives one number to two that count at the same time", async () => {
    const both = [new PartNames(dir.file("a.rrd")), new PartNames(dir.file("a.rrd"))];
    for (let i = 0; i < 5; i++) for (const names of both) create(names);
    expect(await readdir(dir.path)).to.have.lengthOf(10);
  });

  it("takes names of a function, also of other directories, and says when one is none", async () => {
    await mkdir(dir.file("sub"));
    const named = new PartNames(dir.file("a.rrd"), (n) =>
      n === 1 ? "sub/x.rrd" : dir.file(`y-${n}`),
    );
    expect([named.create().path, named.create().path]).to.deep.equal([
      dir.file("sub/x.rrd"),
      dir.file("y-2"),
    ]);
    expect(named.existing()).to.deep.equal([]);
    expect(() => new PartNames(dir.file("a"), () => "").create()).to.throw(
      "Expected `name` to give the name of a file for part 1",
    );
  });
});
