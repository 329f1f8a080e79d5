/** A place or a direction in metres. */
export type Vector = readonly [x: number, y: number, z: number];

/** A joint of the arm, and the link that it moves. */
export interface Joint {
  readonly name: string;
  readonly color: string;
  /** Along the axis of the joint, z of the frame before; in metres. */
  readonly d: number;
  /** Along x of the frame after; in metres. */
  readonly a: number;
  /** Around x of the frame after; in radians. */
  readonly alpha: number;
}

const QUARTER = Math.PI / 2;

/** Denavit-Hartenberg parameters of the UR5, as Universal Robots publishes them. */
export const JOINTS: readonly Joint[] = [
  { name: "shoulder", color: "#4c8bf5", d: 0.089159, a: 0, alpha: QUARTER },
  { name: "upper_arm", color: "#38a169", d: 0, a: -0.425, alpha: 0 },
  { name: "forearm", color: "#e89b2c", d: 0, a: -0.39225, alpha: 0 },
  { name: "wrist_1", color: "#e0503c", d: 0.10915, a: 0, alpha: QUARTER },
  { name: "wrist_2", color: "#b05bd0", d: 0.09465, a: 0, alpha: -QUARTER },
  { name: "tool", color: "#606878", d: 0.0823, a: 0, alpha: 0 },
];

/** The angles of a dance, in radians. */
export function anglesAt(seconds: number): number[] {
  const wave = (period: number, phase = 0): number =>
    Math.sin((2 * Math.PI * seconds) / period + phase);
  return [
    0.9 * wave(8),
    -1.3 + 0.35 * wave(4),
    1.5 + 0.5 * wave(4, 1),
    -1.7 + 0.6 * wave(8, 2),
    -QUARTER + 0.5 * wave(4, 3),
    1.5 * wave(2),
  ];
}

/** A rotation about z by the angle of the joint, then one about x; between them the way to the next frame. */
export interface JointTransform {
  readonly translation: Vector;
  /** x y z w. */
  readonly quaternion: readonly [number, number, number, number];
}

/** From the frame of a link to that of the link before. */
export function transformOf({ d, a, alpha }: Joint, angle: number): JointTransform {
  const [sinX, cosX] = [Math.sin(alpha / 2), Math.cos(alpha / 2)];
  const [sinZ, cosZ] = [Math.sin(angle / 2), Math.cos(angle / 2)];
  return {
    translation: [a * Math.cos(angle), a * Math.sin(angle), d],
    quaternion: [cosZ * sinX, sinZ * sinX, sinZ * cosX, cosZ * cosX],
  };
}

/** The rods of a link in its own frame: along the axis of the joint, then along x. */
export function linkOf({ d, a, alpha }: Joint): { starts: Vector[]; ends: Vector[] } {
  const joint: Vector = [-a, -d * Math.sin(alpha), -d * Math.cos(alpha)];
  const corner: Vector = [-a, 0, 0];
  return a === 0
    ? { starts: [joint], ends: [corner] }
    : { starts: [joint, corner], ends: [corner, [0, 0, 0]] };
}

/** Where the tool is in the frame of the base. */
export function toolAt(angles: readonly number[]): Vector {
  return JOINTS.reduceRight(
    ([x, y, z]: Vector, { d, a, alpha }, i): Vector => {
      const [cosX, sinX] = [Math.cos(alpha), Math.sin(alpha)];
      const [u, v, w] = [x + a, y * cosX - z * sinX, y * sinX + z * cosX];
      const [cosZ, sinZ] = [Math.cos(angles[i]!), Math.sin(angles[i]!)];
      return [u * cosZ - v * sinZ, u * sinZ + v * cosZ, w + d];
    },
    [0, 0, 0],
  );
}
