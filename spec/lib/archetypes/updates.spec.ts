import { expect } from "chai";
import { Points3D, Scalars, TextLog, Transform3D } from "../../../lib/archetypes/index.ts";
import { batchValues } from "../components/arrow-values.ts";
import { expectRefused, fieldValues } from "./helpers.ts";

describe("updating an archetype", () => {
  it("leaves the other fields alone", () => {
    const update = Points3D.updateFields({ radii: 0.5 });
    expect(fieldValues(update)).to.deep.equal({ radii: [0.5] });
  });

  it("clears the other fields when asked to, in the order of the catalogue", () => {
    const update = Points3D.updateFields(
      { radii: 0.5, positions: [1, 2, 3] },
      { clearUnset: true },
    );
    const lengths = update.batches.map(({ descriptor, length }) => [descriptor.component, length]);
    expect(lengths).to.deep.equal([
      ["Points3D:positions", 1],
      ["Points3D:radii", 1],
      ["Points3D:colors", 0],
      ["Points3D:labels", 0],
      ["Points3D:show_labels", 0],
      ["Points3D:class_ids", 0],
      ["Points3D:keypoint_ids", 0],
    ]);
  });

  it("treats undefined as not given", () => {
    const { batches } = TextLog.updateFields({ text: "a", level: undefined }, { clearUnset: true });
    expect(batches.map(({ length }) => length)).to.deep.equal([1, 0, 0]);
  });

  it("refuses fields that do not exist, whether others are cleared or not", () => {
    const unknown = { radius: 1 } as never;
    expectRefused(() => Points3D.updateFields(unknown), '"radius"');
    expectRefused(() => Points3D.updateFields(unknown, { clearUnset: true }), '"radius"');
  });
});

describe("a field by itself", () => {
  it("is a batch under the name of the archetype", () => {
    const batch = Scalars.batch("scalars", [1, 2]);
    expect(batch.descriptor).to.equal(Scalars.fields.scalars);
    expect(batchValues(batch)).to.deep.equal([1, 2]);
  });

  it("can get other names and keeps its values", () => {
    const batch = Points3D.batch("colors", 0xff0000ff);
    const own = batch.described({ archetype: "user.Own", component: "user.Own:tint" });
    expect(own.descriptor).to.include({
      archetype: "user.Own",
      component: "user.Own:tint",
      componentType: "rerun.components.Color",
    });
    expect(own.data).to.equal(batch.data);
    const bare = batch.described({ component: "tint", componentType: undefined });
    expect(bare.descriptor).to.include({ archetype: undefined, componentType: undefined });
  });

  it("is refused when there is no such field, or when one value is meant", () => {
    expectRefused(() => Points3D.batch("radius" as never, 1 as never), '"radius"');
    expectRefused(() => Points3D.batch("toString" as never, 1 as never), '"toString"');
    const two = [1, 2, 3, 4, 5, 6];
    expectRefused(() => Transform3D.batch("translation", two), "expected a single value");
  });
});
