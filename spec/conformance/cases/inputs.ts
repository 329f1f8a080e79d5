import {
  AnnotationContext,
  Arrows3D,
  Asset3D,
  BarChart,
  Boxes2D,
  Boxes3D,
  Capsules3D,
  Clear,
  CoordinateFrame,
  Cylinders3D,
  DepthImage,
  Ellipses2D,
  Ellipsoids3D,
  EncodedImage,
  GeoLineStrings,
  GeoPoints,
  GraphEdges,
  GraphNodes,
  GridMap,
  Image,
  InstancePoses3D,
  LineStrips2D,
  LineStrips3D,
  McapChannel,
  McapSchema,
  MediaType,
  Mesh3D,
  Pinhole,
  PixelFormat,
  Points2D,
  Points3D,
  Radius,
  RecordingInfo,
  Scalars,
  SegmentationImage,
  SeriesLines,
  SeriesPoints,
  StateChange,
  StateConfiguration,
  Tensor,
  TextDocument,
  TextLog,
  TextLogLevel,
  Transform3D,
  TransformAxes3D,
  TransformRelation,
  VideoFrameReference,
  VideoStream,
  ViewCoordinates,
} from "../../../lib/index.ts";
import { type Cases, logs } from "../case.ts";
import { countingBytes, range, utf8 } from "../data.ts";

/** The forms in which values can be given, as constructors and columns take them. */
export const inputs: Cases = {
  "inputs/shapes": logs((rec) => {
    rec.log(
      "points3d",
      Points3D(
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
        {
          colors: [
            [255, 0, 0],
            [0, 255, 0],
          ],
          radii: [0.1, 0.2],
          labels: ["a", "ü"],
          showLabels: true,
          classIds: [1, 2],
          keypointIds: [3, 4],
        },
      ),
      { static: true },
    );
    rec.log("kp", Points2D([[1, 2]], { keypointIds: 5 }), { static: true });
    rec.log(
      "f64pts",
      Points3D(new Float64Array([0.1, 0.2, 0.3]), { colors: new Float64Array([0.5, 0.25, 1.0]) }),
      { static: true },
    );
    rec.log("arrows3d", Arrows3D([[1, 0, 0]], { origins: [[0, 0, 1]], colors: 0x11223344 }), {
      static: true,
    });
    rec.log(
      "boxes2d",
      Boxes2D({
        mins: [
          [-1, -1],
          [1, 1],
        ],
        sizes: [
          [2, 4],
          [1, 1],
        ],
        labels: ["a", "b"],
      }),
      { static: true },
    );
    rec.log(
      "boxes3d",
      Boxes3D([1, 2, 3], {
        centers: [0.1, 0.2, 0.3],
        quaternions: [0, 0, 0, 1],
        fillMode: "solid",
      }),
      { static: true },
    );
    rec.log(
      "boxes3d_aa",
      Boxes3D({ halfSizes: [1, 2, 3], rotationAxisAngles: [{ axis: [0, 1, 0], degrees: 45 }] }),
      { static: true },
    );
    rec.log(
      "ls2",
      LineStrips2D(
        [
          [
            [0, 0],
            [2, 1],
            [4, -1],
          ],
          [
            [0, 3],
            [1, 4],
          ],
        ],
        { colors: [255, 0, 0] },
      ),
      { static: true },
    );
    rec.log(
      "ls3",
      LineStrips3D([
        [0, 0, 0],
        [2, 1, 1],
      ]),
      { static: true },
    );
    rec.log(
      "mesh",
      Mesh3D(
        [
          [0, 0, 0],
          [1, 0, 0],
          [0, 1, 0],
        ],
        {
          triangleIndices: [0, 1, 2],
          vertexColors: ["#f00", [0, 255, 0], "blue"],
          vertexNormals: [0, 0, 1],
          albedoTexture: { data: countingBytes(24), width: 4, height: 2 },
          albedoFactor: "white",
        },
      ),
      { static: true },
    );
    rec.log(
      "ell",
      Ellipsoids3D({
        radii: [1, 2],
        centers: [
          [0, 0, 0],
          [1, 1, 1],
        ],
      }),
      { static: true },
    );
    rec.log("ell2", Ellipses2D([[1, 2]], { lineRadii: 0.1 }), { static: true });
    rec.log(
      "cap",
      Capsules3D([1], [0.5], {
        translations: [0, 0, 1],
        rotationAxisAngles: [{ axis: [1, 0, 0], degrees: 90 }],
      }),
      { static: true },
    );
    rec.log("cyl", Cylinders3D([1, 2], [0.5, 0.25]), { static: true });
  }),
  "inputs/transforms": logs((rec) => {
    rec.log(
      "tf",
      Transform3D({
        translation: [1, 2, 3],
        rotation: { axis: [0, 0, 1], radians: 1.5 },
        scale: 2,
        relation: TransformRelation.ChildFromParent,
      }),
      { static: true },
    );
    rec.log(
      "tf2",
      Transform3D({
        mat3x3: [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
        quaternion: [0, 0, 0, 1],
        parentFrame: "w",
        childFrame: "c",
      }),
      { static: true },
    );
    rec.log("pin1", Pinhole({ focalLength: 3, width: 4, height: 2 }), { static: true });
    rec.log(
      "pin2",
      Pinhole({
        fovY: 1.2,
        aspectRatio: 1.5,
        cameraXyz: ViewCoordinates.RUB,
        imagePlaneDistance: 0.5,
        color: [255, 128, 0],
        lineWidth: 0.003,
      }),
      { static: true },
    );
    rec.log(
      "pin3",
      Pinhole(
        [
          [3, 0, 1.5],
          [0, 3, 1.5],
          [0, 0, 1],
        ],
        { resolution: [3, 3] },
      ),
      { static: true },
    );
    rec.log("vc", ViewCoordinates.RIGHT_HAND_Z_UP, { static: true });
    rec.log(
      "ip",
      InstancePoses3D({
        translations: [[1, 2, 3]],
        scales: [[1, 1, 2]],
        quaternions: [0, 0, 0, 1],
        mat3x3: [
          [1, 2, 3],
          [4, 5, 6],
          [7, 8, 9],
        ],
      }),
      { static: true },
    );
    rec.log("cf", CoordinateFrame("frame"), { static: true });
    rec.log("ta", TransformAxes3D(1.5, { showFrame: true }), { static: true });
  }),
  "inputs/images": logs((rec) => {
    rec.log("img", Image({ data: countingBytes(24), width: 4, height: 2 }, { opacity: 0.5 }), {
      static: true,
    });
    rec.log("img16", Image({ data: Uint16Array.from(range(8)), width: 4, height: 2 }), {
      static: true,
    });
    rec.log(
      "nv12",
      Image({ data: countingBytes(12), width: 4, height: 2, pixelFormat: PixelFormat.NV12 }),
      { static: true },
    );
    rec.log("bgr", Image({ data: countingBytes(24), width: 4, height: 2, colorModel: "BGR" }), {
      static: true,
    });
    rec.log(
      "enc",
      EncodedImage(Uint8Array.of(0x89, ...utf8("PNG\r\n\x1a\nxxxx")), {
        opacity: 0.25,
        drawOrder: 3,
      }),
      { static: true },
    );
    rec.log(
      "depth",
      DepthImage(
        { data: Uint16Array.from(range(8)), width: 4, height: 2 },
        { meter: 1000, colormap: "viridis", depthRange: [0, 5], pointFillRatio: 0.5 },
      ),
      { static: true },
    );
    rec.log("seg", SegmentationImage({ data: countingBytes(8), width: 4, height: 2 }), {
      static: true,
    });
    rec.log(
      "gm",
      GridMap(
        countingBytes(8),
        { width: 4, height: 2, colorModel: "L", channelDatatype: "U8" },
        0.1,
        { translation: [1, 2, 3], colormap: "RvizMap" },
      ),
      { static: true },
    );
  }),
  "inputs/plots": logs((rec) => {
    rec.setTime("t", { sequence: 1 });
    rec.log("scalar", Scalars(0.5));
    rec.log("scalars", Scalars([1, 2, 3]));
    rec.log(
      "sl",
      SeriesLines({
        colors: [
          [255, 0, 0],
          [0, 255, 0],
        ],
        names: ["a", "b"],
        widths: [1, 2],
        visibleSeries: [true, false],
        aggregationPolicy: "Max",
        interpolationMode: "StepMid",
      }),
      { static: true },
    );
    rec.log("sp", SeriesPoints(), { static: true });
    rec.log("sp2", SeriesPoints({ markers: ["cross", "up"], markerSizes: 4, names: "x" }), {
      static: true,
    });
    rec.log(
      "bar",
      BarChart(new BigInt64Array([8n, 4n, 0n, 9n]), {
        color: [255, 0, 0],
        widths: [1, 2, 3, 4],
        abscissa: new Float32Array([1, 2, 3, 4]),
      }),
      { static: true },
    );
    rec.log(
      "tensor",
      Tensor(
        { data: Float32Array.from(range(24)), shape: [2, 3, 4], names: ["a", "b", "c"] },
        { valueRange: [0, 1] },
      ),
      { static: true },
    );
    rec.log("tensor2", Tensor({ data: countingBytes(6), shape: [2, 3] }), { static: true });
    rec.log(
      "tensor16",
      Tensor({ data: new Uint16Array([0x3c00, 0x4000]), shape: [2], dtype: "float16" }),
      { static: true },
    );
    rec.log("sc", StateChange("on"), { static: true });
    rec.log(
      "scfg",
      StateConfiguration({
        values: ["a", "b"],
        labels: ["A", "B"],
        colors: [
          [1, 2, 3],
          [4, 5, 6],
        ],
        visible: [true, false],
      }),
      { static: true },
    );
  }),
  "inputs/texts": logs((rec) => {
    rec.log("log", TextLog("hello", { level: TextLogLevel.WARN, color: [255, 0, 0] }), {
      static: true,
    });
    rec.log("doc", TextDocument("# hi", { mediaType: MediaType.MARKDOWN }), { static: true });
    rec.log("clr", Clear.recursive(), { static: true });
    rec.log(
      "ann",
      AnnotationContext([
        [1, "one", [255, 0, 0]],
        [2, "two"],
        3,
        { info: [5, "five"], keypointAnnotations: [[0, "nose"], 1], keypointConnections: [[0, 1]] },
      ]),
      { static: true },
    );
    rec.log("ri", RecordingInfo({ name: "n", startTime: 5 }), { static: true });
  }),
  "inputs/maps_and_graphs": logs((rec) => {
    rec.log(
      "geo",
      GeoPoints([[47.6344, 19.1397]], { radii: Radius.uiPoints(10), colors: [255, 0, 0] }),
      { static: true },
    );
    rec.log(
      "geol",
      GeoLineStrings(
        [
          [41.0, -109.0],
          [41.0, -102.0],
        ],
        { colors: [0, 0, 255] },
      ),
      { static: true },
    );
    rec.log(
      "gn",
      GraphNodes(["a", "b"], {
        positions: [
          [0, 100],
          [1, 2],
        ],
        labels: ["A", "B"],
      }),
      { static: true },
    );
    rec.log(
      "ge",
      GraphEdges(
        [
          ["a", "b"],
          ["b", "c"],
        ],
        { graphType: "directed" },
      ),
      { static: true },
    );
  }),
  "inputs/media": logs((rec) => {
    rec.log("vfr", VideoFrameReference({ seconds: 12.3 }, { videoReference: "video" }), {
      static: true,
    });
    rec.log("vfr2", VideoFrameReference({ nanoseconds: 5 }), { static: true });
    rec.log("vs", VideoStream("H264", { sample: utf8("abc"), isKeyframe: true }), { static: true });
    rec.log("asset", Asset3D(utf8("glTFxxxx"), { albedoFactor: [1, 2, 3, 4] }), { static: true });
    rec.log("mch", McapChannel(1, "t", "json", { metadata: { a: "1" } }), { static: true });
    rec.log("msch", McapSchema(1, "n", "e", utf8("abc")), { static: true });
  }),
  "inputs/updates": logs((rec) => {
    rec.log("upd", Points3D.updateFields({ colors: [0xff0000ff] }), { static: true });
    rec.log("clrf", Points3D.clearFields(), { static: true });
  }),
  "inputs/columns": logs((rec) => {
    rec.sendColumns(
      "cols",
      { t: { sequence: [0, 1] } },
      Points3D.columns(
        { positions: Float32Array.from(range(12)), radii: [1, 2, 3, 4] },
        { lengths: [1, 3] },
      ),
    );
    rec.sendColumns(
      "cols2",
      { t: { sequence: [0, 1] } },
      Transform3D.columns({
        translation: [
          [1, 2, 3],
          [4, 5, 6],
        ],
        scale: [
          [1, 1, 1],
          [2, 2, 2],
        ],
      }),
    );
    rec.sendColumns(
      "cols3",
      { t: { sequence: [0, 1] } },
      Scalars.columns({
        scalars: [
          [1, 2],
          [3, 4],
        ],
      }),
    );
    rec.sendColumns(
      "cols4",
      { t: { sequence: [0, 1] } },
      TextLog.columns({
        text: ["a", "b"],
        level: ["INFO", "WARN"],
        color: [
          [1, 2, 3],
          [4, 5, 6],
        ],
      }),
    );
  }),
};
