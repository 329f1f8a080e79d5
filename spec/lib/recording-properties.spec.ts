import { readFile, rm } from "node:fs/promises";
import { expect } from "chai";
import { AnyValues } from "../../lib/any-values.ts";
import { Points3D, TextDocument } from "../../lib/archetypes/index.ts";
import { RerunError } from "../../lib/errors.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { save } from "../../sinks/save.ts";
import { type DecodedChunk, decodeRrd } from "../helpers/decode-rrd.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

describe("the properties of a recording", () => {
  const dir = useTempDir();

  /** The static chunks of a file that was logged with `body`. */
  async function chunksFrom(
    body: (rec: RecordingStream) => void,
  ): Promise<readonly DecodedChunk[]> {
    const rec = new RecordingStream("spec", { sendProperties: false });
    rec.attach(save(dir.file("a.rrd")));
    body(rec);
    await rec.close();
    const { chunks } = decodeRrd(await readFile(dir.file("a.rrd")));
    expect(chunks.every(({ isStatic }) => isStatic)).to.equal(true);
    return chunks;
  }

  it("are logged below /__properties, by name", async () => {
    const chunks = await chunksFrom((rec) => {
      rec.sendProperty("weather", AnyValues({ property_kind: "rain" }));
      rec.sendProperty("two parts/and dots.", [TextDocument("words"), Points3D([[1, 2, 3]])]);
    });
    expect(chunks.map(({ entityPath }) => entityPath)).to.have.members([
      "/__properties/weather",
      "/__properties/two\\ parts\\/and\\ dots.",
    ]);
    const weather = chunks.find(({ components }) => components.includes("property_kind"));
    expect(weather?.column("property_kind")).to.deep.equal([["rain"]]);
  });

  it("tell its name", async () => {
    const [chunk] = await chunksFrom((rec) => rec.sendRecordingName("näme"));
    expect(chunk?.entityPath).to.equal("/__properties");
    expect(chunk?.components).to.deep.equal(["RecordingInfo:name"]);
    expect(chunk?.column("RecordingInfo:name")).to.deep.equal([["näme"]]);
  });

  it("tell when it began, from a date or from nanoseconds", async () => {
    for (const start of [new Date(1_700_000_000_123), 1_700_000_000_123_000_000n]) {
      const [chunk] = await chunksFrom((rec) => rec.sendRecordingStartTime(start));
      expect(chunk?.components).to.deep.equal(["RecordingInfo:start_time"]);
      expect(chunk?.column("RecordingInfo:start_time")).to.deep.equal([
        [1_700_000_000_123_000_000n],
      ]);
      await rm(dir.file("a.rrd"));
    }
  });

  it("refuse names and times that are none", () => {
    const rec = new RecordingStream("spec");
    const expectRefused = (call: () => void, code: string): void => {
      expect(call).to.throw(RerunError).with.property("code", code);
    };
    expectRefused(() => rec.sendProperty("", Points3D([1, 2, 3])), "invalid-argument");
    expectRefused(() => rec.sendProperty(5 as never, Points3D([1, 2, 3])), "invalid-argument");
    expectRefused(() => rec.sendProperty("a", {} as never), "invalid-component");
    expectRefused(() => rec.sendRecordingName(undefined as never), "invalid-argument");
    expectRefused(() => rec.sendRecordingStartTime(new Date(Number.NaN)), "invalid-time");
    expectRefused(() => rec.sendRecordingStartTime(5 as never), "invalid-time");
  });
});
