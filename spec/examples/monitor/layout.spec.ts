import { expect } from "chai";
import { layout } from "../../../examples/monitor/layout.ts";

describe("layout", () => {
  /** Where its views look, wherever they are. */
  const origins = (platform: NodeJS.Platform): unknown[] =>
    layout(platform)
      .toRows("layout")
      .rows.flatMap(({ batches }) => batches)
      .filter(({ descriptor }) => descriptor.component === "ViewBlueprint:space_origin");

  it("has a plot for each kind of reading", () => {
    expect(origins("linux")).to.have.lengthOf(9);
  });

  it("leaves out what is read on Linux only", () => {
    expect(origins("darwin")).to.have.lengthOf(7);
  });
});
