import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import type { LogMsg } from "../../../lib/log-msg.ts";
import { RecordingStream } from "../../../lib/recording-stream.ts";
import { memory } from "../../../sinks/memory.ts";
import { RrdOutput } from "../../../sinks/support/rrd-output.ts";
import { type DecodedRrd, decodeRrd } from "../../helpers/decode-rrd.ts";
import { values } from "../../helpers/rows.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

describe("RrdOutput", function () {
  this.timeout(20_000);
  const dir = useTempDir();
  let messages: readonly LogMsg[];

  before(async () => {
    // Many entities with timelines of their own: their index takes a while.
    const rec = new RecordingStream("spec", { batch: { flushNumRows: 1 } });
    const sink = memory();
    rec.attach(sink);
    for (let i = 0; i < 2000; i++) {
      rec.setTime(`timeline ${i % 10}`, { sequence: i });
      rec.log(`entity/${i % 100}`, values(i));
    }
    await rec.close();
    ({ messages } = sink);
  });

  const write = (): RrdOutput => {
    const path = dir.file("a.rrd");
    const output = new RrdOutput(openSync(path, "wx"), path, {}, (thrown) => {
      throw thrown;
    });
    for (const message of messages) output.write(message);
    return output;
  };
  const read = async (): Promise<DecodedRrd> => decodeRrd(await readFile(dir.file("a.rrd")));
  const expectWhole = async (): Promise<void> => {
    const { chunks, manifests, truncatedBytes } = await read();
    expect(truncatedBytes).to.equal(0);
    expect(manifests.map(({ rows }) => rows.length)).to.deep.equal([chunks.length]);
  };

  it("makes the index in slices, between which the program goes on", async () => {
    const finishing = write().finish();
    expect(finishing).to.be.instanceOf(Promise);
    let turns = 0;
    const count = (): void => {
      turns++;
      next = setImmediate(count);
    };
    let next = setImmediate(count);
    await finishing;
    clearImmediate(next);
    expect(turns).to.be.greaterThan(3);
    await expectWhole();
  });

  it("makes it within the call at the end of the process, also when it is at it already", async () => {
    const output = write();
    const finishing = output.finish();
    expect(output.finishNow(Infinity)).to.equal(true);
    await expectWhole();
    expect(output.finishNow(Infinity)).to.equal(true);
    await finishing;
    await expectWhole();
  });

  it("goes without the index when there is no time for it, with all data", async () => {
    const output = write();
    expect(output.finishNow(performance.now())).to.equal(false);
    const { chunks, streams, truncatedBytes } = await read();
    expect(streams[0]?.footer).to.equal(undefined);
    expect([chunks.length, truncatedBytes]).to.deep.equal([
      messages.filter((message) => message.kind === "chunk").length,
      0,
    ]);
  });
});
