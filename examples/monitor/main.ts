/**
 * Shows live what this computer does: load, memory, event loop, network, disks and processes, all really read, and
 * a 3D scan that turns meanwhile.
 *
 *     npm start
 *     npm start -- --save monitor.rrd --duration 5
 *     npm start -- --serve --save monitor.rrd
 */
import { arch, cpus, type as osName, release, totalmem } from "node:os";
import {
  Clear,
  Mesh3D,
  Points3D,
  type RecordingStream,
  Scalars,
  SeriesLines,
  TextDocument,
  TextLog,
  Transform3D,
  ViewCoordinates,
} from "rerun-rx";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import {
  connect,
  distinct,
  fromEvent,
  ignoreElements,
  lastValueFrom,
  type MonoTypeOperatorFunction,
  merge,
  NEVER,
  type Observable,
  Subject,
  takeUntil,
  tap,
  timer,
} from "rxjs";
import { withDuration } from "./flags.ts";
import { layout } from "./layout.ts";
import type { LogEntry } from "./log-entry.ts";
import { measurements$ } from "./measurements.ts";
import { processEvents$ } from "./readings.ts";
import { scan$, scannedMesh, turntable$ } from "./scan.ts";

const WHITE = 0xffffffff;
const START_MS = performance.now();

/** Sets the time of what is logged next, counted from the start, for each value that flows by. */
function stampElapsed<T>(rec: RecordingStream): MonoTypeOperatorFunction<T> {
  return tap(() => rec.setTime("elapsed", { duration: (performance.now() - START_MS) / 1000 }));
}

/** Logs each measurement as one point of each line of its plot, and once what the lines are called. */
function plots$(rec: RecordingStream, notes: Subject<LogEntry>): Observable<unknown> {
  return measurements$(notes).pipe(
    stampElapsed(rec),
    connect((all$) =>
      merge(
        all$.pipe(
          distinct(({ path, labels }) => [...path, ...labels].join("/")),
          tap(({ path, labels }) =>
            rec.log(path, SeriesLines({ names: labels }), { static: true }),
          ),
        ),
        all$.pipe(
          logTo(
            rec,
            ({ path }) => path,
            ({ values }) => Scalars(values),
          ),
        ),
      ),
    ),
  );
}

/** Logs the scan: points that arrive stripe by stripe, the surface when all are there, on a turntable. */
function scan3d$(rec: RecordingStream): Observable<unknown> {
  const { positions, normals, colors, triangleIndices } = scannedMesh();
  const surface = Mesh3D(positions, {
    triangleIndices,
    vertexNormals: normals,
    vertexColors: colors,
  });
  // Right-handed, z up: what lies ahead of a viewer has a growing y.
  rec.log("scan", ViewCoordinates("RFU"), { static: true });
  return merge(
    turntable$(50, 20).pipe(
      stampElapsed(rec),
      logTo(rec, "scan/bunny", (degrees) =>
        Transform3D({ rotationAxisAngle: { axis: [0, 0, 1], degrees } }),
      ),
    ),
    // Each stripe has its own entity: a sweep then costs each point once, not all points with each stripe.
    scan$(250, { stripes: 24, restPeriods: 40 }).pipe(
      stampElapsed(rec),
      tap(({ stripe, fresh, complete }) => {
        if (stripe === 0) {
          rec.log("scan/bunny/points", Clear(true));
          rec.log("scan/bunny/surface", Clear(false));
        }
        const points = Points3D(fresh.positions, { colors: fresh.colors, radii: 0.006 });
        rec.log(["scan", "bunny", "points", `stripe${stripe}`], points);
        const laser = Points3D(fresh.positions, { colors: WHITE, radii: 0.01 });
        rec.log("scan/bunny/laser", complete ? Clear(false) : laser);
        if (complete) rec.log("scan/bunny/surface", surface);
      }),
    ),
  );
}

/** Logs what happens to processes, and what the readings have to say. */
function textLog$(rec: RecordingStream, notes: Subject<LogEntry>): Observable<unknown> {
  return merge(notes, processEvents$(1000, { notes })).pipe(
    stampElapsed(rec),
    logTo(rec, "log", ({ text, level }) => TextLog(text, { level })),
  );
}

function aboutThisComputer(): string {
  const cores = cpus();
  const model = cores[0]?.model ?? "unknown processor";
  const memory = (totalmem() / 1024 ** 3).toFixed(1);
  return [
    "# This computer",
    `- ${cores.length} × ${model}`,
    `- ${memory} GiB of memory`,
    `- ${osName()} ${release()} on ${arch()}`,
    `- Node.js ${process.version}`,
  ].join("\n");
}

const { rec, argv, interrupted, end } = await scriptSetup("rerun_rx_monitor", {
  description: "Shows live what this computer does, in the Rerun viewer.",
  defaultBlueprint: layout(),
  options: (yargs) => withDuration(yargs.scriptName("npm start --")),
  // A viewer in a browser has no window that would remind of it: it ends with the monitor.
  spawn: { detach: "native" },
});
const notes = new Subject<LogEntry>();
const end$ = merge(
  fromEvent(interrupted, "abort"),
  argv.duration === undefined ? NEVER : timer(argv.duration * 1000),
);
try {
  // Standard output may be the recording.
  console.error("Press Ctrl-C to end.");

  const about = TextDocument(aboutThisComputer(), { mediaType: "text/markdown" });
  rec.log("about", about, { static: true });
  const everything$ = merge(textLog$(rec, notes), plots$(rec, notes), scan3d$(rec));
  await lastValueFrom(everything$.pipe(ignoreElements(), takeUntil(end$)), {
    defaultValue: undefined,
  });
} finally {
  await end();
}
