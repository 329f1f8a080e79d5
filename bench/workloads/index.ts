import type { Workload } from "../harness/workload.ts";

export type WorkloadId =
  | "S1"
  | "S2"
  | "P1"
  | "P2"
  | "P3"
  | "I1"
  | "L1"
  | "M2"
  | "E1"
  | "D1"
  | "K1"
  | "Z1"
  | "C1"
  | "N1"
  | "H1"
  | "R1";

// Loaded one by one: a process that measures one should not have read the peers of all.
const LOADERS: Readonly<Record<WorkloadId, () => Promise<{ readonly workload: Workload }>>> = {
  S1: () => import("./s1-scalars.ts"),
  S2: () => import("./s2-columns.ts"),
  P1: () => import("./p1-points.ts"),
  P2: () => import("./p2-large-batch.ts"),
  P3: () => import("./p3-clouds.ts"),
  I1: () => import("./i1-images.ts"),
  L1: () => import("./l1-text.ts"),
  M2: () => import("./m2-robot.ts"),
  E1: () => import("./e1-encoder.ts"),
  D1: () => import("./d1-latency.ts"),
  K1: () => import("./k1-memory.ts"),
  Z1: () => import("./z1-size.ts"),
  C1: () => import("./c1-import.ts"),
  N1: () => import("./n1-grpc.ts"),
  H1: () => import("./h1-hub.ts"),
  R1: () => import("./r1-reading.ts"),
};

export const WORKLOAD_IDS: readonly WorkloadId[] = Object.keys(LOADERS) as WorkloadId[];

export function isWorkloadId(id: string): id is WorkloadId {
  return Object.hasOwn(LOADERS, id);
}

export async function loadWorkload(id: WorkloadId): Promise<Workload> {
  return (await LOADERS[id]()).workload;
}
