import { expect } from "chai";
import fc from "fast-check";
import { decodeCbor, encodeCbor } from "../../../lib/encode/cbor.ts";
import { encodeFrameBatch } from "../../../lib/encode/frame-batch.ts";
import { RerunError } from "../../../lib/errors.ts";

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));

describe("encodeCbor", () => {
  it("writes the plainest CBOR: short maps, no tags, integers as integers", () => {
    expect(encodeCbor({ a: 1, b: [true, null] })).to.deep.equal(hex("a2 6161 01 6162 82 f5 f6"));
    expect(encodeCbor(Uint8Array.of(1, 2))).to.deep.equal(hex("42 01 02"));
    expect(encodeCbor(2 ** 40)).to.deep.equal(hex("1b 0000010000000000"));
    expect(encodeCbor(-(2 ** 40))).to.deep.equal(hex("3b 000000ffffffffff"));
    expect(encodeCbor(1.5)).to.deep.equal(hex("fb 3ff8000000000000"));
    expect(encodeCbor({ a: undefined })).to.deep.equal(hex("a0"));
  });
});

describe("decodeCbor", () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.string({ unit: "binary" }),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Number.isInteger(x)),
      fc.boolean(),
      fc.constant(null),
      fc.uint8Array(),
      fc.array(tie("any"), { maxLength: 4 }),
      fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        tie("any"),
        { maxKeys: 4 },
      ),
    ),
  })).any;

  it("gives back what was encoded", () => {
    fc.assert(
      fc.property(value, (x) => {
        const back = decodeCbor(encodeCbor(x), { maxDepth: 100 });
        expect(encodeCbor(back)).to.deep.equal(encodeCbor(x));
      }),
    );
  });

  it("never does anything but return or throw invalid-data", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeCbor(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(RerunError).with.property("code", "invalid-data");
        }
      }),
      { numRuns: 5000 },
    );
  });

  it("refuses every truncation of a message", () => {
    const bytes = encodeCbor({ type: "ack", seq: 70_000, list: ["x", Uint8Array.of(1), 1.5] });
    for (let end = 0; end < bytes.length; end++)
      expect(() => decodeCbor(bytes.subarray(0, end)), `${end} bytes`).to.throw(RerunError);
  });

  for (const [name, text] of [
    ["tags", "c0 60"],
    ["a function call by tag 27", "d81b 82 6465 76616c 6131"],
    ["record tags of cbor-x", "d9dfff 82 19e000 81 6161"],
    ["indefinite lengths", "9f 01 ff"],
    ["undefined", "f7"],
    ["other simple values", "f8 20"],
    ["a lone break", "ff"],
    ["reserved lengths", "1c"],
    ["keys that are no text", "a1 01 02"],
    ["the same key twice", "a2 6161 01 6161 02"],
    ["text that is not UTF-8", "62 c3 28"],
    ["a second item", "01 02"],
    ["an array of 2^32 items", "9a ffffffff"],
    ["a byte string of 2^63 bytes", "5b 8000000000000000"],
  ] as const) {
    it(`refuses ${name}`, () => {
      expect(() => decodeCbor(hex(text)))
        .to.throw(RerunError)
        .with.property("code", "invalid-data");
    });
  }

  it("bounds depth and number of items", () => {
    expect(() => decodeCbor(new Uint8Array(1000).fill(0x81))).to.throw("too deeply");
    const many = encodeCbor(Array(101).fill(0));
    expect(() => decodeCbor(many, { maxItems: 100 })).to.throw("too many");
  });
});

describe("encodeFrameBatch", () => {
  it("writes what a general encoder would, the frames in one piece", () => {
    for (const size of [0, 1, 23, 24, 255, 256, 65_535, 65_536, 200_000]) {
      const frame = new Uint8Array(size).fill(7);
      const { bytes, frameBytes } = encodeFrameBatch({
        seq: 5,
        next: 9,
        frames: [[frame], [Uint8Array.of(1), Uint8Array.of(2, 3)]],
      });
      expect(frameBytes).to.equal(size + 3);
      const frames = new Uint8Array(size + 3).fill(7);
      frames.set([1, 2, 3], size);
      expect(
        Buffer.compare(
          bytes,
          encodeCbor({ type: "messages", seq: 5, next: 9, sizes: [size, 3], frames }),
        ),
      ).to.equal(0);
      expect(decodeCbor(bytes)).to.have.keys("type", "seq", "next", "sizes", "frames");
    }
  });
});
