import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Retention } from "../../../sinks/support/retention.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

describe("Retention", () => {
  const dir = useTempDir();

  it("tells once what cannot be deleted, and deletes the rest", async () => {
    const errors: string[] = [];
    const retention = new Retention({ count: 0 }, (error) => errors.push(error.code));
    const locked = dir.file("locked");
    await mkdir(locked);
    await mkdir(dir.file("open"));
    const files = ["locked/1", "locked/2", "open/3"].map((name, i) => ({
      number: i + 1,
      path: dir.file(name),
    }));
    for (const file of files) {
      await writeFile(file.path, "");
      retention.add(file);
    }
    await chmod(dir.path, 0o755);
    await chmod(locked, 0o555);
    await chmod(dir.file("open"), 0o777);
    // The administrator may delete everywhere: become nobody for the moment.
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65_534);
    try {
      retention.applyNow();
    } finally {
      if (root) process.seteuid?.(0);
      await chmod(locked, 0o755);
    }
    expect(await readdir(locked)).to.deep.equal(["1", "2"]);
    expect(await readdir(dir.file("open"))).to.deep.equal([]);
    expect(errors).to.deep.equal(["permission-denied"]);
  });

  it("minds not that a file is gone before it could be noted", () => {
    const errors: string[] = [];
    const retention = new Retention({ count: 0 }, (error) => errors.push(error.code));
    retention.add({ number: 1, path: join(dir.path, "gone") });
    retention.applyNow();
    expect(errors).to.deep.equal([]);
  });
});
