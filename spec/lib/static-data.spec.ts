import { expect } from "chai";
import { primitive } from "../../lib/arrow/data-type.ts";
import { ComponentBatch } from "../../lib/component-batch.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { memory } from "../../sinks/memory.ts";
import { chunksOf, describeComponent, inShort, values } from "../helpers/rows.ts";

/** What a sink that comes late, and wants nothing from before, gets all the same. */
async function preambleOf(body: (rec: RecordingStream) => void): Promise<string[]> {
  const rec = new RecordingStream("spec", { sendProperties: false, batch: { flushNumRows: 1 } });
  body(rec);
  const late = memory();
  rec.attach(late, { from: "now" });
  await rec.close();
  return chunksOf(late.messages).map(inShort);
}

describe("static data for late sinks", () => {
  const other = describeComponent("other", primitive("float64"));
  const both = { batches: [...values(9).batches, new ComponentBatch(other, 1, 9)] };

  it("is the latest value of each component of each entity", async () => {
    const chunks = await preambleOf((rec) => {
      for (let i = 0; i < 3; i++)
        for (const path of ["a", "b"]) rec.log(path, values(i), { static: true });
      rec.log("a", values(7));
    });
    expect(chunks).to.deep.equal(["/a 2", "/b 2"]);
  });

  it("keeps an older value that a later row does not hold", async () => {
    const chunks = await preambleOf((rec) => {
      rec.log("a", both, { static: true });
      rec.log("a", values(1), { static: true });
    });
    expect(chunks).to.deep.equal(["/a 9", "/a 1"]);
  });

  it("is gone when an empty batch took its place", async () => {
    const chunks = await preambleOf((rec) => {
      rec.log("a", values(1), { static: true });
      rec.log("a", values(), { static: true });
    });
    expect(chunks).to.deep.equal(["/a "]);
  });
});
