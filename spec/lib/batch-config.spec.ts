import { expect } from "chai";
import { BATCH_PRESETS, parseBytes, withEnvironment } from "../../lib/batch-config.ts";

describe("batch configuration", () => {
  it("has the presets of the official SDKs", () => {
    expect(BATCH_PRESETS.default).to.deep.equal({
      flushTickMs: 200,
      flushNumBytes: 2_097_152,
      flushNumRows: Infinity,
      chunkMaxRowsIfUnsorted: 8192,
      maxBytesInFlight: 104_857_600,
    });
    expect(BATCH_PRESETS.lowLatency).to.deep.equal({ ...BATCH_PRESETS.default, flushTickMs: 8 });
    expect(BATCH_PRESETS.always).to.deep.include({
      flushTickMs: Infinity,
      flushNumBytes: 0,
      flushNumRows: 0,
      chunkMaxRowsIfUnsorted: 256,
    });
    expect(BATCH_PRESETS.never).to.deep.include({
      flushTickMs: Infinity,
      flushNumBytes: Infinity,
      flushNumRows: Infinity,
      chunkMaxRowsIfUnsorted: 256,
    });
  });

  it("reads sizes with and without units", () => {
    for (const [text, bytes] of [
      ["2097152", 2_097_152],
      ["10MB", 1e7],
      ["2MiB", 2_097_152],
      ["1.5 kB", 1500],
      [" 1 gib ", 2 ** 30],
      ["0", 0],
      ["7B", 7],
    ] as const) {
      expect(parseBytes(text), text).to.equal(bytes);
    }
    for (const text of ["", "many", "-1", "10 XB", "1e3", "MB"])
      expect(parseBytes(text), text).to.equal(undefined);
  });

  it("is changed by the environment", () => {
    const config = withEnvironment(BATCH_PRESETS.default, {
      RERUN_FLUSH_TICK_SECS: "0.5",
      RERUN_FLUSH_NUM_BYTES: "1kB",
      RERUN_FLUSH_NUM_ROWS: "7",
      RERUN_CHUNK_MAX_ROWS_IF_UNSORTED: "9",
    });
    expect(config).to.deep.include({
      flushTickMs: 500,
      flushNumBytes: 1000,
      flushNumRows: 7,
      chunkMaxRowsIfUnsorted: 9,
    });
    expect(
      withEnvironment(BATCH_PRESETS.default, { RERUN_FLUSH_TICK_SECS: "inf" }).flushTickMs,
    ).to.equal(Infinity);
    expect(withEnvironment(BATCH_PRESETS.default, {})).to.deep.equal(BATCH_PRESETS.default);
    expect(withEnvironment(BATCH_PRESETS.default, { RERUN_FLUSH_NUM_ROWS: "" })).to.deep.equal(
      BATCH_PRESETS.default,
    );
  });

  it("lets the old name of a variable win, as the official SDKs do", () => {
    const env = { RERUN_CHUNK_MAX_ROWS_IF_UNSORTED: "9", RERUN_MAX_CHUNK_ROWS_IF_UNSORTED: "5" };
    expect(withEnvironment(BATCH_PRESETS.default, env).chunkMaxRowsIfUnsorted).to.equal(5);
  });

  it("names a variable that makes no sense, and what it holds", () => {
    for (const [name, value] of [
      ["RERUN_FLUSH_TICK_SECS", "soon"],
      ["RERUN_FLUSH_TICK_SECS", "-1"],
      ["RERUN_FLUSH_NUM_BYTES", "much"],
      ["RERUN_FLUSH_NUM_ROWS", "1.5"],
      ["RERUN_CHUNK_MAX_ROWS_IF_UNSORTED", "-3"],
    ] as const) {
      expect(() => withEnvironment(BATCH_PRESETS.default, { [name]: value }))
        .to.throw(RangeError, `${name} to be`)
        .with.property("message")
        .that.includes(`"${value}"`);
    }
  });
});
