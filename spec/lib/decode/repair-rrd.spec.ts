import { readFile, writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { expect } from "chai";
import fc from "fast-check";
import { Image, Points3D, Scalars, TextLog } from "../../../lib/archetypes/index.ts";
import { RepairCount, type RepairReport, repairRrd } from "../../../lib/decode/repair-rrd.ts";
import { salvage } from "../../../lib/decode/salvage.ts";
import { messageHeader, streamHeader } from "../../../lib/encode/rrd.ts";
import type { RerunError } from "../../../lib/errors.ts";
import type { LogMsg } from "../../../lib/log-msg.ts";
import { save } from "../../../sinks/save.ts";
import { decodeRrd, type MessagePlace } from "../../helpers/decode-rrd.ts";
import { messagesOf, OLD_VERSIONS, oldRrd, readAll, rrdOf } from "../../helpers/make-rrd.ts";
import { usePeer } from "../../helpers/peers.ts";
import { compare, verify } from "../../helpers/rerun-cli.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

/** Goes through bytes in memory. */
function repair(bytes: Uint8Array): { readonly messages: LogMsg[]; readonly report: RepairReport } {
  const count = new RepairCount();
  count.totalBytes = bytes.length;
  const messages: LogMsg[] = [];
  const steps = salvage(bytes.length);
  let step = steps.next();
  while (step.done !== true) {
    const { value } = step;
    let answer: Uint8Array | undefined;
    if (value.kind === "read") {
      const { offset, byteLength } = value;
      // It asks for nothing that is not there.
      expect(offset).to.be.at.least(0);
      expect(offset + byteLength).to.be.at.most(bytes.length);
      answer = bytes.subarray(offset, offset + byteLength);
    } else {
      count.add(value);
      if (value.kind === "message") messages.push(value.message);
    }
    step = steps.next(answer);
  }
  return { messages, report: count.report };
}

/** A recording of several kinds of data, static and not; small, so that it can be damaged often. */
async function example(compression: "lz4" | "none" = "lz4"): Promise<Uint8Array> {
  const messages = await messagesOf((rec) => {
    rec.setTime("frame", { sequence: 1 });
    rec.log("points", Points3D([1, 2, 3, 4, 5, 6], { colors: 0xff0000ff, labels: ["a", "ü"] }));
    rec.log("logs", TextLog("hello", { level: "WARN" }));
    rec.log("fixed", Scalars([1, 2]), { static: true });
    rec.log("image", Image({ data: new Uint8Array(48), width: 4, height: 4, colorModel: "RGB" }));
    for (let i = 0; i < 40; i++) {
      rec.setTime("frame", { sequence: i });
      rec.log("plot", Scalars(i));
    }
  });
  return rrdOf(messages, { compression });
}

/** What tells messages apart. */
const idOf = (message: LogMsg): string =>
  message.kind === "chunk" ? message.chunk.id.toString() : message.kind;

const placesOf = (bytes: Uint8Array): readonly MessagePlace[] =>
  decodeRrd(bytes).streams[0]?.places ?? [];

const endOf = ({ offset, byteLength }: MessagePlace): number => offset + byteLength;

const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

describe("repairRrd", () => {
  const dir = useTempDir();
  let bytes: Uint8Array;
  let places: readonly MessagePlace[];
  let ids: readonly string[];

  before(async () => {
    bytes = await example();
    places = placesOf(bytes);
    ids = (await readAll(bytes)).map(idOf);
  });

  it("keeps all of a file in order", () => {
    const { messages, report } = repair(bytes);
    expect(messages.map(idOf)).to.deep.equal(ids);
    const end = endOf(places.at(-1) as MessagePlace);
    expect(report).to.deep.equal({
      totalBytes: bytes.length,
      messages: 6,
      chunks: 5,
      rows: 44,
      withoutHeader: 0,
      lostMessages: 0,
      lostBytes: 0,
      losses: [],
      footerBytes: bytes.length - end,
    });
  });

  it("keeps every whole message of a file that was cut off at any of 10,000 places, and tells the loss exactly", async function () {
    this.timeout(120_000);
    const files = await Promise.all([example("lz4"), example("none")]);
    const cuts = files.map((file) => ({ file, own: placesOf(file) }));
    let random = 12_345;
    const next = (below: number): number => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((random / 2 ** 32) * below);
    };
    for (let run = 0; run < 10_000; run++) {
      const { file, own } = cuts[run % 2] as (typeof cuts)[number];
      const cut = next(file.length + 1);
      const { messages, report } = repair(file.subarray(0, cut));
      const whole = own.filter((place) => endOf(place) <= cut);
      expect(messages.length, `cut at ${cut}`).to.equal(whole.length);
      const last = whole.at(-1);
      const kept = last === undefined ? Math.min(cut, 12) : endOf(last);
      const isInFooter = whole.length === own.length;
      // A header that is cut off is no message, and no loss of one.
      const lost = cut < 12 ? cut : cut - kept;
      expect(report.lostBytes, `cut at ${cut}`).to.equal(isInFooter ? 0 : lost);
      expect(report.footerBytes, `cut at ${cut}`).to.equal(isInFooter ? cut - kept : 0);
      const isLost = !isInFooter && cut >= 12 && cut > kept;
      expect(report.lostMessages, `cut at ${cut}`).to.equal(isLost ? 1 : 0);
    }
  });

  it("loses the one message that is damaged, and no other", () => {
    places.forEach((place, i) => {
      const damaged = bytes.slice();
      damaged.fill(0xee, place.offset + 30, place.offset + 45);
      const { messages, report } = repair(damaged);
      expect(messages.map(idOf)).to.deep.equal(ids.toSpliced(i, 1));
      expect(report.lostMessages).to.equal(1);
      expect(report.lostBytes).to.equal(16 + place.byteLength);
      expect(report.losses[0]).to.deep.include({ offset: place.offset - 16, kind: "message" });
    });
  });

  it("finds a message again whose header is damaged, by what follows", () => {
    let lost = 0;
    places.forEach((place, i) => {
      for (const at of [0, 3, 8, 9, 13]) {
        const damaged = bytes.slice();
        damaged[place.offset - 16 + at] = 0x77;
        const { messages, report } = repair(damaged);
        const found = messages.map(idOf);
        // Once in a while a wrong length leads to something that looks like the next message; no other is lost then.
        if (found.length < ids.length) {
          lost++;
          expect(found).to.deep.equal(ids.toSpliced(i, 1));
          continue;
        }
        expect(found).to.deep.equal(ids);
        expect(report.lostMessages).to.equal(0);
        // A length that is a little too small still takes in all that matters: what stands behind the payload, in 22
        // bytes, is in the payload as well.
        expect(report.lostBytes).to.be.within(1, 16 + 22);
      }
    });
    expect(lost).to.be.at.most(1);
  });

  it("passes over other bytes between messages, whatever they are", () => {
    const garbage = [
      new Uint8Array(1000),
      new Uint8Array(1).fill(0xff),
      new Uint8Array(333).fill(2),
      join(messageHeader(2, 40), new Uint8Array(100).fill(0x0a)),
      messageHeader(3, 2 ** 40),
      new TextEncoder().encode("RRF2 is no header, and neither is RR"),
    ];
    for (const between of garbage) {
      for (const { offset } of places) {
        const at = offset - 16;
        const { messages, report } = repair(
          join(bytes.subarray(0, at), between, bytes.subarray(at)),
        );
        expect(messages.map(idOf)).to.deep.equal(ids);
        expect(report.lostBytes).to.equal(between.length);
      }
    }
  });

  it("does without the header of the stream, and without a footer", () => {
    const end = endOf(places.at(-1) as MessagePlace);
    const { messages, report } = repair(bytes.subarray(0, end));
    expect(messages.map(idOf)).to.deep.equal(ids);
    expect(report).to.deep.include({ lostBytes: 0, footerBytes: 0 });
    const headless = repair(bytes.subarray(12));
    expect(headless.messages.map(idOf)).to.deep.equal(ids);
    expect(headless.report.lostBytes).to.equal(0);
    const damaged = bytes.slice();
    damaged[2] = 0;
    expect(repair(damaged).report).to.deep.include({ messages: 6, lostMessages: 0, lostBytes: 12 });
  });

  it("reads several streams, one of them cut off", () => {
    const cut = endOf(places[3] as MessagePlace) + 20;
    const { messages, report } = repair(join(bytes.subarray(0, cut), bytes));
    expect(messages.map(idOf)).to.deep.equal([...ids.slice(0, 4), ...ids]);
    expect(report.lostBytes).to.equal(20);
  });

  it("does not take a recording inside of a message for one of its own", async () => {
    const nested = rrdOf(
      await messagesOf((rec) => {
        rec.log("file", Image({ data: bytes, width: bytes.length, height: 1, colorModel: "L" }));
        rec.log("plot", Scalars(1));
      }),
      { compression: "none" },
    );
    const [, place] = placesOf(nested);
    const damaged = nested.slice();
    damaged.fill(0xee, (place?.offset ?? 0) + 60, (place?.offset ?? 0) + 80);
    const { messages, report } = repair(damaged);
    expect(messages.map(idOf)).to.have.length(2);
    expect(report.lostMessages).to.equal(1);
  });

  it("finds nothing in other files, and takes its time for none", () => {
    for (const other of [
      new Uint8Array(0),
      new Uint8Array(5),
      new Uint8Array(100_000),
      streamHeader(),
    ]) {
      const { messages, report } = repair(other);
      expect(messages).to.deep.equal([]);
      expect(report.lostBytes).to.equal(other.length === 12 ? 0 : other.length);
    }
  });

  it("does not take a message for the index when its kind and its length are damaged", () => {
    const damaged = bytes.slice();
    const { offset } = places[0] as MessagePlace;
    const header = new DataView(damaged.buffer, offset - 16, 16);
    header.setBigUint64(0, 0n, true);
    header.setBigUint64(8, BigInt(bytes.length), true);
    const { messages, report } = repair(damaged);
    expect(messages.map(idOf)).to.deep.equal(ids);
    expect([report.withoutHeader, report.lostBytes]).to.deep.equal([1, 16]);
  });

  it("keeps what is not damaged wherever bits were flipped, and no byte goes without notice", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 7 })), { minLength: 1, maxLength: 6 }),
        (flips) => {
          const damaged = bytes.slice();
          const touched = new Set<number>();
          for (const [at, bit] of flips) {
            const byte = at % damaged.length;
            damaged[byte] = (damaged[byte] as number) ^ (1 << bit);
            places.forEach((place, i) => {
              if (byte >= place.offset - 16 && byte < endOf(place)) touched.add(i);
            });
          }
          const { messages, report } = repair(damaged);
          const found = new Set(messages.map(idOf));
          ids.forEach((id, i) => {
            if (!touched.has(i)) expect(found).to.include(id);
          });
          expect(report.totalBytes).to.be.at.least(report.lostBytes + report.footerBytes);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("reads files, streams and bytes alike", async () => {
    const cut = bytes.subarray(0, 2000);
    const path = dir.file("cut.rrd");
    await writeFile(path, cut);
    const expected = repair(cut);
    for (const source of [path, cut, Readable.from([cut.subarray(0, 99), cut.subarray(99)])]) {
      const progress: number[] = [];
      const losses: unknown[] = [];
      const repairing = repairRrd(source, {
        onLoss: (loss) => losses.push(loss),
        onProgress: (at) => progress.push(at),
      });
      const messages: LogMsg[] = [];
      for await (const message of repairing) messages.push(message);
      expect(messages.map(idOf)).to.deep.equal(expected.messages.map(idOf));
      expect(repairing.report).to.deep.equal(expected.report);
      expect(losses).to.deep.equal(expected.report.losses);
      expect(progress.length).to.be.above(0);
    }
  });

  it("refuses what is too old, as it is not damaged", async () => {
    const old = bytes.slice();
    old.set([0, 22, 0, 0], 4);
    try {
      for await (const message of repairRrd(old)) expect.fail(message.kind);
      expect.fail("it was read");
    } catch (error) {
      expect((error as RerunError).code).to.equal("unsupported-data");
    }
  });

  describe("for the official tools", () => {
    usePeer("rerun-cli");

    /** Repairs into a file, and lets the official tool look at it. */
    async function repaired(damaged: Uint8Array, name: string): Promise<string> {
      const path = dir.file(name);
      const sink = save(path, { overwrite: true });
      for await (const message of repairRrd(damaged)) sink.write([message]);
      await sink.close();
      return path;
    }

    it("makes files that they find in order, wherever the damage was", async function () {
      this.timeout(120_000);
      const files = [await example("lz4"), await example("none")];
      let random = 99;
      const next = (below: number): number => {
        random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
        return Math.floor((random / 2 ** 32) * below);
      };
      const paths: string[] = [];
      for (let run = 0; run < 40; run++) {
        let damaged: Uint8Array = (files[run % 2] as Uint8Array).slice();
        for (let flip = next(4); flip >= 0; flip--) {
          const at = 500 + next(damaged.length - 500);
          damaged[at] = (damaged[at] as number) ^ (1 << next(8));
        }
        if (run % 4 === 0) damaged = damaged.slice(0, 2000 + next(damaged.length - 2000));
        if (run % 4 === 1) {
          const at = next(damaged.length);
          const garbage = Uint8Array.from({ length: next(300) }, () => next(256));
          damaged = join(damaged.subarray(0, at), garbage, damaged.subarray(at));
        }
        const path = await repaired(damaged, `${run}.rrd`);
        // One without any data has no index, which the tool demands.
        if (decodeRrd(await readFile(path)).chunks.length > 0) paths.push(path);
      }
      expect(paths.length).to.be.above(30);
      const { code, stderr } = await verify(...paths);
      expect(code, stderr).to.equal(0);
    });

    it("gives a file that was cut off its index, and all else stays the same", async () => {
      const end = endOf(places.at(-1) as MessagePlace);
      const whole = dir.file("whole.rrd");
      await writeFile(whole, bytes);
      const path = await repaired(bytes.subarray(0, end + 20), "cut.rrd");
      const compared = await compare(whole, path);
      expect(compared.code, compared.stdout + compared.stderr).to.equal(0);
      expect((await verify(path)).code).to.equal(0);
    });

    for (const version of OLD_VERSIONS) {
      it(`keeps all that version ${version} wrote`, async () => {
        const old = await oldRrd(version);
        const { report } = repair(old);
        expect(report).to.deep.include({ lostBytes: 0, lostMessages: 0 });
        const path = await repaired(old, "old.rrd");
        const { code, stderr } = await verify(path);
        expect(code, stderr).to.equal(0);
      });
    }
  });
});
