import { expectTypeOf } from "expect-type";
import type { Archetype } from "../../../lib/archetypes/index.ts";
import {
  Boxes2D,
  Clear,
  Image,
  MarkerShape,
  Pinhole,
  Points3D,
  Scalars,
  SeriesPoints,
  Transform3D,
  ViewCoordinates,
} from "../../../lib/archetypes/index.ts";
import type { ComponentColumn, ComponentDescriptor } from "../../../lib/component-batch.ts";

/** Only type-checked: most of these calls would be refused when run. */
export function compiles(imageData: {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}): void {
  expectTypeOf(Points3D([1, 2, 3])).toEqualTypeOf<Archetype>();
  expectTypeOf(Points3D.fields.classIds).toEqualTypeOf<ComponentDescriptor>();
  expectTypeOf(Points3D.columns({})).toEqualTypeOf<readonly ComponentColumn[]>();
  expectTypeOf(ViewCoordinates.RDF).toEqualTypeOf<Archetype>();
  expectTypeOf(Clear.flat).returns.toEqualTypeOf<Archetype>();
  Image(imageData);
  Boxes2D({ array: [1, 2, 3, 4], arrayFormat: "xywh" });
  SeriesPoints({ markers: [MarkerShape.Circle, "diamond", "Up"] });
  Pinhole({ cameraXyz: "RDF" });
  Transform3D.columns({ scale: [1, 2, 3] });
  // @ts-expect-error option names are in camelCase
  Points3D([1, 2, 3], { class_ids: 1 });
  // @ts-expect-error positions are required
  Points3D();
  // @ts-expect-error texts are no numbers
  Scalars("0.5");
  // @ts-expect-error no such marker
  SeriesPoints({ markers: "triangle" });
  // @ts-expect-error an axis is missing
  Pinhole({ cameraXyz: "RRF" });
  // @ts-expect-error no such system
  void ViewCoordinates.RRF;
  // @ts-expect-error no such field
  void Points3D.fields.class_ids;
  // @ts-expect-error descriptors are not to be replaced
  Points3D.fields.positions = Points3D.fields.radii;
}

describe("types of the archetypes", () => {
  it("say what may be given", () => {
    expectTypeOf(Points3D).toBeCallableWith(new Float32Array(3), { colors: "red", radii: 0.1 });
    expectTypeOf(Scalars).toBeCallableWith(0.5);
  });
});
