import {
  Blueprint,
  Grid,
  Horizontal,
  Spatial3DView,
  TextDocumentView,
  TextLogView,
  TimePanel,
  TimeRangeBoundary,
  TimeSeriesView,
  Vertical,
  type View,
} from "rerun-rx/blueprint";

/** How much of the past the plots show, in seconds. */
const WINDOW_S = 30;

/** What viewers show at first: the scan, a plot of each kind of reading, and what happens. */
export function layout(platform: NodeJS.Platform = process.platform): Blueprint {
  const { cursorRelative } = TimeRangeBoundary;
  const axisX = {
    viewRange: { start: cursorRelative({ duration: -WINDOW_S }), end: cursorRelative() },
  };
  const plot = (origin: string, name: string, range?: readonly [number, number]): View =>
    TimeSeriesView({ origin, name, axisX, ...(range && { axisY: { range } }) });
  const plots = [
    plot("cpu", "Load of each core", [0, 105]),
    plot("memory", "Memory"),
    plot("event_loop", "Delay of the event loop"),
    plot("process", "This process"),
    // Read on Linux only.
    ...(platform === "linux" ? [plot("network", "Network"), plot("disk", "Disks")] : []),
  ];
  const columns = { textLogColumns: ["LogLevel", "Body"] } as const;
  const scan = Spatial3DView({
    origin: "scan",
    name: "Scan",
    eyeControls: { position: [0.4, -1.5, 0.5], lookTarget: [0, 0, 0] },
  });
  return Blueprint(
    Vertical(
      Horizontal(scan, Grid(plots, { gridColumns: 2 }), { columnShares: [2, 3] }),
      Horizontal(
        TextDocumentView({ origin: "about", name: "About" }),
        TextLogView({ origin: "log", name: "Events", columns }),
        { columnShares: [2, 3] },
      ),
      { rowShares: [3, 1] },
    ),
    TimePanel({ timeline: "elapsed", state: "Collapsed" }),
    { collapsePanels: true },
  );
}
