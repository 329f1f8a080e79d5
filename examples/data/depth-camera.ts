import type { ScannedMesh } from "../monitor/scan.ts";
import { row, type Vector } from "./bunny.ts";

/** What pixels show; the index is their class. */
export const PARTS = [
  { name: "nothing", color: "#00000000" },
  { name: "floor", color: "#606878" },
  { name: "body", color: "#3f8fd0" },
  { name: "head", color: "#f0a030" },
  { name: "ears", color: "#e05070" },
] as const;

/** What the camera took. */
export interface DepthFrame {
  /** Where it was. */
  readonly position: Vector;
  /** Its axes as columns: right, down, forward. */
  readonly axes: readonly Vector[];
  /** Distance along the optical axis in thousandths of a unit; 0 where nothing is. */
  readonly depth: Uint16Array;
  /** An index of {@link PARTS}. */
  readonly parts: Uint8Array;
}

/** Lengths in pixels. */
export interface DepthCameraOptions {
  readonly width: number;
  readonly height: number;
  readonly focalLength: number;
}

const FLOOR_Z = -0.49;

/** Takes depth images of a mesh on a floor, from a circle above it. */
export class DepthCamera implements DepthCameraOptions {
  readonly width: number;
  readonly height: number;
  readonly focalLength: number;

  constructor({ width, height, focalLength }: DepthCameraOptions) {
    this.width = width;
    this.height = height;
    this.focalLength = focalLength;
  }

  /** Takes an image from an angle around the middle, in radians. */
  look({ positions, triangleIndices }: ScannedMesh, angle: number): DepthFrame {
    const { width, height, focalLength } = this;
    const position: Vector = [1.5 * Math.cos(angle), 1.5 * Math.sin(angle), 1];
    const forward = unit([-position[0], -position[1], -position[2]]);
    const right = unit(cross(forward, [0, 0, 1]));
    const down = cross(forward, right);

    const depth = new Uint16Array(width * height);
    const parts = new Uint8Array(width * height);
    const put = (pixel: number, distance: number, part: number): void => {
      const value = Math.round(distance * 1000);
      if (depth[pixel] !== 0 && depth[pixel]! <= value) return;
      depth[pixel] = value;
      parts[pixel] = part;
    };

    // The floor: where the ray of each pixel meets its plane.
    for (let pixel = 0; pixel < depth.length; pixel++) {
      const [u, v] = [(pixel % width) - width / 2, Math.floor(pixel / width) - height / 2];
      const ray = [0, 1, 2].map(
        (a) => forward[a]! + (right[a]! * u + down[a]! * v) / focalLength,
      ) as unknown as Vector;
      const distance = (FLOOR_Z - position[2]) / ray[2];
      if (distance > 0) put(pixel, distance, 1);
    }

    // The mesh: every pixel whose middle is inside of a projected triangle.
    const project = (index: number): Vector => {
      const from = subtract(row(positions, index), position);
      const distance = dot(from, forward);
      const scale = focalLength / distance;
      return [dot(from, right) * scale + width / 2, dot(from, down) * scale + height / 2, distance];
    };
    for (let t = 0; t < triangleIndices.length; t += 3) {
      const corners = triangleIndices.subarray(t, t + 3);
      const [a, b, c] = [project(corners[0]!), project(corners[1]!), project(corners[2]!)];
      const part = partOf(row(positions, corners[0]!));
      const area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
      const clamp = (value: number, size: number): number =>
        Math.min(size - 1, Math.max(0, Math.ceil(value)));
      for (
        let y = clamp(Math.min(a[1], b[1], c[1]), height);
        y <= Math.max(a[1], b[1], c[1]);
        y++
      ) {
        for (
          let x = clamp(Math.min(a[0], b[0], c[0]), width);
          x <= Math.max(a[0], b[0], c[0]);
          x++
        ) {
          if (x >= width || y >= height) break;
          const wb = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / area;
          const wc = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / area;
          if (wb < 0 || wc < 0 || wb + wc > 1) continue;
          put(y * width + x, a[2] + wb * (b[2] - a[2]) + wc * (c[2] - a[2]), part);
        }
      }
    }
    const axes = [0, 1, 2].map((a) => [right[a]!, down[a]!, forward[a]!] as const);
    return { position, axes, depth, parts };
  }
}

/** By hand, for the Stanford bunny. */
function partOf([x, , z]: Vector): number {
  if (z > 0.27 && x > -0.42) return 4;
  return z > 0.02 && x < -0.15 ? 3 : 2;
}

function unit([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function subtract(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}
