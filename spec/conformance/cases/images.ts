import {
  AnnotationContext,
  Asset3D,
  AssetVideo,
  CoordinateFrame,
  DepthImage,
  EncodedDepthImage,
  EncodedImage,
  GridMap,
  Image,
  type RecordingStream,
  SegmentationImage,
  Transform3D,
  VideoFrameReference,
  ViewCoordinates,
} from "../../../lib/index.ts";
import type { Cases } from "../case.ts";
import { countingBytes, noiseBytes, paint, range, uniform, utf8 } from "../data.ts";

const classes = [
  [1, "red", [255, 0, 0]],
  [2, "green", [0, 255, 0]],
] as const;

const labelled = (): Uint8Array =>
  paint(
    new Uint8Array(60 * 40),
    60,
    [0],
    [
      [[10, 5, 25, 20], [1]],
      [[30, 20, 55, 38], [2]],
    ],
  );

/** A blue picture of 60×40 pixels with a rectangle that moves. */
const frame = (t: number): Uint8Array =>
  paint(
    new Uint8Array(60 * 40 * 3),
    60,
    [0, 0, 255],
    [
      [
        [2 * t, 10, 2 * t + 20, 30],
        [0, 255, 255],
      ],
    ],
  );

/** What begins like a PNG file; nobody decodes it. */
const png = (): Uint8Array => Uint8Array.of(0x89, ...utf8("PNG\r\n\x1a\n"), ...noiseBytes(200, 1));

const glb = (): Uint8Array => Uint8Array.of(...utf8("glTF"), 2, 0, 0, 0, ...noiseBytes(100, 2));

const mp4 = (): Uint8Array =>
  Uint8Array.of(0, 0, 0, 16, ...utf8("ftypmp42"), 0, 0, 0, 0, ...noiseBytes(300, 3));

const logAnnotatedImage = (rec: RecordingStream, context: string, image: string): void => {
  rec.log(context, AnnotationContext(classes), { static: true });
  rec.log(image, SegmentationImage({ data: labelled(), width: 60, height: 40 }));
};

/** Official snippets of images, depth, assets and video. */
export const images: Cases = {
  "archetypes/annotation_context_segmentation": {
    app: "rerun_example_annotation_context_segmentation",
    log: (rec) => logAnnotatedImage(rec, "segmentation", "segmentation/image"),
  },
  "archetypes/segmentation_image_simple": {
    app: "rerun_example_segmentation_image",
    log: (rec) => logAnnotatedImage(rec, "/", "image"),
  },
  "archetypes/asset3d_simple": {
    app: "rerun_example_asset3d",
    log: (rec) => {
      rec.log("world", ViewCoordinates.RIGHT_HAND_Z_UP, { static: true });
      rec.log("world/asset", Asset3D(glb()));
    },
  },
  "archetypes/depth_image_simple": {
    app: "rerun_example_depth_image_simple",
    log: (rec) => {
      const data = paint(
        new Uint16Array(60 * 40),
        60,
        [65_535],
        [
          [[5, 5, 20, 30], [20_000]],
          [[15, 25, 55, 38], [45_000]],
        ],
      );
      rec.log("depth", DepthImage({ data, width: 60, height: 40 }, { meter: 10_000 }));
    },
  },
  "archetypes/encoded_depth_image": {
    app: "rerun_example_encoded_depth_image",
    log: (rec) =>
      rec.log("depth/encoded", EncodedDepthImage(png(), { mediaType: "image/png", meter: 0.001 })),
  },
  "archetypes/encoded_image": {
    app: "rerun_example_encoded_image",
    log: (rec) => rec.log("image", EncodedImage(png())),
  },
  "archetypes/grid_map_pose": {
    app: "rerun_example_grid_map_pose",
    log: (rec) => {
      rec.log(
        "/tf",
        Transform3D({
          translation: [1, 2, 0],
          rotationAxisAngle: { axis: [0, 0, 1], radians: -Math.PI / 3 },
          parentFrame: "world",
          childFrame: "map",
        }),
        { static: true },
      );
      rec.log(
        "demo_map",
        CoordinateFrame("map"),
        GridMap(
          noiseBytes(4 * 12 * 8, 4),
          { width: 12, height: 8, colorModel: "RGBA", channelDatatype: "U8" },
          0.01,
          {
            opacity: 0.5,
            translation: [1.1, -1.6, 0],
            rotationAxisAngle: { axis: [0, 0, 1], radians: Math.PI / 4 },
          },
        ),
      );
    },
  },
  "archetypes/grid_map_simple": {
    app: "rerun_example_grid_map",
    log: (rec) => {
      const data = paint(
        new Uint8Array(32 * 32),
        32,
        [255],
        [
          [[4, 4, 28, 28], [0]],
          [[10, 10, 22, 22], [100]],
        ],
      );
      rec.log(
        "world/map",
        GridMap(data, { width: 32, height: 32, colorModel: "L", channelDatatype: "U8" }, 0.1, {
          translation: [-1.6, -1.6, 0],
          colormap: "RvizMap",
        }),
      );
    },
  },
  "archetypes/image_advanced": {
    app: "rerun_example_image_advanced",
    log: (rec) => {
      rec.log("from_file", EncodedImage(png()));
      const [width, height] = [9, 6];
      rec.log("rgba", Image({ data: noiseBytes(4 * width * height, 5), width, height }));
      rec.log("rgb", Image({ data: noiseBytes(3 * width * height, 6), width, height }));
      rec.log(
        "bgr",
        Image({ data: noiseBytes(3 * width * height, 7), width, height, colorModel: "BGR" }),
      );
    },
  },
  "archetypes/image_column_updates": {
    app: "rerun_example_image_column_updates",
    log: (rec) => {
      rec.log(
        "images",
        Image.updateFields({
          format: { width: 60, height: 40, colorModel: "RGB", channelDatatype: "U8" },
        }),
        { static: true },
      );
      rec.sendColumns(
        "images",
        { step: { sequence: range(20) } },
        Image.columns({ buffer: range(20).map(frame) }),
      );
    },
  },
  "archetypes/image_row_updates": {
    app: "rerun_example_image_row_updates",
    log: (rec) => {
      for (const t of range(20)) {
        rec.setTime("time", { sequence: t });
        rec.log("image", Image({ data: frame(t), width: 60, height: 40 }));
      }
    },
  },
  "archetypes/image_simple": {
    app: "rerun_example_image",
    log: (rec) => {
      const data = paint(
        new Uint8Array(60 * 40 * 3),
        60,
        [255, 0, 0],
        [
          [
            [10, 10, 30, 30],
            [0, 255, 0],
          ],
        ],
      );
      rec.log("image", Image({ data, width: 60, height: 40 }));
    },
  },
  "archetypes/video_auto_frames": {
    app: "rerun_example_asset_video_auto_frames",
    log: (rec) => {
      rec.log("video", AssetVideo(mp4()), { static: true });
      const timestamps = BigInt64Array.from(range(30), (i) => BigInt(i) * 33_333_333n);
      rec.sendColumns(
        "video",
        { video_time: { duration: timestamps } },
        VideoFrameReference.columns({ timestamp: timestamps }),
      );
    },
  },
  "images/depths": {
    log: (rec) => {
      const [width, height] = [4, 3];
      const counted = range(12);
      for (const [name, data] of Object.entries({
        u8: countingBytes(12),
        u16: Uint16Array.from(counted),
        u32: Uint32Array.from(counted),
        u64: BigUint64Array.from(counted, BigInt),
        i8: Int8Array.from(counted),
        i16: Int16Array.from(counted),
        i32: Int32Array.from(counted),
        i64: BigInt64Array.from(counted, BigInt),
        f32: Float32Array.from(uniform(12, 8, -1, 1)),
        f64: uniform(12, 8, -1, 1),
      })) {
        rec.log(`depth/${name}`, DepthImage({ data, width, height }));
        rec.log(`image/${name}`, Image({ data, width, height }));
        rec.log(`segmentation/${name}`, SegmentationImage({ data, width, height }));
      }
    },
  },
};
