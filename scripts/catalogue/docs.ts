/** Documentation of an archetype: what it is for, and what is special about its fields. */
export interface ArchetypeDocs {
  /** First line, one sentence. */
  readonly doc: string;
  /** More, if needed. */
  readonly more?: string;
  /** A call that shows the common use. */
  readonly example?: string;
  /** By option name, where {@link fieldDocs} does not say it well. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** What a field means, by option name, wherever an archetype has nothing better to say. */
export const fieldDocs: Readonly<Record<string, string>> = {
  albedoFactor: "Colour that multiplies the surface colour.",
  aggregationPolicy: "How several values that fall on one pixel are joined; default: `MinMax`.",
  blob: "The content of the file.",
  centers: "Centres; default: the origin.",
  childFrame: "Name of the frame that is transformed; default: the frame of the entity.",
  classIds: "Classes, which give labels and colours by the annotation context.",
  color: "Colour.",
  colormap: "Colours for the values; default: `Turbo`.",
  colors: "Colours; default: by the class, else one for the entity.",
  depthRange:
    "Depths that the colour map spans, in the image's units; default: estimated from the image.",

  fillMode: "Wires, solid or both; default: wires and a surface to see through.",
  format: "Size and layout of the bytes.",
  keypointIds:
    "Keypoints within the class, which give labels and colours by the annotation context.",
  labels: "Texts shown at the instances; a single label is shown at their centre.",
  lineRadii: "Radii of the wires; default: 0.5 ui points.",
  magnificationFilter:
    "How pixels are joined where one fills several on the screen; default: nearest.",
  mediaType: "Media type of the content.",
  meter: "Units of a depth value in one metre; default: 1 for floats, 1000 for integers.",
  names: "Names in the legend; default: from the entity path.",
  opacity: "From 0 (transparent) to 1 (opaque); default: 1.",
  parentFrame:
    "Name of the frame that is transformed into; default: the frame of the parent entity.",
  pointFillRatio: "Scale of the points in 3D; 1.0 touches the neighbours, which is the default.",
  positions: "Positions.",
  quaternion: "Rotation as a quaternion.",
  quaternions: "Rotations as quaternions.",
  radii: "Radii; default: 1.5 ui points.",
  rotationAxisAngle: "Rotation about an axis.",
  rotationAxisAngles: "Rotations about an axis.",
  showLabels:
    "Whether labels are shown; default: when there is exactly one, or fewer than 30 instances.",
  translation: "Translation.",
  translations: "Translations.",
  visibleSeries: "Which of the series are shown; default: all.",
};

/** Where the viewer draws an archetype in 2D unless told. */
export const drawOrders: Readonly<Record<string, number>> = {
  Arrows2D: 20,
  Boxes2D: 10,
  DepthImage: -20,
  Ellipses2D: 10,
  EncodedDepthImage: -20,
  EncodedImage: -10,
  GridMap: -10,
  Image: -10,
  LineStrips2D: 20,
  Points2D: 20,
  SegmentationImage: 0,
  VideoFrameReference: -15,
  VideoStream: -15,
};

/** Form of the values by component type: shape, layout, element type, unit. */
export const componentDocs: Readonly<Record<string, string>> = {
  AggregationPolicy: "One {@link AggregationPolicy} (`uint8`).",
  AlbedoFactor: "One colour, see {@link ColorInput} (`uint32`).",
  AnnotationContext: "Classes in short or in full, see {@link AnnotationContextInput}.",
  AxisLength: "One length in scene units (`float32`).",
  Blob: "Bytes, referenced and not copied (`list<uint8>`).",
  CellSize: "Width and height of a cell in scene units (`float32`).",
  ChannelId: "A whole number (`uint16`).",
  ChannelMessageCounts: "Number of messages by channel id.",
  ClassId: "Whole numbers from 0 to 65535 (`uint16`).",
  ClearIsRecursive: "`true` or `false`.",
  Color: "See {@link ColorInput} for all forms (`uint32`, `0xRRGGBBAA`).",
  Colormap: "One {@link Colormap} (`uint8`).",
  Count: "A whole number (`uint64`).",
  DepthMeter: "One number (`float32`).",
  DrawOrder: "One number (`float32`).",
  EntityPath: "An entity path (`utf8`).",
  FillMode: "One {@link FillMode} (`uint8`).",
  FillRatio: "One number (`float32`).",
  GeoLineString: "`(n, 2)` for each line, latitude and longitude in degrees (`float64`).",
  GraphEdge: "Pairs of node ids (struct of two `utf8`).",
  GraphNode: "Texts (`utf8`).",
  GraphType: "One {@link GraphType} (`uint8`).",
  HalfSize2D: "`(n, 2)`, x y, in scene units (`float32`).",
  HalfSize3D: "`(n, 3)`, x y z, in scene units (`float32`).",
  ImageBuffer: "Bytes, row by row, referenced and not copied (`list<uint8>`).",
  ImageFormat: "See {@link ImageFormat}.",
  ImagePlaneDistance: "One distance in scene units (`float32`).",
  InterpolationMode: "One {@link InterpolationMode} (`uint8`).",
  IsKeyframe: "`true` or `false`.",
  KeyValuePairs: "Texts by name.",
  KeypointId: "Whole numbers from 0 to 65535 (`uint16`).",
  LatLon:
    "`(n, 2)`, latitude (north positive) and longitude (east positive) in degrees (`float64`).",
  Length: "In scene units (`float32`).",
  LineStrip2D: "`(n, 2)` for each strip, x y, in scene units (`float32`).",
  LineStrip3D: "`(n, 3)` for each strip, x y z, in scene units (`float32`).",
  MagnificationFilter: "One {@link MagnificationFilter} (`uint8`).",
  MarkerShape: "Of {@link MarkerShape} (`uint8`).",
  MarkerSize: "In ui points, as radius (`float32`).",
  MediaType: "A media type such as `image/png` (`utf8`).",
  MeshFaceRendering: "One {@link MeshFaceRendering} (`uint8`).",
  Name: "Text (`utf8`).",
  Opacity: "One number (`float32`).",
  PinholeProjection: "3×3, given by rows, stored by columns (`float32`).",
  Position2D: "`(n, 2)`, x y, in scene units (`float32`).",
  Position3D: "`(n, 3)`, x y z, in scene units (`float32`).",
  Radius: "Scene units, or ui points where negative, see {@link Radius} (`float32`).",
  Resolution: "Width and height in pixels (`float32`).",
  RotationAxisAngle: "Axis and angle, see {@link AxisAngle}.",
  RotationQuat: "`(n, 4)`, x y z w (`float32`).",
  Scalar: "`(n)`, numbers (`float64`).",
  Scale3D: "A factor, or one for each of x y z (`float32`).",
  SchemaId: "A whole number (`uint16`).",
  ShowLabels: "`true` or `false`.",
  StrokeWidth: "In ui points (`float32`).",
  TensorData: "A tensor, see {@link TensorInput}; typed arrays are referenced and not copied.",
  Texcoord2D: "`(n, 2)`, u v, from 0 to 1, origin at the top left (`float32`).",
  Text: "Text (`utf8`).",
  TextLogLevel: "A level such as `TextLogLevel.WARN`; other texts are allowed (`utf8`).",
  Timestamp: "Nanoseconds since 1970, or a `Date` (`int64`).",
  TransformFrameId: "A name that is not empty (`utf8`).",
  TransformMat3x3: "3×3, given by rows, stored by columns (`float32`).",
  TransformRelation: "One {@link TransformRelation} (`uint8`).",
  Translation3D: "`(n, 3)`, x y z, in scene units (`float32`).",
  TriangleIndices: "`(n, 3)`, indices of vertices (`uint32`).",
  ValueRange: "Smallest and largest value (`float64`).",
  Vector2D: "`(n, 2)`, x y (`float32`).",
  Vector3D: "`(n, 3)`, x y z (`float32`).",
  VideoCodec: "One {@link VideoCodec} (`uint32`).",
  VideoSample: "Bytes of one frame, referenced and not copied (`list<uint8>`).",
  VideoTimestamp: "Nanoseconds from the start of the video (`int64`).",
  ViewCoordinates: "See {@link ViewCoordinatesInput} (3 × `uint8`).",
  Visible: "`true` or `false`.",
};

/** Enumerations: what they are for, and members that need a word. */
export const enumDocs: Readonly<
  Record<string, { readonly doc: string; readonly members?: Readonly<Record<string, string>> }>
> = {
  AggregationPolicy: {
    doc: "How a plot joins several values that fall on one pixel.",
    members: {
      Off: "No joining.",
      MinMax: "Both extremes, so that spikes stay visible.",
      MinMaxAverage: "The average of smallest and largest.",
    },
  },
  ChannelDatatype: { doc: "Type of one channel value of a pixel." },
  ColorModel: {
    doc: "Number and order of the channels of a pixel.",
    members: { L: "One channel, grey." },
  },
  Colormap: { doc: "Maps a number to a colour." },
  FillMode: {
    doc: "How the surface of a shape is shown.",
    members: {
      MajorWireframe: "Only the wires that show the shape.",
      DenseWireframe: "Many wires.",
      Solid: "A closed surface.",
      TransparentFillMajorWireframe: "The main wires, and a surface to see through.",
    },
  },
  GraphType: { doc: "Whether the edges of a graph have a direction." },
  InterpolationMode: {
    doc: "How a plot joins one value to the next.",
    members: {
      Linear: "A straight line.",
      StepAfter: "Keeps the value until the next one.",
      StepBefore: "Jumps to the next value at once.",
      StepMid: "Jumps half way.",
    },
  },
  MagnificationFilter: { doc: "How pixels are joined where one fills several on the screen." },
  MarkerShape: { doc: "Shape of the points in a plot." },
  MeshFaceRendering: { doc: "Which sides of the triangles of a mesh are drawn." },
  PixelFormat: {
    doc: "Pixel layouts with subsampled colour. Limited range is 16 to 235 (luma), full range 0 to 255.",
    members: {
      Y_U_V12_LimitedRange:
        "Three planes, U and V at half width and half height; 1.5 bytes per pixel.",
      Y_U_V12_FullRange:
        "Three planes, U and V at half width and half height; 1.5 bytes per pixel.",
      Y_U_V16_LimitedRange: "Three planes, U and V at half width; 2 bytes per pixel.",
      Y_U_V16_FullRange: "Three planes, U and V at half width; 2 bytes per pixel.",
      Y_U_V24_LimitedRange: "Three full planes; 3 bytes per pixel.",
      Y_U_V24_FullRange: "Three full planes; 3 bytes per pixel.",
      Y8_LimitedRange: "Luma only; 1 byte per pixel.",
      Y8_FullRange: "Luma only; 1 byte per pixel.",
      NV12: "Y plane, then U and V in turn at half size; limited range; 1.5 bytes per pixel.",
      YUY2: "Y0 U Y1 V in turn; limited range; 2 bytes per pixel.",
    },
  },
  TransformRelation: {
    doc: "Which way a transform goes.",
    members: {
      ParentFromChild: "Takes points of the child into the parent: the pose of the child.",
      ChildFromParent: "Takes points of the parent into the child.",
    },
  },
  VideoCodec: {
    doc: "Codec of a video stream; the number is its four-character code.",
    members: {
      H264: "Annex B, parameter sets in every key frame.",
      H265: "Annex B, parameter sets in every key frame.",
      AV1: "Low-overhead OBUs, a sequence header before every key frame.",
    },
  },
};
