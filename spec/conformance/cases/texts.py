import logging

import rerun as rr
from support import case

MARKDOWN = """# A title

Some *words*, a [link](recording://markdown) and a table:

| left | right |
| ---- | ----- |
| ä    | 😀    |
"""


@case("archetypes/annotation_context_rects", "rerun_example_annotation_context_rects")
def _(rec):
    rec.log("/", rr.AnnotationContext([(1, "red", (255, 0, 0)), (2, "green", (0, 255, 0))]), static=True)
    rec.log("detections", rr.Boxes2D(mins=[[-2, -2], [0, 0]], sizes=[[3, 3], [2, 2]], class_ids=[1, 2]))


@case("archetypes/geo_points_simple", "rerun_example_geo_points")
def _(rec):
    rec.log(
        "here",
        rr.GeoPoints(lat_lon=[59.319221, 18.075631], radii=rr.Radius.ui_points(10.0), colors=[255, 0, 0]),
    )


def nodes():
    return rr.GraphNodes(
        node_ids=["a", "b", "c"], positions=[(0, 100), (-100, 0), (100, 0)], labels=["A", "B", "C"]
    )


def log_graph(graph_type):
    def log(rec):
        edges = [("a", "b"), ("b", "c"), ("c", "a")]
        rec.log("simple", nodes(), rr.GraphEdges(edges=edges, graph_type=graph_type))

    return log


case("archetypes/graph_directed", "rerun_example_graph_directed")(log_graph("directed"))
case("archetypes/graph_undirected", "rerun_example_graph_undirected")(log_graph("undirected"))


@case("archetypes/mcap_message_simple", "rerun_example_mcap_message")
def _(rec):
    rec.log("mcap/messages", rr.McapMessage(data=b"temperature=23.5, humidity=65.2"))


@case("archetypes/mcap_schema_simple", "rerun_example_mcap_schema")
def _(rec):
    rec.log(
        "mcap/schemas",
        rr.McapSchema(id=42, name="geometry_msgs/msg/Point", encoding="ros2msg", data=b"float64 x\nfloat64 y"),
    )


@case("archetypes/mcap_statistics_simple", "rerun_example_mcap_statistics")
def _(rec):
    rec.log(
        "mcap/statistics",
        rr.McapStatistics(
            message_count=12_500,
            schema_count=3,
            channel_count=5,
            attachment_count=2,
            metadata_count=8,
            chunk_count=25,
            message_start_time=1_743_465_600_000_000_001,
            message_end_time=1_743_466_200_000_000_001,
        ),
    )


@case("archetypes/text_document", "rerun_example_text_document")
def _(rec):
    rec.log("text_document", rr.TextDocument("Good morning!"))
    rec.log("markdown", rr.TextDocument(MARKDOWN, media_type=rr.MediaType.MARKDOWN))


@case("archetypes/text_log", "rerun_example_text_log")
def _(rec):
    rec.log("log", rr.TextLog("The program began.", level=rr.TextLogLevel.INFO))


@case("archetypes/text_log_integration", "rerun_example_text_log_integration")
def _(rec):
    rec.log("logs", rr.TextLog("logged as it is", level=rr.TextLogLevel.TRACE))
    logger = logging.getLogger("conformance")
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    with rec:
        logger.addHandler(rr.LoggingHandler("logs/handler"))
        logger.info("logged by a logger")


@case("howto/micro_batching", "rerun_example_micro_batching")
def _(rec):
    for i in range(10):
        rec.log("logs", rr.TextLog(f"line {i}"))


@case("tutorials/annotation_context", "rerun_example_annotation_context_connections")
def _(rec):
    rec.log(
        "masks",
        rr.AnnotationContext(
            [
                rr.AnnotationInfo(id=0, label="Background"),
                rr.AnnotationInfo(id=1, label="Person", color=(255, 0, 0)),
            ]
        ),
        static=True,
    )
    rec.log(
        "detections",
        rr.ClassDescription(
            info=rr.AnnotationInfo(0, label="Snake"),
            keypoint_annotations=[rr.AnnotationInfo(id=i, color=(0, 28 * i, 0)) for i in range(10)],
            keypoint_connections=[(i, i + 1) for i in range(9)],
        ),
        static=True,
    )


@case("views/graph", "rerun_example_graph_view")
def _(rec):
    rec.log("simple", nodes())


@case("views/map", "rerun_example_map_view")
def _(rec):
    rec.log(
        "points",
        rr.GeoPoints(lat_lon=[[47.6344, 19.1397], [47.6334, 19.1399]], radii=rr.Radius.ui_points(20.0)),
    )


@case("views/text_document", "rerun_example_text_document")
def _(rec):
    rec.log("markdown", rr.TextDocument(MARKDOWN, media_type=rr.MediaType.MARKDOWN))
