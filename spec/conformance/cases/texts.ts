import {
  AnnotationContext,
  Boxes2D,
  GeoPoints,
  GraphEdges,
  GraphNodes,
  McapMessage,
  McapSchema,
  McapStatistics,
  MediaType,
  Radius,
  type RecordingStream,
  TextDocument,
  TextLog,
  TextLogLevel,
} from "../../../lib/index.ts";
import type { Cases } from "../case.ts";
import { range, utf8 } from "../data.ts";

const markdown = `# A title

Some *words*, a [link](recording://markdown) and a table:

| left | right |
| ---- | ----- |
| ä    | 😀    |
`;

const nodes = GraphNodes(["a", "b", "c"], {
  positions: [
    [0, 100],
    [-100, 0],
    [100, 0],
  ],
  labels: ["A", "B", "C"],
});

const logGraph = (rec: RecordingStream, graphType: "directed" | "undirected"): void =>
  rec.log(
    "simple",
    nodes,
    GraphEdges(
      [
        ["a", "b"],
        ["b", "c"],
        ["c", "a"],
      ],
      { graphType },
    ),
  );

/** Official snippets of texts, annotations, graphs, maps and MCAP. */
export const texts: Cases = {
  "archetypes/annotation_context_rects": {
    app: "rerun_example_annotation_context_rects",
    log: (rec) => {
      rec.log(
        "/",
        AnnotationContext([
          [1, "red", [255, 0, 0]],
          [2, "green", [0, 255, 0]],
        ]),
        { static: true },
      );
      rec.log(
        "detections",
        Boxes2D({
          mins: [
            [-2, -2],
            [0, 0],
          ],
          sizes: [
            [3, 3],
            [2, 2],
          ],
          classIds: [1, 2],
        }),
      );
    },
  },
  "archetypes/geo_points_simple": {
    app: "rerun_example_geo_points",
    log: (rec) =>
      rec.log(
        "here",
        GeoPoints([59.319_221, 18.075_631], { radii: Radius.uiPoints(10), colors: [255, 0, 0] }),
      ),
  },
  "archetypes/graph_directed": {
    app: "rerun_example_graph_directed",
    log: (rec) => logGraph(rec, "directed"),
  },
  "archetypes/graph_undirected": {
    app: "rerun_example_graph_undirected",
    log: (rec) => logGraph(rec, "undirected"),
  },
  "archetypes/mcap_message_simple": {
    app: "rerun_example_mcap_message",
    log: (rec) => rec.log("mcap/messages", McapMessage(utf8("temperature=23.5, humidity=65.2"))),
  },
  "archetypes/mcap_schema_simple": {
    app: "rerun_example_mcap_schema",
    log: (rec) =>
      rec.log(
        "mcap/schemas",
        McapSchema(42, "geometry_msgs/msg/Point", "ros2msg", utf8("float64 x\nfloat64 y")),
      ),
  },
  "archetypes/mcap_statistics_simple": {
    app: "rerun_example_mcap_statistics",
    log: (rec) =>
      rec.log(
        "mcap/statistics",
        McapStatistics({
          messageCount: 12_500,
          schemaCount: 3,
          channelCount: 5,
          attachmentCount: 2,
          metadataCount: 8,
          chunkCount: 25,
          messageStartTime: 1_743_465_600_000_000_001n,
          messageEndTime: 1_743_466_200_000_000_001n,
        }),
      ),
  },
  "archetypes/text_document": {
    app: "rerun_example_text_document",
    log: (rec) => {
      rec.log("text_document", TextDocument("Good morning!"));
      rec.log("markdown", TextDocument(markdown, { mediaType: MediaType.MARKDOWN }));
    },
  },
  "archetypes/text_log": {
    app: "rerun_example_text_log",
    log: (rec) => rec.log("log", TextLog("The program began.", { level: TextLogLevel.INFO })),
  },
  "archetypes/text_log_integration": {
    app: "rerun_example_text_log_integration",
    log: (rec) => {
      rec.log("logs", TextLog("logged as it is", { level: TextLogLevel.TRACE }));
      // The official handler adds the name of the module.
      rec.log("logs/handler/texts", TextLog("logged by a logger", { level: TextLogLevel.INFO }));
    },
  },
  "howto/micro_batching": {
    app: "rerun_example_micro_batching",
    log: (rec) => {
      for (const i of range(10)) rec.log("logs", TextLog(`line ${i}`));
    },
  },
  "tutorials/annotation_context": {
    app: "rerun_example_annotation_context_connections",
    log: (rec) => {
      rec.log(
        "masks",
        AnnotationContext([
          { id: 0, label: "Background" },
          { id: 1, label: "Person", color: [255, 0, 0] },
        ]),
        { static: true },
      );
      rec.log(
        "detections",
        AnnotationContext({
          info: { id: 0, label: "Snake" },
          keypointAnnotations: range(10).map((id) => ({ id, color: [0, 28 * id, 0] })),
          keypointConnections: range(9).map((i) => [i, i + 1]),
        }),
        { static: true },
      );
    },
  },
  "views/graph": { app: "rerun_example_graph_view", log: (rec) => rec.log("simple", nodes) },
  "views/map": {
    app: "rerun_example_map_view",
    log: (rec) =>
      rec.log(
        "points",
        GeoPoints(
          [
            [47.6344, 19.1397],
            [47.6334, 19.1399],
          ],
          { radii: Radius.uiPoints(20) },
        ),
      ),
  },
  "views/text_document": {
    app: "rerun_example_text_document",
    log: (rec) => rec.log("markdown", TextDocument(markdown, { mediaType: "text/markdown" })),
  },
};
