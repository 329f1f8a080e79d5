import { expect } from "chai";
import fc from "fast-check";
import {
  denseUnion,
  field,
  fixedSizeBinary,
  fixedSizeList,
  list,
  primitive,
  struct,
} from "../../../lib/arrow/data-type.ts";
import { anyType } from "../../helpers/arrow-arbitraries.ts";

describe("Arrow types", () => {
  it("are the same object when they are equal, and only then", () => {
    const f32 = primitive("float32");
    expect(primitive("float32")).to.equal(f32);
    expect(list(f32)).to.equal(list(f32));
    expect(list(f32)).to.not.equal(list(f32, true));
    expect(fixedSizeList(f32, 2)).to.not.equal(fixedSizeList(f32, 3));
    expect(fixedSizeBinary(16)).to.equal(fixedSizeBinary(16));
    expect(struct([field("a", f32)])).to.not.equal(struct([field("b", f32)]));
    expect(struct([field("a", f32)])).to.not.equal(denseUnion([field("a", f32)]));
    expect(struct([field('a":float32,"b', f32)])).to.not.equal(
      struct([field("a", f32), field("b", f32)]),
    );
  });

  it("have a key that tells them apart", () => {
    fc.assert(
      fc.property(anyType, anyType, (a, b) => {
        expect(a.key === b.key).to.equal(a === b);
        expect(Object.isFrozen(a)).to.equal(true);
      }),
    );
  });
});
