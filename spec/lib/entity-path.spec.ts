import { expect } from "chai";
import fc from "fast-check";
import {
  entityPath,
  escapePart,
  joinPath,
  splitPath,
  unescapePart,
} from "../../lib/entity-path.ts";
import { RerunError } from "../../lib/errors.ts";

describe("entity paths", () => {
  for (const [given, expected] of [
    ["a", "/a"],
    ["/a/b", "/a/b"],
    ["a//b/", "/a/b"],
    ["", "/"],
    ["/", "/"],
    ["//", "/"],
    ["world/käfer_1.5-x/日本", "/world/käfer_1.5-x/日本"],
    ["a b/c!", "/a\\ b/c\\!"],
    ["a\\ b", "/a\\ b"],
    ["a\\/b", "/a\\/b"],
    ["a\nb", "/a\\nb"],
    ["a\\nb", "/a\\nb"],
    ["tab\there", "/tab\\there"],
    ["a\\u{0041}", "/aA"],
    ["a\\u{41}", "/a\\\\u\\{41\\}"],
    ["\u00a7", "/\\u{00A7}"],
    ["trailing\\", "/trailing\\\\"],
    ["__properties", "/__properties"],
  ] as const) {
    it(`bring ${JSON.stringify(given)} into the form ${expected}`, () => {
      expect(entityPath(given)).to.equal(expected);
    });
  }

  it("take an array as raw parts", () => {
    expect(entityPath(["a/b", "c d", "1"])).to.equal("/a\\/b/c\\ d/1");
    expect(entityPath([])).to.equal("/");
  });

  it("refuse everything else", () => {
    for (const path of [undefined, null, 5, {}, [""], ["a", 5], [["a"]]]) {
      expect(() => entityPath(path as never))
        .to.throw(RerunError)
        .with.property("code", "invalid-entity-path");
    }
  });

  // What lies beyond the basic plane is printed with five digits, which Rerun does not read; see its own parser.
  const bmp = fc.string({
    unit: fc.integer({ min: 1, max: 0xd7ff }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 12,
  });

  it("give any raw text back, and stay as they are when escaped again", () => {
    fc.assert(
      fc.property(bmp, (part) => {
        expect(unescapePart(escapePart(part))).to.equal(part);
        expect(escapePart(part)).to.not.match(/[\n\r\t ]$/);
      }),
    );
    fc.assert(
      fc.property(
        fc.array(
          bmp.filter((part) => !part.endsWith("\\")),
          { maxLength: 4 },
        ),
        (parts) => {
          const path = joinPath(parts);
          expect(splitPath(path)).to.deep.equal(parts);
          expect(entityPath(path)).to.equal(path);
          expect(entityPath(parts)).to.equal(path);
        },
      ),
    );
  });
});
