import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { decodeRrd } from "./helpers/decode-rrd.ts";
import { usePeer } from "./helpers/peers.ts";
import { isBlank } from "./helpers/picture.ts";
import { compare, print, python, stats, verify } from "./helpers/rerun-cli.ts";
import { useTempDir } from "./helpers/use-temp-dir.ts";
import { useBrowser } from "./helpers/web-viewer.ts";

const example = fileURLToPath(new URL("fixtures/worked-example.rrd", import.meta.url));

/** Where the chunk's message begins: behind the stream header and the store info. */
const chunkMessageOffset = 97;

describe("our second reader", () => {
  it("reads the hand-made file", async () => {
    const { streams, messages, chunks, manifests, truncatedBytes } = decodeRrd(
      await readFile(example),
    );
    const storeId = { kind: "recording", applicationId: "demo_app", recordingId: "demo_rec" };
    expect(streams.map(({ header }) => header)).to.deep.equal([
      { version: "0.33.0", compression: "none" },
    ]);
    expect(messages[0]).to.deep.include({
      kind: "set-store-info",
      storeId,
      sourceKind: 6,
      version: "0.33.0",
    });
    expect(chunks).to.have.lengthOf(1);
    const [chunk] = chunks;
    expect(chunk).to.deep.include({
      storeId,
      chunkId: "17d00000000000020000000000000012",
      isStatic: false,
      entityPath: "/plots/sin",
      timelines: ["frame_nr"],
      components: ["Scalars:scalars"],
      rowIds: ["17d00000000000010000000000000011"],
    });
    expect(chunk?.column("frame_nr")).to.deep.equal([42n]);
    expect(chunk?.column("Scalars:scalars")).to.deep.equal([[0.5]]);
    expect(manifests.map(({ rows }) => rows.map((row) => row["frame_nr:start"]))).to.deep.equal([
      [42n],
    ]);
    expect(truncatedBytes).to.equal(0);
  });

  it("tells a file that ends early from one that is broken", async () => {
    const bytes = await readFile(example);
    const cut = decodeRrd(bytes.subarray(0, chunkMessageOffset + 100));
    expect(cut.messages).to.have.lengthOf(1);
    expect(cut.truncatedBytes).to.equal(100);

    const unknownKind = Buffer.from(bytes);
    unknownKind[chunkMessageOffset] = 9;
    expect(() => decodeRrd(unknownKind)).to.throw("Unknown message kind 9");

    const wrongCrc = Buffer.from(bytes);
    wrongCrc.writeUInt32LE(0, bytes.length - 16);
    expect(() => decodeRrd(wrongCrc)).to.throw("footer CRC");
  });
});

describe("the official command line", function () {
  this.timeout(30_000);
  usePeer("rerun-cli");
  const dir = useTempDir();

  it("accepts the hand-made file", async () => {
    const { code, stderr } = await verify(example);
    expect(stderr).to.include("1 file verified without error");
    expect(code).to.equal(0);
  });

  it("counts and prints what is in it", async () => {
    expect((await stats(example)).stdout).to.include("/plots/sin: 1");
    expect((await print(example, "-vv")).stdout).to.include("Scalars:scalars");
  });

  it("refuses a file that was cut off", async () => {
    const cut = dir.file("cut.rrd");
    await writeFile(cut, (await readFile(example)).subarray(0, 1739));
    const { code, stderr } = await verify(cut);
    expect(stderr).to.include("Missing RRD footer");
    expect(code).to.equal(1);
  });

  it("finds a changed value when it compares", async () => {
    const changed = dir.file("changed.rrd");
    const bytes = await readFile(example);
    const half = Buffer.from(new Float64Array([0.5]).buffer);
    new DataView(bytes.buffer, bytes.byteOffset).setFloat64(
      bytes.indexOf(half, chunkMessageOffset),
      0.75,
      true,
    );
    await writeFile(changed, bytes);
    expect((await compare(example, example)).code).to.equal(0);
    expect((await compare(example, changed)).code).to.equal(1);
  });
});

describe("the official Python SDK", function () {
  this.timeout(30_000);
  usePeer("python");
  const dir = useTempDir();

  it("writes what our second reader reads", async () => {
    const file = dir.file("python.rrd");
    const { code, stderr } = await python([
      "-c",
      `import rerun as rr
rr.init("app", recording_id="rec")
rr.save(${JSON.stringify(file)})
for i in range(3):
    rr.set_time("frame", sequence=i)
    rr.log("a", rr.Scalars(i / 2))
rr.log("s", rr.TextDocument("hello"), static=True)`,
    ]);
    expect(code, stderr).to.equal(0);
    const { chunks, manifests } = decodeRrd(await readFile(file));
    const scalars = chunks.find(({ entityPath }) => entityPath === "/a");
    expect(scalars?.column("frame")).to.deep.equal([0n, 1n, 2n]);
    expect(scalars?.column("Scalars:scalars")).to.deep.equal([[0], [0.5], [1]]);
    const text = chunks.find(({ entityPath }) => entityPath === "/s");
    expect(text?.isStatic).to.equal(true);
    expect(text?.column("TextDocument:text")).to.deep.equal([["hello"]]);
    expect(manifests).to.have.lengthOf(1);
  });
});

describe("the official web viewer", () => {
  const browser = useBrowser();

  it("shows the hand-made file", async () => {
    const viewer = await browser.openRecording(await readFile(example));
    expect(await viewer.recordings()).to.deep.equal([
      { applicationId: "demo_app", recordingId: "demo_rec", version: "0.33.0", source: "demo-sdk" },
    ]);
    await viewer.waitForTimeRange("frame_nr", { min: 42, max: 42 });
    expect(await viewer.timeRanges(["frame_nr", "other"])).to.deep.equal({
      frame_nr: { min: 42, max: 42 },
      other: null,
    });
    expect(isBlank(await viewer.picture())).to.equal(false);
    expect(viewer.consoleProblems).to.deep.equal([]);
  });

  it("tells of a message that it cannot read", async () => {
    const bytes = Buffer.from(await readFile(example));
    bytes[chunkMessageOffset] = 9;
    const viewer = await browser.openRecording(bytes);
    expect(viewer.consoleProblems.map(({ level, text }) => `${level}: ${text}`).join()).to.match(
      /^error: ERROR re_log_encoding.* trailing bytes in rrd stream/,
    );
  });

  it("is told from a page with nothing on it", async () => {
    const page = await browser.openPage("about:blank");
    expect(isBlank(await page.screenshot())).to.equal(true);
  });
});
