import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { Scalars } from "../../../lib/archetypes/index.ts";
import type { LogMsg } from "../../../lib/log-msg.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { memory } from "../../../sinks/memory.ts";
import { Dump } from "../../../sinks/support/dump.ts";
import { type DecodedRrd, decodeRrd } from "../../helpers/decode-rrd.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

describe("Dump", function () {
  this.timeout(20_000);
  const dir = useTempDir();
  let messages: readonly LogMsg[];
  const CHUNKS = 3000;
  /** How long the data of a dump may take beyond the deadline, in milliseconds. */
  const MORE_MS = 2500;

  before(async () => {
    const rec = new RecordingStream("spec", { logTime: false, batch: { flushNumRows: 1 } });
    const sink = memory();
    rec.attach(sink);
    const many = Array.from({ length: 2000 }, Math.random);
    for (let i = 0; i < CHUNKS; i++) rec.log("values", Scalars(many));
    rec.log("style", Scalars(1), { static: true });
    await rec.close();
    ({ messages } = sink);
  });

  const write = async (deadline: number): Promise<{ dump: Dump; file: DecodedRrd }> => {
    const dump = new Dump(dir.file("a.rrd"), messages, {});
    dump.finishNow(deadline);
    return { dump, file: decodeRrd(await readFile(dump.path)) };
  };
  const ticks = (file: DecodedRrd): number[] =>
    file.chunks
      .filter((chunk) => chunk.entityPath === "/values")
      .flatMap((chunk) => chunk.column("log_tick").map(Number));

  it("is whole when there is time enough", async () => {
    const { dump, file } = await write(performance.now() + 20_000);
    expect([dump.leftOut, ticks(file).length]).to.deep.equal([0, CHUNKS]);
    expect([file.truncatedBytes, file.manifests.length]).to.deep.equal([0, 1]);
    expect(dump.chunks).to.equal(file.chunks.length);
  });

  it("leaves out the oldest data that there is no time for, and nothing that is pinned", async () => {
    const { dump, file } = await write(performance.now() - MORE_MS + 60);
    const kept = ticks(file);
    expect(dump.leftOut).to.equal(CHUNKS - kept.length);
    expect(kept.length).to.be.within(2, CHUNKS - 1);
    expect(kept.at(-1)).to.equal(CHUNKS - 1);
    expect(file.chunks.map((chunk) => chunk.entityPath)).to.include.members([
      "/style",
      "/__properties",
    ]);
    expect([file.truncatedBytes, file.manifests.length]).to.deep.equal([0, 1]);
    expect(dump.chunks).to.equal(file.chunks.length);
  });

  it("holds what is pinned when there is no time at all", async () => {
    const { file } = await write(performance.now() - 60_000);
    expect(ticks(file)).to.deep.equal([]);
    expect(file.chunks.map((chunk) => chunk.entityPath)).to.have.members([
      "/style",
      "/__properties",
    ]);
    expect(file.truncatedBytes).to.equal(0);
  });
});
