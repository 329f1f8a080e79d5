import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import yargs from "yargs";
import { RecordingStream, Scalars } from "../../../../lib/index.ts";
import { addRerunOptions, setupRecording } from "../../../../lib/node/index.ts";
import { decodeRrd } from "../../../helpers/decode-rrd.ts";
import { rejection } from "../../../helpers/rejection.ts";
import { useTempDir } from "../../../helpers/use-temp-dir.ts";

describe("standard flags on a command line of one's own", () => {
  const dir = useTempDir();

  const listeners = (): number[] =>
    ["SIGINT", "SIGTERM", "SIGHUP", "exit"].map((name) => process.listenerCount(name));

  it("go where the program's own flags are, and lead the recording", async () => {
    const before = listeners();
    const file = dir.file("a.rrd");
    const argv = await addRerunOptions(yargs(["--save", file, "--count", "5"]))
      .option("count", { type: "number", demandOption: true })
      .strict()
      .parseAsync();
    const rec = new RecordingStream("spec_app");
    // Taken apart, as programs do.
    const { end, viewerUrl } = await setupRecording(rec, argv);
    expect(viewerUrl).to.equal(undefined);
    for (let i = 0; i < argv.count; i++) rec.log("values", Scalars(i));
    await Promise.all([end(), end()]);
    const { chunks, truncatedBytes } = decodeRrd(await readFile(file));
    expect(truncatedBytes).to.equal(0);
    const rows = chunks.filter(({ entityPath }) => entityPath === "/values");
    expect(rows.reduce((sum, { numRows }) => sum + numRows, 0)).to.equal(5);
    expect(listeners()).to.deep.equal(before);
  });

  it("close the recording when a destination cannot be had, and leave nothing behind", async () => {
    const before = listeners();
    await writeFile(dir.file("b.rrd"), "precious");
    const rec = new RecordingStream("spec_app");
    const save = [dir.file("a.rrd"), dir.file("b.rrd")];
    const error = await rejection(setupRecording(rec, { save }));
    expect(error.code).to.equal("file-exists");
    expect(() => rec.log("values", Scalars(1))).to.throw(/closed/);
    // What was opened before is complete.
    expect(decodeRrd(await readFile(dir.file("a.rrd"))).truncatedBytes).to.equal(0);
    expect(listeners()).to.deep.equal(before);
  });

  it("make room for flags of the same name", async () => {
    const program = addRerunOptions(yargs(["--port", "ttyUSB0"]), { omit: ["port"] });
    const argv = await program.option("port", { type: "string" }).strict().parseAsync();
    expect(argv.port).to.equal("ttyUSB0");
  });

  it("take no notice of a recording that is switched off", async () => {
    const rec = new RecordingStream("spec_app", { enabled: false });
    const { end } = await setupRecording(rec, { save: dir.file("a.rrd"), serve: true });
    expect(rec.attachments).to.deep.equal([]);
    const before = process.exitCode;
    await end();
    expect(process.exitCode).to.equal(before);
  });
});
