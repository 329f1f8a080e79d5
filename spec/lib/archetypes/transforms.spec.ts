import { expect } from "chai";
import {
  Clear,
  CoordinateFrame,
  Pinhole,
  Transform3D,
  TransformRelation,
  ViewCoordinates,
} from "../../../lib/archetypes/index.ts";
import { expectRefused, fieldValues } from "./helpers.ts";

describe("Transform3D", () => {
  it("takes a rotation of either kind", () => {
    expect(fieldValues(Transform3D({ rotation: [0, 0, 0, 1] }))).to.deep.equal({
      quaternion: [[0, 0, 0, 1]],
    });
    const expected = {
      rotation_axis_angle: [{ axis: [0, 0, 1], angle: Math.fround(Math.PI / 2) }],
    };
    for (const rotation of [
      { axis: [0, 0, 1], degrees: 90 },
      { axis: new Float32Array([0, 0, 1]), radians: Math.PI / 2 },
      { axis: [0, 0, 1], angle: Math.PI / 2 },
    ]) {
      expect(fieldValues(Transform3D({ rotation }))).to.deep.equal(expected);
      expect(fieldValues(Transform3D({ rotationAxisAngle: rotation }))).to.deep.equal(expected);
    }
  });

  it("takes all parts together", () => {
    const transform = Transform3D({
      translation: [1, 2, 3],
      scale: [1, 2, 3],
      relation: TransformRelation.ChildFromParent,
      childFrame: "camera",
      parentFrame: "world",
    });
    expect(fieldValues(transform)).to.deep.equal({
      translation: [[1, 2, 3]],
      scale: [[1, 2, 3]],
      relation: [2],
      child_frame: ["camera"],
      parent_frame: ["world"],
    });
  });

  it("refuses rotations that contradict or are none", () => {
    expectRefused(
      () => Transform3D({ rotation: [0, 0, 0, 1], quaternion: [0, 0, 0, 1] }),
      "`rotation` excludes",
    );
    expectRefused(
      () => Transform3D({ rotation: [0, 0, 1] }),
      "expected `rotation` to be a quaternion",
    );
    expectRefused(
      () => Transform3D({ rotation: { axis: [0, 0, 1] } }),
      "exactly one of angle, radians, degrees",
    );
    expectRefused(
      () => Transform3D({ rotation: { axis: [0, 0, 1], degrees: 1, radians: 1 } }),
      "exactly one of",
    );
    expectRefused(
      () => Transform3D({ rotation: { axis: [0, 1], degrees: 1 } }),
      "an axis of 3 numbers",
    );
    expectRefused(
      () => Transform3D({ rotationAxisAngle: 5 as never }),
      "Transform3D.rotationAxisAngle: expected { axis, angle }",
    );
    expectRefused(
      () => Transform3D(null as never),
      "Transform3D: expected options in an object, got `null`",
    );
  });

  it("fills columns of rotations", () => {
    const turn = { axis: [0, 0, 1], angle: 1 };
    const [column] = Transform3D.columns({ rotationAxisAngle: [turn, turn] });
    expect(column?.array.length).to.equal(2);
  });
});

describe("Pinhole", () => {
  it("takes a matrix by rows", () => {
    const matrix = [
      [3, 0, 1.5],
      [0, 3, 1.5],
      [0, 0, 1],
    ];
    const expected = { image_from_camera: [[3, 0, 0, 0, 3, 0, 1.5, 1.5, 1]] };
    expect(fieldValues(Pinhole(matrix))).to.deep.equal(expected);
    expect(fieldValues(Pinhole({ imageFromCamera: matrix }))).to.deep.equal(expected);
    expect(fieldValues(Pinhole(matrix, { resolution: [3, 3] }))).to.deep.include({
      resolution: [[3, 3]],
    });
  });

  it("takes a focal length and a size", () => {
    expect(fieldValues(Pinhole({ focalLength: 3, width: 4, height: 2 }))).to.deep.equal({
      image_from_camera: [[3, 0, 0, 0, 3, 0, 2, 1, 1]],
      resolution: [[4, 2]],
    });
    const { image_from_camera: matrix } = fieldValues(
      Pinhole({ focalLength: [3, 4], principalPoint: [1, 2] }),
    );
    expect(matrix).to.deep.equal([[3, 0, 0, 0, 4, 0, 1, 2, 1]]);
  });

  it("takes a field of view", () => {
    const { image_from_camera: matrix, resolution } = fieldValues(
      Pinhole({ fovY: Math.PI / 2, aspectRatio: 2 }),
    );
    expect(resolution).to.deep.equal([[2, 1]]);
    const focal = Math.fround(0.5 / Math.tan(Math.PI / 4));
    expect(matrix).to.deep.equal([[focal, 0, 0, 0, focal, 0, 1, 0.5, 1]]);
  });

  it("guesses a focal length from the size alone", () => {
    const { image_from_camera: matrix } = fieldValues(Pinhole({ width: 4, height: 1 }));
    expect(matrix).to.deep.equal([[2, 0, 0, 0, 2, 0, 2, 0.5, 1]]);
  });

  it("takes view coordinates in all their forms", () => {
    for (const cameraXyz of [
      "RUB",
      ViewCoordinates.RUB,
      ViewCoordinates.RIGHT_HAND_Y_UP,
      [3, 1, 6],
    ] as const) {
      expect(fieldValues(Pinhole({ width: 1, height: 1, cameraXyz }))).to.deep.include({
        camera_xyz: [[3, 1, 6]],
      });
    }
  });

  it("refuses what does not fit together", () => {
    expectRefused(
      () => Pinhole({}),
      "Pinhole: expected imageFromCamera, focalLength, or fovY and aspectRatio",
    );
    expectRefused(
      () => Pinhole({ focalLength: 3 }),
      "expected principalPoint, resolution, or width and height",
    );
    expectRefused(() => Pinhole({ fovY: 1 }), "go together");
    expectRefused(
      () => Pinhole({ width: 1, focalLength: 1 }),
      "expected `height` to be a number, got `undefined`",
    );
    expectRefused(
      () => Pinhole({ width: 1, height: 1, resolution: [1, 1] }),
      "`resolution` excludes",
    );
    expectRefused(
      () => Pinhole([1, 0, 0, 0, 1, 0, 0, 0, 1], { focalLength: 3 }),
      "a matrix excludes",
    );
    expectRefused(() => Pinhole({ fovY: 1, aspectRatio: 1, focalLength: 2 }), "exclude");
    expectRefused(
      () => Pinhole({ focalLength: "3" as never, width: 1, height: 1 }),
      'expected `focalLength` to be a number, got "3"',
    );
    expectRefused(() => Pinhole(undefined as never), "Pinhole");
    for (const wrong of [Number.NaN, Infinity]) {
      expectRefused(() => Pinhole({ fovY: wrong, aspectRatio: 1 }), "Pinhole: expected `fovY`");
      expectRefused(
        () => Pinhole({ focalLength: wrong, width: 1, height: 1 }),
        "Pinhole: expected `focalLength`",
      );
    }
  });
});

describe("ViewCoordinates", () => {
  it("has all 48 systems by code", () => {
    const codes = Object.keys(ViewCoordinates).filter((key) => /^[UDRLFB]{3}$/.test(key));
    expect(codes).to.have.lengthOf(48);
    for (const code of codes) {
      const numbers = code.split("").map((letter) => " UDRLFB".indexOf(letter));
      const preset = ViewCoordinates[code as "RDF"];
      expect(fieldValues(preset)).to.deep.equal({ xyz: [numbers] });
      expect(fieldValues(ViewCoordinates(code as "RDF"))).to.deep.equal({ xyz: [numbers] });
    }
  });

  it("has names for the usual ones", () => {
    const named = {
      RIGHT_HAND_X_UP: "URF",
      RIGHT_HAND_X_DOWN: "DRB",
      RIGHT_HAND_Y_UP: "RUB",
      RIGHT_HAND_Y_DOWN: "RDF",
      RIGHT_HAND_Z_UP: "RFU",
      RIGHT_HAND_Z_DOWN: "RBD",
      LEFT_HAND_X_UP: "URB",
      LEFT_HAND_X_DOWN: "DRF",
      LEFT_HAND_Y_UP: "RUF",
      LEFT_HAND_Y_DOWN: "RDB",
      LEFT_HAND_Z_UP: "RBU",
      LEFT_HAND_Z_DOWN: "RFD",
    } as const;
    for (const [name, code] of Object.entries(named)) {
      expect(fieldValues(ViewCoordinates[name as keyof typeof named])).to.deep.equal(
        fieldValues(ViewCoordinates[code]),
      );
    }
  });

  it("refuses what is no system", () => {
    for (const xyz of ["RRF", "XYZ", "RD", [0, 1, 2], [1, 2, 7], [1, 2], null, 5]) {
      expectRefused(() => ViewCoordinates(xyz as never), "ViewCoordinates.xyz: expected");
    }
  });
});

describe("Clear", () => {
  it("is flat or recursive", () => {
    expect(fieldValues(Clear.flat())).to.deep.equal({ is_recursive: [false] });
    expect(fieldValues(Clear.recursive())).to.deep.equal({ is_recursive: [true] });
    expect(Clear.recursive().archetype).to.equal("rerun.archetypes.Clear");
  });
});

describe("names of coordinate frames", () => {
  it("are never empty", () => {
    expect(fieldValues(CoordinateFrame("base"))).to.deep.equal({ frame: ["base"] });
    expectRefused(() => CoordinateFrame(""), "CoordinateFrame.frame: expected the name of a frame");
    expectRefused(() => Transform3D({ childFrame: "" }), "Transform3D.childFrame: expected");
  });
});
