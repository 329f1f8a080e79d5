import type { ArchetypeDocs } from "./docs.ts";

/** By short name; each archetype of the catalogue has an entry. */
export const archetypeDocs: Readonly<Record<string, ArchetypeDocs>> = {
  AnnotationContext: {
    doc: "Labels and colours for class ids and keypoint ids, for an entity and all below it.",
    more: "Usually static. Each class is an id, `[id, label]`, `[id, label, colour]`, or a full description.",
    example:
      'rec.log("/", AnnotationContext([[1, "person", "red"], [2, "car", [0, 255, 0]]]), { static: true });',
    fields: { context: "The classes." },
  },
  Arrows2D: {
    doc: "Arrows in 2D.",
    example: 'Arrows2D([[1, 0], [0, 1]], { origins: [0, 0], colors: ["red", "green"] });',
    fields: {
      vectors: "From origin to tip.",
      origins: "Where the arrows start; default: the origin.",
      radii: "Radii of the shafts; default: 1.5 ui points.",
    },
  },
  Arrows3D: {
    doc: "Arrows in 3D.",
    example: "Arrows3D([[1, 0, 0], [0, 1, 0]], { radii: 0.02 });",
    fields: {
      vectors: "From origin to tip.",
      origins: "Where the arrows start; default: the origin.",
      radii: "Radii of the shafts; default: 1.5 ui points.",
    },
  },
  Asset3D: {
    doc: "A 3D file as it is: GLTF, GLB, OBJ, STL, or COLLADA.",
    more: "The media type is found from the content where it can be (GLB, STL); give it for the others.",
    fields: {
      mediaType: "Such as `model/gltf-binary`, `model/obj`; default: found from the content.",
    },
  },
  AssetVideo: {
    doc: "A video file as it is; show its frames with {@link VideoFrameReference}.",
    more: "Usually static.",
    fields: { mediaType: "Such as `video/mp4`; default: found from the content." },
  },
  BarChart: {
    doc: "A bar chart of a one-dimensional array.",
    example: 'BarChart([8, 4, 0, 9], { color: "steelblue" });',
    fields: {
      values: "Heights of the bars.",
      color: "Colour of the bars.",
      abscissa: "Where the bars stand; default: 0, 1, 2, …",
      widths: "Widths of the bars; default: up to the next bar.",
    },
  },
  Boxes2D: {
    doc: "Axis-aligned boxes in 2D.",
    more: "Give half sizes first, or everything by name: `halfSizes` or `sizes`, `centers` or `mins`, or rows in `array`.",
    example: 'Boxes2D({ mins: [-1, -1], sizes: [2, 4], labels: ["cat"] });',
    fields: {
      halfSizes: "Half of width and height.",
      radii: "Radii of the lines; default: 1.5 ui points.",
    },
  },
  Boxes3D: {
    doc: "Boxes in 3D, in any orientation.",
    more: "Give half sizes first, or everything by name: `halfSizes` or `sizes`, `centers` or `mins`.",
    example: "Boxes3D({ sizes: [1, 2, 3], centers: [0, 0, 0], fillMode: FillMode.Solid });",
    fields: {
      halfSizes: "Half of the extent along x, y and z.",
      radii: "Radii of the lines; default: 0.5 ui points.",
    },
  },
  Capsules3D: {
    doc: "Capsules: cylinders with round ends, along +Z from the centre of one end.",
    fields: {
      lengths: "Distances between the centres of the two ends.",
      radii: "Radii of the capsules.",
      translations: "Centres of the first end; default: the origin.",
    },
  },
  Clear: {
    doc: "Clears an entity: what was logged before is no longer shown.",
    example: 'rec.log("world/boxes", Clear.recursive());',
    fields: { isRecursive: "Whether everything below the entity is cleared too." },
  },
  CoordinateFrame: {
    doc: "Names the coordinate frame of an entity.",
    more: "Without it the frame is `tf#/entity/path`.",
    fields: { frame: "Name of the frame." },
  },
  Cylinders3D: {
    doc: "Cylinders along the Z axis, placed by their middle.",
    fields: { lengths: "Heights of the cylinders.", radii: "Radii of the cylinders." },
  },
  DepthImage: {
    doc: "An image of distances, also shown as a point cloud under a pinhole.",
    more: "One channel; its type follows from the typed array.",
    example:
      "DepthImage({ data: new Uint16Array(640 * 480), width: 640, height: 480 }, { meter: 1000 });",
    fields: { buffer: "The depths." },
  },
  Ellipses2D: {
    doc: "Axis-aligned ellipses in 2D.",
    fields: { halfSizes: "Semi-axes along x and y." },
  },
  Ellipsoids3D: {
    doc: "Ellipsoids and spheres in 3D.",
    more: "Give half sizes first, or everything by name: `halfSizes`, or `radii` for spheres.",
    example: "Ellipsoids3D({ radii: [1, 2], centers: [[0, 0, 0], [5, 0, 0]] });",
    fields: { halfSizes: "Semi-axes along x, y and z." },
  },
  EncodedDepthImage: {
    doc: "A depth image as a file: a PNG with one channel, or RVL with a ROS 2 header.",
    fields: { mediaType: "`image/png` or `application/rvl`; default: found from the content." },
  },
  EncodedImage: {
    doc: "An image as a file: JPEG, PNG, WebP, …",
    example: 'EncodedImage(await readFile("cat.jpg"));',
    fields: { mediaType: "Such as `image/jpeg`; default: found from the content." },
  },
  GeoLineStrings: {
    doc: "Lines on a map.",
    fields: {
      lineStrings: "The lines.",
      radii: "Radii of the lines; scene units are metres; default: 2 ui points.",
    },
  },
  GeoPoints: {
    doc: "Points on a map.",
    example: "GeoPoints([[47.6344, 19.1397]], { radii: Radius.uiPoints(10) });",
    fields: { radii: "Radii; scene units are metres; default: 5 ui points." },
  },
  GraphEdges: {
    doc: "Edges between the nodes of a graph; log them on the entity of its nodes.",
    example: 'GraphEdges([["a", "b"], ["b", "c"]], { graphType: GraphType.Directed });',
    fields: {
      edges: "Source and target of each edge.",
      graphType: "Whether edges have a direction.",
    },
  },
  GraphNodes: {
    doc: "Nodes of a graph.",
    fields: {
      nodeIds: "Ids, to which edges refer.",
      positions: "Positions; default: laid out by the viewer.",
      radii: "Radii; default: 4 scene units.",
    },
  },
  GridMap: {
    doc: "A map of cells in the plane, such as an occupancy grid, placed by its lower left corner.",
    fields: {
      data: "The cells.",
      cellSize: "Size of a cell.",
      translation: "Position of the lower left corner.",
      rotationAxisAngle: "Rotation of the map; `quaternion` beats it.",
      quaternion: "Rotation of the map.",
    },
  },
  Image: {
    doc: "An image of pixels.",
    more: "Takes what a canvas gives, or pixels with `width` and `height`. The channel type follows from the typed array.",
    example:
      'Image({ data: pixels, width: 640, height: 480, colorModel: "RGB" });\nImage(context.getImageData(0, 0, 640, 480));',
    fields: { buffer: "The pixels." },
  },
  InstancePoses3D: {
    doc: "Poses for the instances of a shape, beside the transform of the entity.",
    more: "Each call replaces the poses as a whole.",
    fields: { scales: "Scales.", mat3x3: "3×3 matrices." },
  },
  LineStrips2D: {
    doc: "Line strips in 2D; a segment is a strip of two points.",
    example: "LineStrips2D([[[0, 0], [2, 1], [4, -1]], [[0, 3], [1, 4]]]);",
    fields: { strips: "The strips.", radii: "Radii of the lines; default: 1.5 ui points." },
  },
  LineStrips3D: {
    doc: "Line strips in 3D; a segment is a strip of two points.",
    example: 'LineStrips3D([new Float32Array([0, 0, 0, 1, 0, 0, 1, 1, 0])], { colors: "orange" });',
    fields: { strips: "The strips.", radii: "Radii of the lines; default: 1.5 ui points." },
  },
  McapChannel: {
    doc: "A channel of an MCAP file.",
    fields: {
      id: "Id within the file.",
      topic: "Topic of the channel.",
      messageEncoding: "Encoding of its messages.",
      metadata: "Metadata of the channel.",
    },
  },
  McapMessage: {
    doc: "A message of an MCAP file that nothing decoded.",
    fields: { data: "The message." },
  },
  McapSchema: {
    doc: "A schema of an MCAP file.",
    fields: {
      id: "Id within the file.",
      name: "Name of the schema.",
      encoding: "Encoding of the schema.",
      data: "The schema.",
    },
  },
  McapStatistics: {
    doc: "Statistics of an MCAP file.",
    fields: {
      messageCount: "Number of messages.",
      schemaCount: "Number of schemas.",
      channelCount: "Number of channels.",
      attachmentCount: "Number of attachments.",
      metadataCount: "Number of metadata records.",
      chunkCount: "Number of chunks.",
      messageStartTime: "Time of the first message.",
      messageEndTime: "Time of the last message.",
      channelMessageCounts: "Messages in each channel.",
    },
  },
  Mesh3D: {
    doc: "A triangle mesh.",
    more: "Without `triangleIndices` every three vertices form a triangle.",
    example:
      'Mesh3D([[0, 0, 0], [1, 0, 0], [0, 1, 0]], { vertexColors: ["red", "green", "blue"] });',
    fields: {
      vertexPositions: "Positions of the vertices.",
      triangleIndices: "Three vertices for each triangle.",
      vertexNormals: "Normals of the vertices.",
      vertexColors: "Colours of the vertices.",
      vertexTexcoords: "Texture coordinates of the vertices.",
      faceRendering: "Which sides are drawn.",
      albedoTextureBuffer: "Pixels of the texture.",
      albedoTextureFormat: "Size and layout of the texture.",
      classIds: "Classes of the vertices.",
    },
  },
  Pinhole: {
    doc: "A camera without lens distortion: projects 3D onto the image plane of this entity.",
    more: "Give a matrix, a focal length in pixels, or a field of view with an aspect ratio.",
    example: "Pinhole({ focalLength: 500, width: 640, height: 480 });",
    fields: {
      imageFromCamera: "Projection from camera to pixel coordinates.",
      resolution: "Size of the image plane.",
      cameraXyz: "Where the axes of the camera point; default: `ViewCoordinates.RDF`.",
      imagePlaneDistance: "Where the image is shown in 3D.",
      color: "Colour of the frustum.",
      lineWidth: "Line width of the frustum.",
    },
  },
  Points2D: {
    doc: "Points in 2D.",
    example: "Points2D([[0, 0], [1, 1]], { colors: [[255, 0, 0], [0, 255, 0]], radii: 0.1 });",
  },
  Points3D: {
    doc: "Points in 3D.",
    example: 'rec.log("world/points", Points3D(xyz, { colors, radii: 0.1 }));',
  },
  RecordingInfo: {
    doc: "Properties of a whole recording.",
    fields: { startTime: "When the recording began.", name: "Name of the recording." },
  },
  Scalars: {
    doc: "Numbers for a plot over time; several numbers are several series.",
    more: "Cannot be static. Style: {@link SeriesLines} or {@link SeriesPoints} on the same entity.",
    example: 'rec.log("loss", Scalars(0.5));',
    fields: { scalars: "One number, or one for each series." },
  },
  SegmentationImage: {
    doc: "An image of class ids, which get labels and colours by the annotation context.",
    more: "One channel of integers; its type follows from the typed array.",
    fields: { buffer: "The class ids." },
  },
  SeriesLines: {
    doc: "How scalars are drawn as lines; usually static, on the entity of the scalars.",
    more: "Arrays run over the series.",
    example: 'rec.log("loss", SeriesLines({ names: "loss", colors: "red" }), { static: true });',
    fields: { widths: "Line widths; default: 0.75.", interpolationMode: "How values are joined." },
  },
  SeriesPoints: {
    doc: "How scalars are drawn as points; usually static, on the entity of the scalars.",
    more: "Arrays run over the series. Called without anything it shows circles.",
    fields: { markers: "Shapes.", markerSizes: "Sizes; default: 3." },
  },
  StateChange: {
    doc: "The state of something from now on, shown as a band over time.",
    fields: { state: "The state; an empty text is a gap." },
  },
  StateConfiguration: {
    doc: "How states are shown: four arrays side by side; usually static.",
    fields: {
      values: "The states.",
      labels: "Their labels.",
      colors: "Their colours.",
      visible: "Whether they are shown.",
    },
  },
  Tensor: {
    doc: "An array of any number of dimensions.",
    example:
      'Tensor({ data: new Float32Array(24), shape: [2, 3, 4], names: ["batch", "row", "column"] });',
    fields: {
      data: "The elements.",
      valueRange: "Values that the colours span; default: estimated.",
    },
  },
  TextDocument: {
    doc: "A text shown as it is, or as Markdown.",
    example: 'TextDocument("# Title", { mediaType: MediaType.MARKDOWN });',
    fields: { text: "The text.", mediaType: "`text/plain` (default) or `text/markdown`." },
  },
  TextLog: {
    doc: "One entry of a text log.",
    example: 'TextLog("battery low", { level: TextLogLevel.WARN });',
    fields: { text: "The message.", level: "How grave it is.", color: "Colour of the entry." },
  },
  Transform3D: {
    doc: "A transform between an entity and its parent.",
    more: "Parts apply in reverse order: matrix first, translation last. Each call replaces the transform as a whole.",
    example:
      "Transform3D({ translation: [1, 2, 3], rotation: { axis: [0, 0, 1], degrees: 45 }, scale: 2 });",
    fields: {
      scale: "Scale.",
      mat3x3: "3×3 matrix.",
      relation: "Which way the transform goes.",
    },
  },
  TransformAxes3D: {
    doc: "Shows the coordinate axes of an entity.",
    fields: {
      axisLength: "Length of the axes.",
      showFrame: "Whether the name of the frame is shown.",
    },
  },
  VideoFrameReference: {
    doc: "One frame of a video that was logged as {@link AssetVideo}.",
    fields: {
      timestamp: "Which frame.",
      videoReference: "Entity with the video; default: this entity. Usually sent once.",
    },
  },
  VideoStream: {
    doc: "A video, one encoded frame at a time; the time of the row is the time of presentation.",
    more: "No B-frames. The codec is normally logged once, static; samples never are.",
    fields: {
      codec: "Codec of the samples.",
      sample: "One frame.",
      isKeyframe: "Whether the frame can be decoded by itself.",
    },
  },
  ViewCoordinates: {
    doc: "Where x, y and z point, for an entity and what is below it.",
    more: "Usually static. `ViewCoordinates.RDF` is x right, y down, z forward; so for all 48 codes.",
    example: 'rec.log("world", ViewCoordinates.RIGHT_HAND_Z_UP, { static: true });',
    fields: { xyz: "Directions of the axes." },
  },
};
