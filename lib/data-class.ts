import { quote, RerunError } from "./errors.ts";
import type { ChunkMsg, LogMsg } from "./log-msg.ts";
import { PROPERTIES_PATH, WARNINGS_PATH } from "./recording-info.ts";

/**
 * What becomes of data that waits for a sink that is too slow, once there is more of it than its budget allows:
 *
 * - `reliable`: it stays, within a larger bound of its own
 * - `latest`: only the latest of each entity stays
 * - `oldest`: the oldest goes first
 */
export type LossPolicy = "reliable" | "latest" | "oldest";

/**
 * Classes of temporal data, by the archetypes in a chunk:
 *
 * - `transforms`: Transform3D, InstancePoses3D, Pinhole, CoordinateFrame, TransformAxes3D, ViewCoordinates
 * - `state`: what holds until it is told otherwise: Clear, AnnotationContext, StateChange, StateConfiguration; and what
 *   is logged at `/__warnings`
 * - `images`: Image, EncodedImage, DepthImage, EncodedDepthImage, SegmentationImage, Tensor
 * - `clouds`: Points3D, Mesh3D, Asset3D, GridMap
 * - `other`: all else, such as scalars, texts, boxes; and VideoStream, whose samples need each other
 *
 * A chunk of several classes belongs to the first of `transforms`, `state`, `other`, `clouds`, `images`: the strictest
 * of its components decides, so log images and transforms at entities of their own.
 */
export type TemporalClass = "transforms" | "state" | "images" | "clouds" | "other";

/**
 * Classes of all data: besides the temporal ones those that are never dropped, `static`, `properties`, `blueprint`, and
 * `info` (the announcement of the store).
 */
export type DataClass = "info" | "static" | "properties" | "blueprint" | TemporalClass;

/**
 * Which policy holds for what: one for all temporal data, a table by class, or a function, which is asked for chunks that
 * have to wait. What a table or a function leaves open is as by default: `transforms` and `state` are reliable, of
 * `images` and `clouds` the latest wins, of `other` the oldest goes first.
 */
export type LossPolicies =
  | LossPolicy
  | Readonly<Partial<Record<TemporalClass, LossPolicy>>>
  | ((message: ChunkMsg, dataClass: TemporalClass) => LossPolicy | undefined);

export const DEFAULT_POLICIES: Readonly<Record<TemporalClass, LossPolicy>> = {
  transforms: "reliable",
  state: "reliable",
  images: "latest",
  clouds: "latest",
  other: "oldest",
};

/** The strictest first. */
const PRECEDENCE: readonly TemporalClass[] = ["transforms", "state", "other", "clouds", "images"];
const LAST = PRECEDENCE.length - 1;

const ARCHETYPES: Readonly<Record<Exclude<TemporalClass, "other">, readonly string[]>> = {
  transforms: [
    "Transform3D",
    "InstancePoses3D",
    "Pinhole",
    "CoordinateFrame",
    "TransformAxes3D",
    "ViewCoordinates",
  ],
  state: ["Clear", "AnnotationContext", "StateChange", "StateConfiguration"],
  images: [
    "Image",
    "EncodedImage",
    "DepthImage",
    "EncodedDepthImage",
    "SegmentationImage",
    "Tensor",
  ],
  clouds: ["Points3D", "Mesh3D", "Asset3D", "GridMap"],
};

/** Rank in {@link PRECEDENCE} by the full name of an archetype. */
const RANKS: ReadonlyMap<string | undefined, number> = new Map(
  Object.entries(ARCHETYPES).flatMap(([name, archetypes]) =>
    archetypes.map((archetype) => [
      `rerun.archetypes.${archetype}`,
      PRECEDENCE.indexOf(name as TemporalClass),
    ]),
  ),
);
const OTHER = PRECEDENCE.indexOf("other");

/** The class of a message. */
export function dataClassOf(message: LogMsg): DataClass {
  if (message.kind === "set-store-info") return "info";
  if (message.kind === "blueprint-activation" || message.storeId.kind === "blueprint")
    return "blueprint";
  const { chunk } = message;
  if (!chunk.isStatic) return temporalClassOf(message);
  return isAtOrBelow(chunk.entityPath, PROPERTIES_PATH) ? "properties" : "static";
}

function temporalClassOf({ chunk }: ChunkMsg): TemporalClass {
  if (isAtOrBelow(chunk.entityPath, WARNINGS_PATH)) return "state";
  const { components } = chunk;
  let rank = components.length === 0 ? OTHER : LAST;
  for (const { descriptor } of components)
    rank = Math.min(rank, RANKS.get(descriptor.archetype) ?? OTHER);
  return PRECEDENCE[rank] as TemporalClass;
}

function isAtOrBelow(path: string, parent: string): boolean {
  return path.startsWith(parent) && (path.length === parent.length || path[parent.length] === "/");
}

const isPolicy = (value: unknown): value is LossPolicy =>
  value === "reliable" || value === "latest" || value === "oldest";

/**
 * The policy of each chunk.
 *
 * @throws RerunError `invalid-argument` for what is none
 */
export function lossPolicyOf(policies: LossPolicies = {}): (message: LogMsg) => LossPolicy {
  if (typeof policies === "function") {
    return (message) => {
      if (message.kind !== "chunk") return "reliable";
      const dataClass = temporalClassOf(message);
      const policy = policies(message, dataClass);
      return isPolicy(policy) ? policy : DEFAULT_POLICIES[dataClass];
    };
  }
  if (isPolicy(policies)) return () => policies;
  if (typeof policies !== "object" || policies === null) throw refused("`policy`", policies);
  for (const [name, policy] of Object.entries(policies)) {
    if (!Object.hasOwn(DEFAULT_POLICIES, name)) {
      throw new RerunError(
        "invalid-argument",
        `Expected the classes of \`policy\` to be among ${Object.keys(DEFAULT_POLICIES).join(", ")}, got ${quote(name)}`,
      );
    }
    if (policy !== undefined && !isPolicy(policy)) throw refused(`\`policy.${name}\``, policy);
  }
  const table = { ...DEFAULT_POLICIES, ...policies };
  return (message) =>
    message.kind === "chunk" ? (table[temporalClassOf(message)] ?? "oldest") : "reliable";
}

function refused(option: string, got: unknown): RerunError {
  return new RerunError(
    "invalid-argument",
    `Expected ${option} to be "reliable", "latest" or "oldest", got ${quote(got)}`,
  );
}

/** What a later chunk with the same key takes the place of: same entity, timelines and components. */
export function latestKeyOf(message: LogMsg): string {
  const { recordingId } = message.storeId;
  if (message.kind !== "chunk") return `${recordingId}\n${message.kind}`;
  const { entityPath, timelines, components } = message.chunk;
  let key = `${recordingId}\n${entityPath}`;
  for (const { timeline } of timelines) key += `\n@${timeline.name}`;
  for (const { descriptor } of components) key += `\n${descriptor.component}`;
  return key;
}
