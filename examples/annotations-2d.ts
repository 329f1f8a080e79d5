/**
 * Boxes, ellipses, arrows and points over a photo, named and coloured by an annotation context: a tracker that smooths
 * noisy measurements with `scan`.
 *
 *     npm run example -- annotations-2d
 */
import {
  AnnotationContext,
  Arrows2D,
  Boxes2D,
  Ellipses2D,
  Points2D,
  Scalars,
  SeriesLines,
} from "rerun-rx";
import { Blueprint, Horizontal, Spatial2DView, TimeSeriesView } from "rerun-rx/blueprint";
import { encodedImageFile, scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { lastValueFrom, map, range, scan, tap } from "rxjs";
import { BOXES, CONNECTIONS, LANDMARKS, PHOTO, type Point } from "./data/mandrill.ts";
import { randoms } from "./data/randoms.ts";

const [EYE, SNOUT, FACE] = [1, 2, 3];
const LABELS = LANDMARKS.map(({ label }) => label);
const keypoints = { classIds: FACE, keypointIds: LABELS.map((_, id) => id), radii: 6 };

const { rec, end } = await scriptSetup("rerun_example_annotations_2d", {
  description: "A tracker over a photo.",
  defaultBlueprint: Blueprint(
    Horizontal(
      Spatial2DView({ origin: "photo", name: "Tracker" }),
      TimeSeriesView({ origin: "error", name: "Error in pixels" }),
      { columnShares: [3, 2] },
    ),
    { collapsePanels: true },
  ),
});

rec.setTime("frame", { sequence: 0 });
rec.log("photo", encodedImageFile(PHOTO));
const face = {
  info: [FACE, "face", "#4affd0"],
  keypointAnnotations: LABELS.map((label, id) => ({ id, label, color: "#4affd0" })),
  keypointConnections: CONNECTIONS,
} as const;
const context = AnnotationContext([[EYE, "eye", "#ffd84a"], [SNOUT, "snout", "#ff5a4a"], face]);
rec.log("photo", context, { static: true });
const array = [BOXES.leftEye, BOXES.rightEye, BOXES.snout];
const boxes = Boxes2D({ array, arrayFormat: "XYWH", classIds: [EYE, EYE, SNOUT] });
rec.log("photo/boxes", boxes, { static: true });
rec.log("error", SeriesLines({ names: LABELS }), { static: true });

const random = randoms(7);
const noise = (): number => 9 * random.normal();
const estimates$ = range(0, 80).pipe(
  tap((frame) => rec.setTime("frame", { sequence: frame })),
  map(() => LANDMARKS.map(({ at: [x, y] }): Point => [x + noise(), y + noise()])),
  logTo(rec, "photo/measured", (points) => Points2D(points, { colors: "white", radii: 2.5 })),
  // Each estimate moves a sixth of the way towards its measurement.
  scan((old, now) =>
    old.map(([x, y], i): Point => [x + (now[i]![0] - x) / 6, y + (now[i]![1] - y) / 6]),
  ),
  logTo(rec, "photo/tracked", (points) => Points2D(points, keypoints)),
);
const minus = ([a, b]: Point, [c, d]: Point): Point => [a - c, b - d];
const errors$ = estimates$.pipe(
  map((points) => {
    const vectors = points.map((point, i) => minus(LANDMARKS[i]!.at, point));
    const lengths = vectors.map((vector) => Math.hypot(...vector));
    return { points, vectors, lengths, radii: lengths.flatMap((length) => [length, length]) };
  }),
  logTo(rec, "photo/error", (e) => Arrows2D(e.vectors, { origins: e.points, colors: "orange" })),
  logTo(rec, "photo/circle", (e) => Ellipses2D(e.radii, { centers: e.points, colors: "orange" })),
  logTo(rec, "error", ({ lengths }) => Scalars(lengths)),
);
await lastValueFrom(errors$);
await end();
