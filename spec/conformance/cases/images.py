import math

import numpy as np
import rerun as rr
from support import case, noise_bytes, uniform

CLASSES = [(1, "red", (255, 0, 0)), (2, "green", (0, 255, 0))]


def labelled():
    image = np.zeros((40, 60), dtype=np.uint8)
    image[5:20, 10:25] = 1
    image[20:38, 30:55] = 2
    return image


def frame(t):
    image = np.zeros((40, 60, 3), dtype=np.uint8)
    image[:, :, 2] = 255
    image[10:30, 2 * t : 2 * t + 20] = (0, 255, 255)
    return image


def png():
    return b"\x89PNG\r\n\x1a\n" + noise_bytes(200, 1)


def log_annotated_image(rec, context, image):
    rec.log(context, rr.AnnotationContext(CLASSES), static=True)
    rec.log(image, rr.SegmentationImage(labelled()))


@case("archetypes/annotation_context_segmentation", "rerun_example_annotation_context_segmentation")
def _(rec):
    log_annotated_image(rec, "segmentation", "segmentation/image")


@case("archetypes/segmentation_image_simple", "rerun_example_segmentation_image")
def _(rec):
    log_annotated_image(rec, "/", "image")


@case("archetypes/asset3d_simple", "rerun_example_asset3d")
def _(rec):
    rec.log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    contents = b"glTF\x02\x00\x00\x00" + noise_bytes(100, 2)
    rec.log("world/asset", rr.Asset3D(contents=contents, media_type=rr.MediaType.GLB))


@case("archetypes/depth_image_simple", "rerun_example_depth_image_simple")
def _(rec):
    image = np.full((40, 60), 65535, dtype=np.uint16)
    image[5:30, 5:20] = 20000
    image[25:38, 15:55] = 45000
    rec.log("depth", rr.DepthImage(image, meter=10_000.0))


@case("archetypes/encoded_depth_image", "rerun_example_encoded_depth_image")
def _(rec):
    rec.log("depth/encoded", rr.EncodedDepthImage(blob=png(), media_type=rr.components.MediaType.PNG, meter=0.001))


@case("archetypes/encoded_image", "rerun_example_encoded_image")
def _(rec):
    rec.log("image", rr.EncodedImage(contents=png(), media_type="image/png"))


@case("archetypes/grid_map_pose", "rerun_example_grid_map_pose")
def _(rec):
    rec.log(
        "/tf",
        rr.Transform3D(
            translation=[1, 2, 0],
            rotation_axis_angle=rr.components.RotationAxisAngle([0, 0, 1], -math.pi / 3),
            parent_frame="world",
            child_frame="map",
        ),
        static=True,
    )
    rec.log(
        "demo_map",
        rr.CoordinateFrame("map"),
        rr.GridMap(
            data=noise_bytes(4 * 12 * 8, 4),
            format=rr.components.ImageFormat(width=12, height=8, color_model="RGBA", channel_datatype="U8"),
            cell_size=0.01,
            opacity=0.5,
            translation=[1.1, -1.6, 0],
            rotation_axis_angle=rr.components.RotationAxisAngle([0, 0, 1], math.pi / 4),
        ),
    )


@case("archetypes/grid_map_simple", "rerun_example_grid_map")
def _(rec):
    grid = np.full((32, 32), -1, dtype=np.int8)
    grid[4:28, 4:28] = 0
    grid[10:22, 10:22] = 100
    rec.log(
        "world/map",
        rr.GridMap(
            data=grid.tobytes(),
            format=rr.components.ImageFormat(width=32, height=32, color_model="L", channel_datatype="U8"),
            cell_size=0.1,
            translation=[-1.6, -1.6, 0],
            colormap=rr.components.Colormap.RvizMap,
        ),
    )


@case("archetypes/image_advanced", "rerun_example_image_advanced")
def _(rec):
    def pixels(channels, seed):
        return np.frombuffer(noise_bytes(channels * 54, seed), dtype=np.uint8).reshape(6, 9, channels)

    rec.log("from_file", rr.EncodedImage(contents=png(), media_type="image/png"))
    rec.log("rgba", rr.Image(pixels(4, 5)))
    rec.log("rgb", rr.Image(pixels(3, 6)))
    rec.log("bgr", rr.Image(pixels(3, 7), color_model="BGR"))


@case("archetypes/image_column_updates", "rerun_example_image_column_updates")
def _(rec):
    image_format = rr.components.ImageFormat(width=60, height=40, color_model="RGB", channel_datatype="U8")
    rec.log("images", rr.Image.from_fields(format=image_format), static=True)
    frames = np.array([frame(t) for t in range(20)])
    rec.send_columns(
        "images",
        [rr.TimeColumn("step", sequence=np.arange(20))],
        rr.Image.columns(buffer=frames.reshape(20, -1)),
    )


@case("archetypes/image_row_updates", "rerun_example_image_row_updates")
def _(rec):
    for t in range(20):
        rec.set_time("time", sequence=t)
        rec.log("image", rr.Image(frame(t)))


@case("archetypes/image_simple", "rerun_example_image")
def _(rec):
    image = np.zeros((40, 60, 3), dtype=np.uint8)
    image[:, :, 0] = 255
    image[10:30, 10:30] = (0, 255, 0)
    rec.log("image", rr.Image(image))


@case("archetypes/video_auto_frames", "rerun_example_asset_video_auto_frames")
def _(rec):
    contents = b"\x00\x00\x00\x10ftypmp42\x00\x00\x00\x00" + noise_bytes(300, 3)
    rec.log("video", rr.AssetVideo(contents=contents, media_type="video/mp4"), static=True)
    timestamps = np.arange(30, dtype=np.int64) * 33_333_333
    rec.send_columns(
        "video",
        [rr.TimeColumn("video_time", duration=timestamps.astype("timedelta64[ns]"))],
        rr.VideoFrameReference.columns_nanos(timestamps),
    )


@case("images/depths")
def _(rec):
    counted = np.arange(12).reshape(3, 4)
    floats = uniform(12, 8, -1, 1).reshape(3, 4)
    for name, data in {
        "u8": counted.astype(np.uint8),
        "u16": counted.astype(np.uint16),
        "u32": counted.astype(np.uint32),
        "u64": counted.astype(np.uint64),
        "i8": counted.astype(np.int8),
        "i16": counted.astype(np.int16),
        "i32": counted.astype(np.int32),
        "i64": counted.astype(np.int64),
        "f32": floats.astype(np.float32),
        "f64": floats,
    }.items():
        rec.log(f"depth/{name}", rr.DepthImage(data))
        rec.log(f"image/{name}", rr.Image(data))
        rec.log(f"segmentation/{name}", rr.SegmentationImage(data))
