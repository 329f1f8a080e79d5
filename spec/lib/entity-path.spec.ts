import { expect } from "chai";
import fc from "fast-check";
import {
  compareEntityPaths,
  entityPath,
  escapePart,
  joinPath,
  splitPath,
  strictEntityPath,
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
          expect(strictEntityPath(path)).to.equal(path);
          expect(entityPath(parts)).to.equal(path);
        },
      ),
    );
  });
});

describe("strict entity paths", () => {
  for (const [given, expected] of [
    ["/", "/"],
    ["foo", "/foo"],
    ["/foo", "/foo"],
    ["foo/bar", "/foo/bar"],
    ["hallådär", "/hallådär"],
    ["hello-there_2.x", "/hello-there_2.x"],
    ["Hello\\ world\\!/a\\/b", "/Hello\\ world\\!/a\\/b"],
    ["Hall\\u{00E5}\\n\\r\\t", "/Hallå\\n\\r\\t"],
    ["\\u{262E}", "/\\u{262E}"],
    ["\\u{0001}", "/\\u{0001}"],
    ["a\\[\\#1\\]\\:b", "/a\\[\\#1\\]\\:b"],
  ] as const) {
    it(`may be ${given}`, () => {
      expect(strictEntityPath(given)).to.equal(expected);
    });
  }

  for (const [given, problem] of [
    ["", "it is empty"],
    ["//", "a double slash"],
    ["foo//bar", "a double slash"],
    ["foo//", "a double slash"],
    ["foo/bar/", "a trailing slash"],
    ["entity:component", "a component, `:component`"],
    ["entity:", "a component, `:`"],
    ["entity[#123]", "an instance index, `[#123]`"],
    ["entity[12]", '"[" needs to be escaped as `\\[`'],
    ["a/hello there", '" " needs to be escaped as `\\ `'],
    ["☮", "needs to be escaped"],
    ["a\\", "ends in a backslash"],
    ["C\\Users", "`\\U` is no escape"],
    ["\\u{apa}! :D", "a component"],
    ["\\u{apa}!", "`\\u{apa}!` is no escape"],
    ["\\u{D800}", "is no escape"],
    [5, "no string"],
  ] as const) {
    it(`may not be ${JSON.stringify(given)}: ${problem}`, () => {
      expect(() => strictEntityPath(given as string))
        .to.throw(RerunError, problem)
        .with.property("code", "invalid-entity-path");
    });
  }
});

describe("the order of entity paths", () => {
  // Each list is in order.
  for (const paths of [
    ["/", "a", "a/b", "a/b/c", "a/c", "b"],
    ["10", "a", "aa", "b", "c"],
    ["a", "a0", "a1", "a1a", "a1b", "a2", "a10", "a20"],
    ["1.001", "1.002", "1.010", "1.02", "1.1", "1.3"],
    ["a 2", "a2"],
    ["a", "B", "b", "c"],
    ["z", "__aA", "__ab", "__properties"],
    ["a/z", "a/__reserved", "b"],
    ["image2/x", "image10/a"],
    ["a99999999999999999998", "a99999999999999999999"],
    ["\uffff", "\u{10000}"],
  ]) {
    it(`is ${paths.join(", ")}`, () => {
      paths.forEach((a, i) => {
        paths.forEach((b, j) => {
          expect(Math.sign(compareEntityPaths(a, b)), `${a} ${b}`).to.equal(Math.sign(i - j));
        });
      });
    });
  }

  it("takes forms of the same path for the same", () => {
    expect(compareEntityPaths("/a//b", ["a", "b"])).to.equal(0);
  });
});
