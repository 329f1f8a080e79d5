import { expect } from "chai";
import fc from "fast-check";
import { type RrdItem, RrdParser } from "../../../lib/decode/rrd-parser.ts";
import { messageHeader, streamHeader } from "../../../lib/encode/rrd.ts";
import { RerunError } from "../../../lib/errors.ts";
import { messagesOf, rrdOf } from "../../helpers/make-rrd.ts";
import { values } from "../../helpers/rows.ts";

/** All items of bytes that come in pieces of the given size. */
function parse(bytes: Uint8Array, pieceBytes: number = bytes.length): RrdItem[] {
  const parser = new RrdParser();
  const items: RrdItem[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    parser.push(bytes.subarray(at, at + pieceBytes));
    for (let item = parser.next(); item !== undefined; item = parser.next()) items.push(item);
  }
  const last = parser.end();
  if (last !== undefined) items.push(last);
  return items;
}

/** Items in a word each; damage with its place. */
function inShort(bytes: Uint8Array): string[] {
  return parse(bytes).map((item) => {
    if (item.kind === "frame") return `frame ${item.messageKind}`;
    if (item.kind === "damage") return `damage at ${item.offset}, ${item.byteLength ?? "all"}`;
    return item.kind;
  });
}

const join = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

/** A message with a payload of no meaning. */
const frame = (kind: number, length = 3): Uint8Array =>
  join(messageHeader(kind, length), new Uint8Array(length).fill(7));

const HEADER = streamHeader();

describe("RrdParser", () => {
  let file: Uint8Array;

  before(async () => {
    file = rrdOf(await messagesOf((rec) => rec.log("a", values(1, 2))));
  });

  it("takes a complete file apart", () => {
    expect(inShort(file)).to.deep.equal(["stream", "frame 1", "frame 2", "end"]);
    const [stream, first] = parse(file);
    expect(stream).to.deep.include({ offset: 0, version: "0.33.0", compression: "lz4" });
    expect(first).to.deep.include({ offset: 12 });
  });

  it("gives the same for bytes that come in pieces of any size", () => {
    const whole = parse(file);
    for (const size of [1, 2, 7, 16, 100, 1000]) expect(parse(file, size)).to.deep.equal(whole);
  });

  it("reads streams one after the other, closed or not", () => {
    expect(inShort(join(file, file))).to.deep.equal([...inShort(file), ...inShort(file)]);
    expect(inShort(join(HEADER, frame(2), HEADER, frame(1)))).to.deep.equal([
      ...["stream", "frame 2"],
      ...["stream", "frame 1"],
    ]);
  });

  it("reads a file without End message, and an empty End message at the end of the file", () => {
    expect(inShort(join(HEADER, frame(2)))).to.deep.equal(["stream", "frame 2"]);
    expect(inShort(HEADER)).to.deep.equal(["stream"]);
    expect(inShort(join(HEADER, frame(2), messageHeader(0, 0)))).to.deep.equal([
      ...["stream", "frame 2", "end"],
    ]);
  });

  it("tells of a message that is cut off, and keeps what came before", () => {
    const bytes = join(HEADER, frame(2), frame(2, 50).subarray(0, 40));
    expect(inShort(bytes)).to.deep.equal(["stream", "frame 2", "damage at 31, 40"]);
    expect(inShort(bytes.subarray(0, 35))).to.deep.equal([
      ...["stream", "frame 2", "damage at 31, 4"],
    ]);
  });

  it("stops at an unknown kind of message", () => {
    expect(inShort(join(HEADER, frame(2), frame(9), frame(2)))).to.deep.equal([
      ...["stream", "frame 2", "damage at 31, all"],
    ]);
    const large = messageHeader(2, 0);
    large[4] = 1;
    expect(inShort(join(HEADER, large))).to.deep.equal(["stream", "damage at 12, all"]);
  });

  it("stops at an End message without a proper footer behind it", () => {
    const broken = join(HEADER, frame(0, 5), new Uint8Array(32));
    expect(inShort(broken)).to.deep.equal(["stream", "damage at 12, all"]);
    expect(inShort(broken.subarray(0, 40))).to.deep.equal(["stream", "damage at 12, 28"]);
    expect(inShort(join(HEADER, messageHeader(0, 0), HEADER))).to.deep.equal([
      ...["stream", "damage at 12, 28"],
    ]);
  });

  it("does not wait for a message longer than it may take", () => {
    const parser = new RrdParser({ maxMessageBytes: 100 });
    parser.push(join(HEADER, messageHeader(2, 101)));
    expect(parser.next()?.kind).to.equal("stream");
    expect(parser.next()).to.deep.include({ kind: "damage", byteLength: undefined });
    expect(parser.done).to.equal(true);
    expect(parser.end()).to.equal(undefined);
  });

  it("names the versions of pre-releases", () => {
    for (const [meta, version] of [
      [0, "0.34.1"],
      [0b0100_0010, "0.34.1-rc.2"],
      [0b1000_0011, "0.34.1-alpha.3"],
      [0b1100_0011, "0.34.1-alpha.3+dev"],
    ] as const) {
      const header = HEADER.slice();
      header.set([0, 34, 1, meta], 4);
      expect(parse(header)[0]).to.deep.include({ version });
    }
  });

  for (const [what, bytes, code, message] of [
    ["an empty file", [], "invalid-data", "an empty file"],
    ["a file of some bytes", [0x52, 0x52], "invalid-data", "2 bytes"],
    ["another kind of file", [...Array(20).keys()], "invalid-data", "begin with 00 01 02 03"],
    ["reserved bytes", [0x52, 0x52, 0x46, 0x32, 0, 33, 0, 0, 0, 2, 1, 0], "invalid-data", "52 52"],
    [
      "an unknown compression",
      [0x52, 0x52, 0x46, 0x32, 0, 33, 0, 0, 2, 2, 0, 0],
      "invalid-data",
      "",
    ],
    ["the first format", [0x52, 0x52, 0x46, 0x30, ...Array(8).fill(0)], "unsupported-data", "RRF0"],
    [
      "the second format",
      [0x52, 0x52, 0x46, 0x31, ...Array(8).fill(0)],
      "unsupported-data",
      "RRF1",
    ],
    [
      "Rerun 0.22",
      [0x52, 0x52, 0x46, 0x32, 0, 22, 1, 0, 1, 2, 0, 0],
      "unsupported-data",
      "Rerun 0.22.1",
    ],
    ["MsgPack", [0x52, 0x52, 0x46, 0x32, 0, 33, 0, 0, 1, 1, 0, 0], "unsupported-data", "protobuf"],
    ["no version", [0x52, 0x52, 0x46, 0x32, 0, 0, 0, 0, 1, 2, 0, 0], "unsupported-data", "0.2.0"],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => parse(Uint8Array.from(bytes as readonly number[])))
        .to.throw(RerunError, message)
        .with.property("code", code);
    });
  }

  it("throws nothing but RerunError for damaged files, and passes over no byte in silence", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        (flips, cut) => {
          const bytes = file.slice(0, cut % 2 === 0 ? cut % file.length : file.length);
          for (const [at, value] of flips) if (at < bytes.length) bytes[at] = value;
          try {
            let end = 0;
            for (const item of parse(bytes)) {
              expect(item.offset).to.equal(end);
              if (item.kind === "stream") end += 12;
              else if (item.kind === "frame") end += 16 + item.payload.length;
              else if (item.kind === "end")
                end = Math.min(bytes.length, end + 16 + item.footer.length + 32);
              else end = item.byteLength === undefined ? bytes.length : end + item.byteLength;
            }
            expect(end).to.equal(bytes.length);
          } catch (error) {
            expect(error).to.be.instanceOf(RerunError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
