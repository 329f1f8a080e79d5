import { expect } from "chai";
import fc from "fast-check";
import { ProtobufReader } from "../../../lib/decode/protobuf.ts";
import { ProtobufWriter } from "../../../lib/encode/protobuf.ts";
import { RerunError } from "../../../lib/errors.ts";

const reader = (...bytes: number[]): ProtobufReader =>
  new ProtobufReader(Uint8Array.from(bytes), "Test");

/** Reads all fields and all that they could be. */
function readAll(bytes: Uint8Array, depth = 0): void {
  const message = new ProtobufReader(bytes, "Test");
  while (message.next()) {
    for (const read of [
      () => message.uint(),
      () => message.int64(),
      () => message.fixed64(),
      () => message.fixed32(),
      () => message.string(),
    ]) {
      try {
        read();
      } catch (error) {
        expect(error).to.be.instanceOf(RerunError);
      }
    }
    try {
      if (depth < 4) readAll(message.bytes(), depth + 1);
    } catch (error) {
      expect(error).to.be.instanceOf(RerunError);
    }
  }
}

describe("ProtobufReader", () => {
  it("reads what the writer writes", () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat(),
        fc.string({ unit: "binary" }),
        fc.uint8Array(),
        fc.tuple(fc.integer(), fc.integer()),
        (number, text, bytes, [hi, lo]) => {
          const message = new ProtobufReader(
            new ProtobufWriter()
              .varint(1, number)
              .bytes(2, text)
              .bytes(300, bytes)
              .fixed64(4, hi, lo)
              .bytes(5, new ProtobufWriter().varint(1, 7))
              .finish(),
            "Test",
          );
          expect(message.next()).to.equal(true);
          expect([message.field, message.uint()]).to.deep.equal([1, number]);
          message.next();
          expect([message.field, message.string()]).to.deep.equal([2, text]);
          message.next();
          expect([message.field, message.bytes()]).to.deep.equal([300, bytes]);
          message.next();
          expect([message.field, message.fixed64()]).to.deep.equal([4, { hi, lo }]);
          message.next();
          const inner = message.message("Inner");
          inner.next();
          expect([message.field, inner.field, inner.uint()]).to.deep.equal([5, 1, 7]);
          expect(message.next()).to.equal(false);
        },
      ),
    );
  });

  it("reads negative numbers, which take ten bytes", () => {
    const minusTwo = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
    const message = reader(0x08, ...minusTwo);
    message.next();
    expect(message.int32()).to.equal(-2);
    expect(message.int64()).to.equal(-2n);
    expect(() => message.uint()).to.throw(RerunError, "below 2^53");
  });

  it("skips fields that are not asked for, of every wire type", () => {
    const message = reader(
      ...[0x08, 0x96, 0x01],
      ...[0x11, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[0x1a, 2, 0xff, 0xff],
      ...[0x25, 1, 0, 0, 0x80],
      ...[0x28, 1],
    );
    const fields: number[] = [];
    while (message.next()) fields.push(message.field);
    expect(fields).to.deep.equal([1, 2, 3, 4, 5]);
    expect(message.bool()).to.equal(true);
  });

  it("keeps a byte order mark", () => {
    const message = new ProtobufReader(new ProtobufWriter().bytes(1, "\uFEFFa").finish(), "Test");
    message.next();
    expect(message.string()).to.equal("\uFEFFa");
  });

  for (const [what, bytes] of [
    ["a number that ends early", [0x08, 0x80]],
    ["a number of more than 64 bits", [0x08, ...Array<number>(9).fill(0xff), 2]],
    ["a number of eleven bytes", [0x08, ...Array<number>(10).fill(0x80), 1]],
    ["field number 0", [0x00, 0x00]],
    ["a field number of more than 29 bits", [0x80, 0x80, 0x80, 0x80, 0x10, 0]],
    ["a group", [0x0b]],
    ["the end of a group", [0x0c]],
    ["wire type 6", [0x0e]],
    ["a fixed64 of seven bytes", [0x09, 1, 2, 3, 4, 5, 6, 7]],
    ["a fixed32 of three bytes", [0x0d, 1, 2, 3]],
    ["bytes that end behind the message", [0x0a, 3, 1, 2]],
    ["a length near 2^64", [0x0a, ...Array<number>(9).fill(0xff), 1]],
  ] as const) {
    it(`refuses ${what}`, () => {
      const message = reader(...bytes);
      expect(() => message.next())
        .to.throw(RerunError, "the message Test")
        .with.property("code", "invalid-data");
    });
  }

  it("refuses a field of another wire type than expected, and text that is no UTF-8", () => {
    const message = reader(0x0a, 1, 0xff);
    message.next();
    expect(() => message.uint()).to.throw(RerunError, "Expected a varint in field 1");
    expect(() => message.fixed64()).to.throw(RerunError, "Expected a fixed64 in field 1");
    expect(() => message.string()).to.throw(RerunError, "UTF-8");
  });

  it("throws nothing but RerunError for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          readAll(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(RerunError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
