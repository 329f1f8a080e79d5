import bunny from "bunny";
import {
  concat,
  defer,
  EMPTY,
  ignoreElements,
  map,
  type Observable,
  repeat,
  take,
  timer,
} from "rxjs";

/** Points with their colours: `(n, 3)` row-major, and `0xRRGGBBAA` each. */
export interface PointCloud {
  readonly positions: Float32Array;
  readonly colors: Uint32Array;
}

/** A triangle mesh; normals are `(n, 3)` of length 1, indices `(m, 3)` counter-clockwise seen from outside. */
export interface ScannedMesh extends PointCloud {
  readonly normals: Float32Array;
  readonly triangleIndices: Uint32Array;
}

/** What one step of the scanner brings. Arrays are views into the scan: copy what you change. */
export interface ScanPart {
  /** Counts the sweeps around the object, from 0. */
  readonly sweep: number;
  /** Counts the stripes of this sweep, from 0. */
  readonly stripe: number;
  /** How far around the scanner is at the end of this stripe. */
  readonly angleDegrees: number;
  /** The points of this stripe. */
  readonly fresh: PointCloud;
  /** All points of this sweep so far. */
  readonly grown: PointCloud;
  /** True for the last stripe of a sweep. */
  readonly complete: boolean;
}

/** How the scanner goes around. */
export interface ScanOptions {
  /** Stripes of one sweep. Default 36. */
  readonly stripes?: number;
  /** Rest between two sweeps, in periods. Default 0. */
  readonly restPeriods?: number;
}

/** The scanned object: a Stanford bunny about one unit tall, its middle in the origin, z up. */
export function scannedMesh(): ScannedMesh {
  const positions = centred(bunny.positions.flatMap(([x, y, z]) => [x, -z, y]));
  const triangleIndices = Uint32Array.from(bunny.cells.flat());
  return {
    positions,
    triangleIndices,
    normals: vertexNormals(positions, triangleIndices),
    colors: heightColors(positions),
  };
}

/** Moves the middle of the bounding box to the origin, and scales its longest side to 1. */
export function centred(xyz: readonly number[]): Float32Array {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  xyz.forEach((value, i) => {
    low[i % 3] = Math.min(low[i % 3]!, value);
    high[i % 3] = Math.max(high[i % 3]!, value);
  });
  const size = Math.max(...high.map((value, axis) => value - low[axis]!));
  return Float32Array.from(xyz, (value, i) => (value - (low[i % 3]! + high[i % 3]!) / 2) / size);
}

/** Normal of each vertex: the mean of its triangles, large ones count more; straight up where there is none. */
export function vertexNormals(positions: Float32Array, triangleIndices: Uint32Array): Float32Array {
  const sums = new Float64Array(positions.length);
  for (let t = 0; t < triangleIndices.length; t += 3) {
    const corners = triangleIndices.subarray(t, t + 3);
    const [a, b, c] = [0, 1, 2].map((corner) => vector(positions, corners[corner]!));
    const normal = cross(minus(b!, a!), minus(c!, a!));
    for (const v of corners) {
      for (let axis = 0; axis < 3; axis++) sums[v * 3 + axis]! += normal[axis]!;
    }
  }
  const normals = new Float32Array(positions.length);
  for (let i = 0; i < sums.length; i += 3) {
    const [x, y, z] = vector(sums, i / 3);
    const length = Math.hypot(x, y, z);
    normals.set(length > 0 ? [x / length, y / length, z / length] : [0, 0, 1], i);
  }
  return normals;
}

/** Colours from blue at the lowest point over green to yellow at the highest. */
export function heightColors(positions: Float32Array): Uint32Array {
  const heights = positions.filter((_, i) => i % 3 === 2);
  let [low, high] = [Infinity, -Infinity];
  for (const z of heights) [low, high] = [Math.min(low, z), Math.max(high, z)];
  return Uint32Array.from(heights, (z) => gradient(high > low ? (z - low) / (high - low) : 0));
}

/**
 * Points of the object as a scanner that goes around it finds them: one stripe per period, sweep after sweep. Each
 * sweep finds each point exactly once.
 */
export function scan$(
  periodMs: number,
  { stripes = 36, restPeriods = 0 }: ScanOptions = {},
): Observable<ScanPart> {
  return defer(() => {
    const { cloud, ends } = sweepOrder(scannedMesh(), stripes);
    let sweep = -1;
    const oneSweep = defer(() => {
      sweep++;
      return timer(periodMs, periodMs).pipe(
        take(stripes),
        map(
          (stripe): ScanPart => ({
            sweep,
            stripe,
            angleDegrees: (360 * (stripe + 1)) / stripes,
            fresh: part(cloud, ends[stripe - 1] ?? 0, ends[stripe]!),
            grown: part(cloud, 0, ends[stripe]!),
            complete: stripe === stripes - 1,
          }),
        ),
      );
    });
    const rest = restPeriods > 0 ? timer(restPeriods * periodMs).pipe(ignoreElements()) : EMPTY;
    return concat(oneSweep, rest).pipe(repeat());
  });
}

/** Angle of a turntable in degrees, below 360, that turns at an even speed. */
export function turntable$(periodMs: number, secondsPerTurn: number): Observable<number> {
  return defer(() => {
    const startMs = performance.now();
    return timer(0, periodMs).pipe(
      map(() => (((performance.now() - startMs) / 1000 / secondsPerTurn) * 360) % 360),
    );
  });
}

/** Sorts points by their angle around z; `ends[i]` is where stripe `i` ends. */
export function sweepOrder(
  { positions, colors }: PointCloud,
  stripes: number,
): { readonly cloud: PointCloud; readonly ends: readonly number[] } {
  const stripeOf = Array.from(colors, (_, v) => {
    const [x, y] = vector(positions, v);
    const turn = (Math.atan2(y, x) / (2 * Math.PI) + 1) % 1;
    return Math.min(stripes - 1, Math.floor(turn * stripes));
  });
  const order = Array.from(colors, (_, v) => v).sort((a, b) => stripeOf[a]! - stripeOf[b]!);
  const ends = Array.from({ length: stripes }, () => 0);
  for (const stripe of stripeOf) ends[stripe]!++;
  for (let i = 1; i < stripes; i++) ends[i]! += ends[i - 1]!;
  return {
    cloud: {
      positions: Float32Array.from(order.flatMap((v) => vector(positions, v))),
      colors: Uint32Array.from(order, (v) => colors[v]!),
    },
    ends,
  };
}

function part({ positions, colors }: PointCloud, start: number, end: number): PointCloud {
  return { positions: positions.subarray(start * 3, end * 3), colors: colors.subarray(start, end) };
}

type Vector = [x: number, y: number, z: number];

function vector(from: Float32Array | Float64Array, index: number): Vector {
  return [from[index * 3]!, from[index * 3 + 1]!, from[index * 3 + 2]!];
}

function minus(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

// Five steps of matplotlib's "viridis", which stays readable for colour-blind people.
const STEPS: readonly Vector[] = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];

function gradient(share: number): number {
  const at = share * (STEPS.length - 1);
  const index = Math.min(STEPS.length - 2, Math.floor(at));
  const [below, above] = [STEPS[index]!, STEPS[index + 1]!];
  const channel = (i: 0 | 1 | 2): number =>
    Math.round(below[i] + (above[i] - below[i]) * (at - index));
  return ((channel(0) << 24) | (channel(1) << 16) | (channel(2) << 8) | 0xff) >>> 0;
}
