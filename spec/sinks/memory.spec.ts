import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import { map } from "rxjs";
import { Scalars } from "../../lib/archetypes/index.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { memory } from "../../sinks/memory.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { usePeer } from "../helpers/peers.ts";
import { verify } from "../helpers/rerun-cli.ts";
import { chunksOf, inShort, values } from "../helpers/rows.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

const plain = { sendProperties: false, logTime: false } as const;

describe("memory", () => {
  it("keeps the messages in order", async () => {
    const rec = new RecordingStream("spec", plain);
    const sink = memory();
    rec.attach(sink);
    rec.log("a", values(1));
    await rec.flush();
    rec.log("b", values(2));
    await rec.close();
    expect(sink.messages.map((m) => m.kind)).to.deep.equal(["set-store-info", "chunk", "chunk"]);
    expect(chunksOf(sink.messages).map(inShort)).to.deep.equal(["/a 1", "/b 2"]);
    expect(sink.state).to.equal("closed");
  });

  it("gives the messages away and starts anew", async () => {
    const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
    const sink = memory();
    rec.attach(sink);
    rec.log("a", values(1));
    const first = sink.drain();
    rec.log("a", values(2));
    expect(chunksOf(first).map(inShort)).to.deep.equal(["/a 1"]);
    expect(chunksOf(sink.messages).map(inShort)).to.deep.equal(["/a 2"]);
    await rec.close();
  });

  it("makes a complete file, again and again", async () => {
    const rec = new RecordingStream("spec", { ...plain, batch: { flushNumRows: 1 } });
    const sink = memory();
    rec.attach(sink);
    for (let i = 1; i <= 3; i++) {
      rec.log("a", Scalars(i));
      const { chunks, manifests, truncatedBytes } = decodeRrd(sink.toRrd());
      expect([chunks.length, manifests.length, truncatedBytes]).to.deep.equal([i, 1, 0]);
    }
    expect(decodeRrd(sink.toRrd({ compression: "none" })).streams[0]?.header.compression).to.equal(
      "none",
    );
    await rec.close();
  });

  it("can be subscribed to messages, with any operators between", async () => {
    const rec = new RecordingStream("spec", plain);
    const sink = memory();
    rec.messages$.pipe(map((message) => message)).subscribe(sink);
    rec.log("a", values(1));
    await rec.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(chunksOf(sink.messages).map(inShort)).to.deep.equal(["/a 1"]);
    expect(sink.state).to.equal("closed");
  });

  describe("checked by the official command line", function () {
    this.timeout(30_000);
    usePeer("rerun-cli");
    const dir = useTempDir();

    it("makes files that are in order", async () => {
      const rec = new RecordingStream("spec");
      const sink = memory();
      rec.attach(sink);
      for (let i = 0; i < 100; i++) rec.log(`e/${i % 3}`, Scalars([i, i]));
      await rec.close();
      await writeFile(dir.file("a.rrd"), sink.toRrd());
      const { code, stderr } = await verify(dir.file("a.rrd"));
      expect(stderr).to.include("verified without error");
      expect(code).to.equal(0);
    });
  });
});
