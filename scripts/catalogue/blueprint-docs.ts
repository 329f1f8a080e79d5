import type { ArchetypeDocs } from "./docs.ts";

const enabled = "Whether the force acts.";
const strength = "How strong the force is.";
const iterations = "How often the force is applied in each step; more is better and takes longer.";
const panelState = "How much of the panel is shown.";
const monospace = "Whether letters are of one width; default: no.";
const zoomLock = "Whether the range stays as it is when the view is zoomed.";
const visiblePart = "Whether it is shown; default: yes.";

/** Archetypes of blueprints by short name; each one of the catalogue has an entry. */
export const blueprintDocs: Readonly<Record<string, ArchetypeDocs>> = {
  ActiveVisualizers: {
    doc: "Which visualizers show an entity in a view; written for the overrides of a view.",
    fields: { instructionIds: "Ids of the instructions below this entity." },
  },
  Background: {
    doc: "Background of a 2D or 3D view: a colour, or a gradient.",
    example: 'Background("steelblue");\nBackground({ kind: "GradientBright" });',
    fields: {
      kind: "Default: `SolidColor` where a colour is given, else `GradientDark`.",
      color: "Colour for `SolidColor`; default: white.",
    },
  },
  ContainerBlueprint: {
    doc: "A container as it is stored; use `Horizontal`, `Vertical`, `Grid` or `Tabs`.",
    fields: {
      containerKind: "How the parts are laid out.",
      displayName: "Name of the container.",
      contents: "The parts.",
      colShares: "Shares of the width.",
      rowShares: "Shares of the height.",
      activeTab: "The tab in front.",
      visible: visiblePart,
      gridColumns: "Number of columns; default: chosen by the viewer.",
    },
  },
  DataframeQuery: {
    doc: "Which rows and columns a dataframe view shows.",
    example:
      'DataframeQuery({ timeline: "t", select: ["t", "/plots/loss:Scalars:scalars"], autoScroll: true });',
    fields: {
      timeline: "Timeline of the rows; default: the active one.",
      filterByRange: "Only rows within these times.",
      filterIsNotNull: "Only rows in which this component was logged.",
      applyLatestAt: "Whether empty cells get the latest value before them; default: no.",
      select: "Columns; default: all.",
      entityOrder: "Order of the entities; those that are not named come last.",
      autoScroll: "Whether the view follows the time cursor; default: no.",
    },
  },
  EntityBehavior: {
    doc: "Whether an entity is shown and can be picked, for the overrides of a view.",
    more: "Holds for everything below the entity, until an entity there says otherwise.",
    example: 'Spatial2DView({ overrides: { "world/roads": EntityBehavior({ visible: false }) } });',
    fields: {
      interactive: "Whether the entity can be picked; default: as its parent, else yes.",
      visible: "Whether the entity is shown; default: as its parent, else yes.",
    },
  },
  EyeControls3D: {
    doc: "The eye of a 3D view: where it is, what it looks at, how it moves.",
    example: "EyeControls3D({ position: [4, 4, 2], lookTarget: [0, 0, 0], spinSpeed: 0.2 });",
    fields: {
      kind: "How it is moved; default: `Orbital`.",
      position: "Where it is.",
      lookTarget: "What it looks at, and turns about if `Orbital`; default: centre of the scene.",
      eyeUp: "What is up for the eye; default: as for the scene.",
      speed: "Speed when moved by keys; default: by the size of the scene.",
      trackingEntity: "Entity that it follows; the pose of a camera is taken over.",
      spinSpeed: "Speed of turning about its up axis; default: 0.",
    },
  },
  ForceCenter: {
    doc: "Pulls the middle of a graph to the origin.",
    fields: { enabled, strength },
  },
  ForceCollisionRadius: {
    doc: "Keeps the nodes of a graph from overlapping.",
    fields: { enabled, strength, iterations },
  },
  ForceLink: {
    doc: "Brings nodes that an edge joins to a distance.",
    fields: { enabled, distance: "The distance.", iterations },
  },
  ForceManyBody: {
    doc: "Pushes the nodes of a graph apart, or pulls them together.",
    fields: { enabled, strength: "Negative pushes, positive pulls." },
  },
  ForcePosition: {
    doc: "Pulls the nodes of a graph to a place.",
    fields: { enabled, strength, position: "The place." },
  },
  GraphBackground: {
    doc: "Background of a graph view.",
    fields: { color: "Colour." },
  },
  LineGrid3D: {
    doc: "The grid of a 3D view.",
    example: "LineGrid3D(false);\nLineGrid3D({ spacing: 0.1, plane: Plane3D.XY });",
    fields: {
      visible: "Whether it is shown; default: yes.",
      spacing: "Distance of its lines; from afar only every tenth is shown.",
      plane: "Where it lies; default: at 0, across the up axis of the scene.",
      strokeWidth: "Width of the lines; default: 1.",
      color: "Colour; default: a light grey to see through.",
    },
  },
  MapBackground: {
    doc: "The tiles of a map view.",
    fields: { provider: "Where they come from; default: `OpenStreetMap`." },
  },
  MapZoom: {
    doc: "The zoom of a map view.",
    fields: { zoom: "Level of zoom." },
  },
  NearClipPlane: {
    doc: "Distance from the eye before which nothing is shown.",
    fields: { nearClipPlane: "The distance." },
  },
  PanelBlueprint: {
    doc: "A panel as it is stored; use `TopPanel`, `BlueprintPanel` or `SelectionPanel`.",
    fields: { state: panelState },
  },
  PlotBackground: {
    doc: "Background of a plot.",
    fields: { color: "Colour.", showGrid: "Whether the grid is shown." },
  },
  PlotLegend: {
    doc: "Legend of a plot.",
    example: 'PlotLegend("LeftTop");\nPlotLegend({ visible: false });',
    fields: {
      corner: "Where it is; default: `RightBottom`.",
      visible: "Whether it is shown; default: yes.",
    },
  },
  ScalarAxis: {
    doc: "The vertical axis of a plot.",
    example: "ScalarAxis({ range: [-1, 1], zoomLock: true });",
    fields: { range: "What it spans; default: the data.", zoomLock },
  },
  SpatialInformation: {
    doc: "What a 3D view shows beside the data.",
    fields: {
      targetFrame: "The frame that everything is shown in; default: the one of the origin.",
      showAxes: "Whether axes are shown at the origin.",
      showBoundingBox: "Whether the bounding box of the data is shown.",
    },
  },
  TableBlueprint: {
    doc: "How a table is shown.",
    fields: {
      segmentPreviewColumn: "Column of recordings that are shown as previews.",
      flagColumn: "Column of booleans that can be switched.",
      gridViewCardTitle: "Column with the titles of cards; default: the first one with texts.",
      urlColumn: "Column with what a click on a card opens.",
    },
  },
  TensorScalarMapping: {
    doc: "How the values of a tensor become colours.",
    fields: {
      magFilter: "How values are joined where one fills several pixels of the screen.",
      colormap: "Colours for the values.",
      gamma: "Exponent on values between 0 and 1 before they become colours; default: 1.",
    },
  },
  TensorSliceSelection: {
    doc: "Which two dimensions of a tensor are shown, and where the others are cut.",
    example:
      "TensorSliceSelection({ width: 2, height: { dimension: 1, invert: true }, indices: [{ dimension: 0, index: 5 }] });",
    fields: {
      width: "Dimension that runs to the right; default: by its name.",
      height: "Dimension that runs down; default: by its name.",
      indices: "Where the other dimensions are cut.",
      slider: "Dimensions with a slider; default: those of `indices`.",
    },
  },
  TensorViewFit: {
    doc: "How a slice of a tensor is fitted into its view.",
    fields: { scaling: "How it is fitted." },
  },
  TextDocumentFormat: {
    doc: "How plain text is shown; Markdown is not changed.",
    fields: { monospace, wordWrap: "Whether long lines are broken; default: yes." },
  },
  TextLogColumns: {
    doc: "Which columns a text log has.",
    example: 'TextLogColumns({ timelineColumns: "time", textLogColumns: ["LogLevel", "Body"] });',
    fields: {
      timelineColumns: "Timelines; default: the active one.",
      textLogColumns: "The others; default: all.",
    },
  },
  TextLogFormat: {
    doc: "How the messages of a text log are shown.",
    fields: { monospaceBody: monospace },
  },
  TextLogRows: {
    doc: "Which entries a text log shows.",
    fields: { filterByLogLevel: "Levels; default: all." },
  },
  TimeAxis: {
    doc: "The horizontal axis of a plot over time.",
    fields: {
      link: "Whether it moves together with those of other plots; `viewRange` is then ignored.",
      viewRange: "What it spans.",
      zoomLock,
    },
  },
  TimePanelBlueprint: {
    doc: "The time panel as it is stored; use `TimePanel`.",
    fields: {
      state: panelState,
      timeline: "The active timeline.",
      playbackSpeed: "Speed of playing; default: 1.",
      fps: "Steps in a second when a sequence is played.",
      playState: "How the time cursor moves; default: by where the data comes from.",
      loopMode: "What is played again and again; default: `Off`.",
      timeSelection: 'The selected times, for `loopMode: "Selection"`.',
    },
  },
  ViewBlueprint: {
    doc: "A view as it is stored; use `Spatial3DView` and the like.",
    fields: {
      classIdentifier: "Kind of the view.",
      displayName: "Name of the view.",
      spaceOrigin: "Entity at whose place the view has its origin; default: `/`.",
      visible: visiblePart,
    },
  },
  ViewContents: {
    doc: "Which entities a view has, as it is stored; use `contents` of the view.",
    fields: { query: "The most specific rule wins." },
  },
  ViewportBlueprint: {
    doc: "The viewport as it is stored; use `Blueprint`.",
    fields: {
      rootContainer: "The container with everything in it.",
      maximized: "The view that is shown alone.",
      autoLayout: "Whether the viewer lays out anew when a view is added.",
      autoViews: "Whether the viewer adds views for new data.",
      pastViewerRecommendations: "Views that the viewer has added before.",
    },
  },
  VisibleTimeRanges: {
    doc: "Which times a view shows, for each timeline.",
    more: "Without it plots show everything, and all others the latest data before the time cursor. Also for single entities, in the overrides of a view.",
    example:
      'VisibleTimeRanges({\n  timeline: "time",\n  start: TimeRangeBoundary.cursorRelative({ duration: -5 }),\n  end: TimeRangeBoundary.cursorRelative(),\n});',
    fields: { ranges: "The times, each timeline once." },
  },
  VisualBounds2D: {
    doc: "What a 2D view shows at least.",
    example: "VisualBounds2D({ xRange: [-5, 5], yRange: [-5, 5] });",
    fields: { range: "Two ranges." },
  },
  VisualizerInstruction: {
    doc: "One visualizer of an entity, as it is stored; use `Visualizer`.",
    fields: {
      visualizerType: "Name of the visualizer.",
      componentMap: "Where it finds its components.",
    },
  },
};

/** Views by short name. */
export const viewDocs: Readonly<Record<string, ArchetypeDocs>> = {
  BarChartView: {
    doc: "Bar charts.",
    fields: { plotLegend: "The legend.", background: "The background." },
  },
  DataframeView: {
    doc: "Any data as a table.",
    fields: { query: "Rows and columns." },
  },
  GraphView: {
    doc: "Graphs of nodes and edges.",
    fields: {
      background: "The background.",
      visualBounds: "What is shown at least.",
      forceLink: "Brings joined nodes to a distance.",
      forceManyBody: "Pushes nodes apart, or pulls them together.",
      forcePosition: "Pulls nodes to a place.",
      forceCollisionRadius: "Keeps nodes from overlapping.",
      forceCenter: "Pulls the graph to the origin.",
    },
  },
  MapView: {
    doc: "Points and lines on a map.",
    example: 'MapView({ origin: "gps", zoom: 16, background: "OpenStreetMap" });',
    fields: { zoom: "Level of zoom.", background: "The tiles." },
  },
  Spatial2DView: {
    doc: "Images, points, boxes and lines in 2D.",
    example: 'Spatial2DView({ origin: "camera/image", name: "Camera", background: "black" });',
    fields: {
      background: "The background.",
      visualBounds: "What is shown at least; default: the data.",
      timeRanges: "The times that are shown; default: the latest data.",
    },
  },
  Spatial3DView: {
    doc: "A scene in 3D.",
    example:
      'Spatial3DView({ origin: "world", contents: ["+ $origin/**", "- $origin/debug/**"], lineGrid: false });',
    fields: {
      background: "The background.",
      lineGrid: "The grid.",
      spatialInformation: "Axes, bounding box, frame.",
      eyeControls: "The eye.",
      timeRanges: "The times that are shown; default: the latest data.",
    },
  },
  StateTimelineView: { doc: "States as bands over time." },
  TensorView: {
    doc: "A slice of a tensor.",
    fields: {
      sliceSelection: "Which slice.",
      scalarMapping: "How values become colours.",
      viewFit: "How it is fitted into the view.",
    },
  },
  TextDocumentView: {
    doc: "One text, or Markdown.",
    fields: { formatOptions: "Fonts and line breaks." },
  },
  TextLogView: {
    doc: "Log entries as a list.",
    fields: {
      columns: "The columns.",
      rows: "The entries.",
      formatOptions: "Fonts.",
    },
  },
  TimeSeriesView: {
    doc: "Scalars as a plot over time.",
    example:
      'TimeSeriesView({ origin: "plots", axisY: { range: [0, 1] }, plotLegend: "LeftTop" });',
    fields: {
      axisX: "The horizontal axis.",
      axisY: "The vertical axis.",
      plotLegend: "The legend.",
      background: "The background.",
      timeRanges: "The times that are shown; default: all.",
    },
  },
};
