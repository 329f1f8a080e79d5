import numpy as np
import rerun as rr
from support import case


@case("inputs/shapes")
def _(rec):
    rec.log("points3d", rr.Points3D([[1,2,3],[4,5,6]], colors=[[255,0,0],[0,255,0]], radii=[0.1,0.2], labels=["a","ü"], show_labels=True, class_ids=[1,2], keypoint_ids=[3,4]), static=True)
    rec.log("kp", rr.Points2D([[1,2]], keypoint_ids=5), static=True)
    rec.log("f64pts", rr.Points3D(np.array([[0.1,0.2,0.3]],dtype=np.float64), colors=np.array([[0.5,0.25,1.0]])), static=True)
    rec.log("arrows3d", rr.Arrows3D(vectors=[[1,0,0]], origins=[[0,0,1]], colors=0x11223344), static=True)
    rec.log("boxes2d", rr.Boxes2D(mins=[[-1,-1],[1,1]], sizes=[[2,4],[1,1]], labels=["a","b"]), static=True)
    rec.log("boxes3d", rr.Boxes3D(half_sizes=[1,2,3], centers=[0.1,0.2,0.3], quaternions=[0,0,0,1], fill_mode="solid"), static=True)
    rec.log("boxes3d_aa", rr.Boxes3D(half_sizes=[1,2,3], rotation_axis_angles=[rr.RotationAxisAngle(axis=[0,1,0], degrees=45)]), static=True)
    rec.log("ls2", rr.LineStrips2D([[[0,0],[2,1],[4,-1]],[[0,3],[1,4]]], colors=[255,0,0]), static=True)
    rec.log("ls3", rr.LineStrips3D([[0,0,0],[2,1,1]]), static=True)
    rec.log("mesh", rr.Mesh3D(vertex_positions=[[0,0,0],[1,0,0],[0,1,0]], triangle_indices=[0,1,2], vertex_colors=[[255,0,0],[0,255,0],[0,0,255]], vertex_normals=[0,0,1], albedo_texture=np.arange(24,dtype=np.uint8).reshape(2,4,3), albedo_factor=[255,255,255]), static=True)
    rec.log("ell", rr.Ellipsoids3D(radii=[1,2], centers=[[0,0,0],[1,1,1]]), static=True)
    rec.log("ell2", rr.Ellipses2D(half_sizes=[[1,2]], line_radii=0.1), static=True)
    rec.log("cap", rr.Capsules3D(lengths=[1], radii=[0.5], translations=[0,0,1], rotation_axis_angles=[rr.RotationAxisAngle(axis=[1,0,0], degrees=90)]), static=True)
    rec.log("cyl", rr.Cylinders3D(lengths=[1,2], radii=[0.5,0.25]), static=True)


@case("inputs/transforms")
def _(rec):
    rec.log("tf", rr.Transform3D(translation=[1,2,3], rotation=rr.RotationAxisAngle(axis=[0,0,1], radians=1.5), scale=2, relation=rr.TransformRelation.ChildFromParent), static=True)
    rec.log("tf2", rr.Transform3D(mat3x3=[[1,2,3],[4,5,6],[7,8,9]], quaternion=rr.Quaternion(xyzw=[0,0,0,1]), parent_frame="w", child_frame="c"), static=True)
    rec.log("pin1", rr.Pinhole(focal_length=3, width=4, height=2), static=True)
    rec.log("pin2", rr.Pinhole(fov_y=1.2, aspect_ratio=1.5, camera_xyz=rr.ViewCoordinates.RUB, image_plane_distance=0.5, color=[255,128,0], line_width=0.003), static=True)
    rec.log("pin3", rr.Pinhole(image_from_camera=[[3,0,1.5],[0,3,1.5],[0,0,1]], resolution=[3,3]), static=True)
    rec.log("vc", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    rec.log("ip", rr.InstancePoses3D(translations=[[1,2,3]], scales=[[1,1,2]], quaternions=[0,0,0,1], mat3x3=[[1,2,3],[4,5,6],[7,8,9]]), static=True)
    rec.log("cf", rr.CoordinateFrame("frame"), static=True)
    rec.log("ta", rr.TransformAxes3D(1.5, show_frame=True), static=True)


@case("inputs/images")
def _(rec):
    rec.log("img", rr.Image(np.arange(24,dtype=np.uint8).reshape(2,4,3), opacity=0.5), static=True)
    rec.log("img16", rr.Image(np.arange(8,dtype=np.uint16).reshape(2,4)), static=True)
    rec.log("nv12", rr.Image(bytes=bytes(range(12)), width=4, height=2, pixel_format=rr.PixelFormat.NV12), static=True)
    rec.log("bgr", rr.Image(np.arange(24,dtype=np.uint8).reshape(2,4,3), color_model="BGR"), static=True)
    rec.log("enc", rr.EncodedImage(contents=b"\x89PNG\r\n\x1a\nxxxx", media_type="image/png", opacity=0.25, draw_order=3), static=True)
    rec.log("depth", rr.DepthImage(np.arange(8,dtype=np.uint16).reshape(2,4), meter=1000.0, colormap="viridis", depth_range=[0,5], point_fill_ratio=0.5), static=True)
    rec.log("seg", rr.SegmentationImage(np.arange(8,dtype=np.uint8).reshape(2,4)), static=True)
    rec.log("gm", rr.GridMap(data=bytes(range(8)), format=rr.components.ImageFormat(width=4,height=2,color_model="L",channel_datatype="U8"), cell_size=0.1, translation=[1,2,3], colormap="RvizMap"), static=True)


@case("inputs/plots")
def _(rec):
    rec.set_time("t", sequence=1)
    rec.log("scalar", rr.Scalars(0.5))
    rec.log("scalars", rr.Scalars([1,2,3]))
    rec.log("sl", rr.SeriesLines(colors=[[255,0,0],[0,255,0]], names=["a","b"], widths=[1,2], visible_series=[True,False], aggregation_policy="Max", interpolation_mode="StepMid"), static=True)
    rec.log("sp", rr.SeriesPoints(), static=True)
    rec.log("sp2", rr.SeriesPoints(markers=["cross","up"], marker_sizes=4, names="x"), static=True)
    rec.log("bar", rr.BarChart(np.array([8,4,0,9],dtype=np.int64), color=[255,0,0], widths=[1,2,3,4], abscissa=np.array([1,2,3,4],dtype=np.float32)), static=True)
    rec.log("tensor", rr.Tensor(np.arange(24,dtype=np.float32).reshape(2,3,4), dim_names=["a","b","c"], value_range=[0,1]), static=True)
    rec.log("tensor2", rr.Tensor(np.arange(6,dtype=np.uint8).reshape(2,3)), static=True)
    rec.log("tensor16", rr.Tensor(np.array([1,2],dtype=np.float16)), static=True)
    rec.log("sc", rr.StateChange(state="on"), static=True)
    rec.log("scfg", rr.StateConfiguration(values=["a","b"], labels=["A","B"], colors=[[1,2,3],[4,5,6]], visible=[True,False]), static=True)


@case("inputs/texts")
def _(rec):
    rec.log("log", rr.TextLog("hello", level=rr.TextLogLevel.WARN, color=[255,0,0]), static=True)
    rec.log("doc", rr.TextDocument("# hi", media_type=rr.MediaType.MARKDOWN), static=True)
    rec.log("clr", rr.Clear(recursive=True), static=True)
    rec.log("ann", rr.AnnotationContext([(1,"one",(255,0,0)),(2,"two"),3, rr.ClassDescription(info=rr.AnnotationInfo(5,"five"), keypoint_annotations=[(0,"nose"),1], keypoint_connections=[(0,1)])]), static=True)
    rec.log("ri", rr.archetypes.RecordingInfo(name="n", start_time=5), static=True)


@case("inputs/maps_and_graphs")
def _(rec):
    rec.log("geo", rr.GeoPoints(lat_lon=[[47.6344,19.1397]], radii=rr.Radius.ui_points(10.0), colors=[255,0,0]), static=True)
    rec.log("geol", rr.GeoLineStrings(lat_lon=[[41.0,-109.0],[41.0,-102.0]], colors=[0,0,255]), static=True)
    rec.log("gn", rr.GraphNodes(node_ids=["a","b"], positions=[(0.0,100.0),(1,2)], labels=["A","B"]), static=True)
    rec.log("ge", rr.GraphEdges(edges=[("a","b"),("b","c")], graph_type="directed"), static=True)


@case("inputs/media")
def _(rec):
    rec.log("vfr", rr.VideoFrameReference(seconds=12.3, video_reference="video"), static=True)
    rec.log("vfr2", rr.VideoFrameReference(nanoseconds=5), static=True)
    rec.log("vs", rr.VideoStream(codec=rr.VideoCodec.H264, sample=b"abc", is_keyframe=True), static=True)
    rec.log("asset", rr.Asset3D(contents=b"glTFxxxx", media_type="model/gltf-binary", albedo_factor=[1,2,3,4]), static=True)
    rec.log("mch", rr.McapChannel(id=1, topic="t", message_encoding="json", metadata={"a":"1"}), static=True)
    rec.log("msch", rr.McapSchema(id=1, name="n", encoding="e", data=b"abc"), static=True)


@case("inputs/updates")
def _(rec):
    rec.log("upd", rr.Points3D.from_fields(colors=[0xff0000ff]), static=True)
    rec.log("clrf", rr.Points3D.cleared(), static=True)


@case("inputs/columns")
def _(rec):
    rec.send_columns("cols", [rr.TimeColumn("t", sequence=[0,1])], rr.Points3D.columns(positions=np.arange(12,dtype=np.float32).reshape(4,3), radii=[1,2,3,4]).partition([1,3]))
    rec.send_columns("cols2", [rr.TimeColumn("t", sequence=[0,1])], [*rr.Transform3D.columns(translation=[[1,2,3],[4,5,6]], scale=[[1,1,1],[2,2,2]])])
    rec.send_columns("cols3", [rr.TimeColumn("t", sequence=[0,1])], [*rr.Scalars.columns(scalars=[[1,2],[3,4]])])
    rec.send_columns("cols4", [rr.TimeColumn("t", sequence=[0,1])], [*rr.TextLog.columns(text=["a","b"], level=["INFO","WARN"], color=[[1,2,3],[4,5,6]])])
