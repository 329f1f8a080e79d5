import { expect } from "chai";
import fc from "fast-check";
import type { ColorInput } from "../../../lib/archetypes/index.ts";
import { linearToGammaU8, Points3D, packColor } from "../../../lib/archetypes/index.ts";
import { parseCssColor } from "../../../lib/components/css-color.ts";
import { RerunError } from "../../../lib/errors.ts";
import { batchValues } from "./arrow-values.ts";

const packed = (colors: unknown): unknown[] =>
  batchValues(Points3D.updateFields({ colors: colors as ColorInput }).batches[0]);

describe("colours", () => {
  const same: readonly (readonly [string, unknown, readonly number[]])[] = [
    ["a packed number", 0x11223344, [0x11223344]],
    ["packed numbers", [0x11223344, 0x55667788], [0x11223344, 0x55667788]],
    ["three bytes", [1, 2, 3], [0x010203ff]],
    ["four bytes", [1, 2, 3, 4], [0x01020304]],
    ["one nested colour", [[1, 2, 3]], [0x010203ff]],
    [
      "nested colours",
      [
        [1, 2, 3],
        [4, 5, 6, 7],
      ],
      [0x010203ff, 0x04050607],
    ],
    ["names", ["red", "Transparent"], [0xff0000ff, 0x00000000]],
    ["a mixture", [[255, 0, 0], "#00f", 0x01020304], [0xff0000ff, 0x0000ffff, 0x01020304]],
    [
      "floats, told by a fraction anywhere in the batch",
      [
        [1, 0, 0],
        [0, 0.5, 0],
      ],
      [0xff0000ff, 0x008000ff],
    ],
    ["one colour of floats", [1, 0.5, 0], [0xff8000ff]],
    ["bytes as quadruples", new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]), [0x01020304, 0x05060708]],
    [
      "clamped bytes as quadruples",
      new Uint8ClampedArray([1, 2, 3, 4, 5, 6, 7, 8]),
      [0x01020304, 0x05060708],
    ],
    ["three bytes of a typed array", new Uint8Array([1, 2, 3]), [0x010203ff]],
    ["floats of 0 and 1 in a typed array", new Float32Array([1, 1, 1]), [0xffffffff]],
    [
      "typed floats as quadruples",
      new Float64Array([1, 0, 0, 1, 0, 0, 1, 0.5]),
      [0xff0000ff, 0x0000ff80],
    ],
    ["packed unsigned integers", new Uint32Array([1, 2, 3]), [1, 2, 3]],
    ["other integers like plain numbers", new Int32Array([1, 2, 3]), [0x010203ff]],
    [
      "typed colours in an array",
      [new Uint8Array([1, 2, 3]), new Float32Array([0, 0, 1])],
      [0x010203ff, 0x0000ffff],
    ],
    ["nothing", [], []],
    ["empty bytes", new Uint8Array(0), []],
  ];
  for (const [name, input, expected] of same) {
    it(`may be ${name}`, () => {
      expect(packed(input)).to.deep.equal(expected);
    });
  }

  it("round half to even, as Rerun does", () => {
    expect(packed([0.5, 0, 0])).to.deep.equal([0x800000ff]);
    expect(packed([1.5 / 255, 2.5 / 255, 0.1])).to.deep.equal([0x02021aff]);
  });

  const wrong: readonly (readonly [string, unknown, string])[] = [
    ["negative", -1, "a packed colour (0xRRGGBBAA), got `-1`"],
    ["above 32 bits", 2 ** 32, "a packed colour (0xRRGGBBAA), got `4294967296`"],
    ["a fraction alone", 0.5, "a packed colour (0xRRGGBBAA), got `0.5`"],
    ["an unknown name", "reddish", 'a CSS colour, got "reddish"'],
    ["channels above 255", [[256, 0, 0]], "a channel from 0 to 255, got `256` at index 0"],
    [
      "floats above 1",
      new Float32Array([255, 0, 0]),
      "a channel from 0 to 1, got `255` at index 0",
    ],
    [
      "two channels",
      [[1, 2]],
      "a colour (3 or 4 channels, 0xRRGGBBAA, or CSS), got an array of 2 at index 0",
    ],
    [
      "bytes that are no quadruples",
      new Uint8Array(6),
      "3 or 4 channels, or RGBA quadruples, got Uint8Array of length 6",
    ],
    ["null", null, "a colour or an array of colours, got `null`"],
    [
      "null inside",
      ["red", null],
      "a colour (3 or 4 channels, 0xRRGGBBAA, or CSS), got `null` at index 1",
    ],
    ["NaN", [Number.NaN, 0, 0], "a channel from 0 to 1, got `NaN`"],
  ];
  for (const [name, input, message] of wrong) {
    it(`may not be ${name}`, () => {
      expect(() => packed(input)).to.throw(RerunError, `Points3D.colors: expected ${message}`);
    });
  }

  it("are encoded from linear light, alike at every step", () => {
    const channels = [-1, 0, 0.0001, 0.0031308, 0.0031309, 0.2, 0.5, 0.9999, 1, 2, NaN];
    expect(channels.map(linearToGammaU8)).to.deep.equal([
      0, 0, 0, 10, 10, 124, 188, 255, 255, 255, 0,
    ]);
  });

  it("are packed by hand alike", () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(byte, byte, byte, byte, (r, g, b, a) => {
        const color = packColor(r, g, b, a);
        expect(color.toString(16).padStart(8, "0")).to.equal(
          [r, g, b, a].map((v) => v.toString(16).padStart(2, "0")).join(""),
        );
        expect(packed([[r, g, b, a]])).to.deep.equal([color]);
      }),
    );
  });
});

describe("colours in the notation of CSS", () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ["#f80", 0xff8800ff],
    ["#f808", 0xff880088],
    ["#FF8000", 0xff8000ff],
    ["#ff800040", 0xff800040],
    [" red ", 0xff0000ff],
    ["RebeccaPurple", 0x663399ff],
    ["grey", 0x808080ff],
    ["transparent", 0x00000000],
    ["rgb(1, 2, 3)", 0x010203ff],
    ["rgba(1, 2, 3, 0.5)", 0x01020380],
    ["rgb(1 2 3 / 50%)", 0x01020380],
    ["rgb(100% 0% 50%)", 0xff0080ff],
    ["rgb(300, -5, 0)", 0xff0000ff],
    ["#ff", undefined],
    ["#ggg", undefined],
    ["rgb(1, 2)", undefined],
    ["rgb(1, 2, x)", undefined],
    ["hsl(1 2 3)", undefined],
    ["constructor", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of cases) {
    it(`"${text}" is ${expected === undefined ? "none" : `0x${expected.toString(16)}`}`, () => {
      expect(parseCssColor(text)).to.equal(expected);
    });
  }
});
