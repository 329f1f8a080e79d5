import { type ScannedMesh, scannedMesh } from "../monitor/scan.ts";

/** A place, or a direction. */
export type Vector = readonly [x: number, y: number, z: number];

/** Two points on the surface. */
export type Segment = readonly [Vector, Vector];

/** The scanned Stanford bunny: about one unit long, its middle in the origin, z up. */
export const BUNNY: ScannedMesh = scannedMesh();

/** Placed by hand: two capsules around the ears, an ellipsoid around the body, and a table below. */
export const SHAPES = {
  ears: {
    starts: [
      [-0.2, -0.03, 0.25],
      [-0.33, 0.08, 0.29],
    ],
    ends: [
      [0, 0.13, 0.43],
      [-0.34, 0.31, 0.44],
    ],
    radii: 0.07,
  },
  body: { centers: [0.08, -0.08, -0.18], halfSizes: [0.44, 0.36, 0.34] },
  table: { centers: [0, 0, -0.52], colors: "#556", fillMode: "Solid" },
} as const;

/** One of the rows of a `(n, 3)` array. */
export function row(values: Float32Array, index: number): Vector {
  return [values[index * 3]!, values[index * 3 + 1]!, values[index * 3 + 2]!];
}

/** Where a level plane cuts the surface: one segment for each triangle that it meets. */
export function crossSection({ positions, triangleIndices }: ScannedMesh, z: number): Segment[] {
  const segments: Segment[] = [];
  for (let t = 0; t < triangleIndices.length; t += 3) {
    const corners = [0, 1, 2].map((corner) => row(positions, triangleIndices[t + corner]!));
    const [a, b] = corners.flatMap((corner, i) => meet(corner, corners[(i + 1) % 3]!, z) ?? []);
    if (a !== undefined && b !== undefined) segments.push([a, b]);
  }
  return segments;
}

/** How long segments are together. */
export function lengthOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, [[x, y, z], [u, v, w]]) => sum + Math.hypot(x - u, y - v, z - w), 0);
}

/** Where an edge meets the plane, if it does; in an array, as `flatMap` wants it. */
function meet(a: Vector, b: Vector, z: number): readonly [Vector] | undefined {
  if (a[2] < z === b[2] < z) return undefined;
  const share = (z - a[2]) / (b[2] - a[2]);
  return [[a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1]), z]];
}

/** The vertices near a level plane. */
export interface NearVertices {
  readonly positions: readonly Vector[];
  /** A tenth of a unit long. */
  readonly normals: readonly Vector[];
  /** Of the first one; white where there is none. */
  readonly color: number;
}

/** The vertices that are not farther than a hundredth from a level plane. */
export function verticesNear({ positions, normals, colors }: ScannedMesh, z: number): NearVertices {
  const near = Array.from(colors, (_, v) => v).filter(
    (v) => Math.abs(positions[v * 3 + 2]! - z) < 0.01,
  );
  return {
    positions: near.map((v) => row(positions, v)),
    normals: near.map((v) => row(normals, v)).map(([x, y, w]) => [x / 10, y / 10, w / 10] as const),
    color: colors[near[0] ?? -1] ?? 0xffffffff,
  };
}
