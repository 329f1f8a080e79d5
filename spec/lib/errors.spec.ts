import { expect } from "chai";
import { quote, RerunError } from "../../lib/errors.ts";

describe("RerunError", () => {
  it("wraps whatever was thrown, and leaves its own kind as it is", () => {
    const own = new RerunError("disk-full", "full");
    expect(RerunError.from(own, "io-failed")).to.equal(own);
    const cause = new TypeError("no");
    expect(RerunError.from(cause)).to.deep.include({
      code: "sink-failed",
      message: "no",
      cause,
      name: "RerunError",
    });
    expect(RerunError.from("text", "io-failed")).to.deep.include({
      code: "io-failed",
      message: "text",
      cause: "text",
    });
    expect(RerunError.from(undefined).message).to.equal("undefined");
  });
});

describe("values in messages", () => {
  for (const [value, text] of [
    ["a", '"a"'],
    ["x".repeat(100), `"${"x".repeat(57)}…"`],
    [5, "`5`"],
    [5n, "`5n`"],
    [null, "`null`"],
    [undefined, "`undefined`"],
    [[1, 2], "an array of 2"],
    [new Float32Array(2), "Float32Array(8 bytes)"],
    [new Date(0), "an object (Date)"],
    [Object.create(null), "an object (object)"],
    [() => undefined, "a function"],
    [Symbol("s"), "a symbol"],
  ] as const) {
    it(`are shown as ${text}`, () => {
      expect(quote(value)).to.equal(text);
    });
  }
});
