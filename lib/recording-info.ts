import { primitive } from "./arrow/data-type.ts";
import type { Chunk } from "./chunk.ts";
import { ChunkBuilder } from "./chunk-builder.ts";
import { ComponentBatch, componentDescriptor } from "./component-batch.ts";
import { STATIC, STATIC_SHAPE } from "./time.ts";
import type { TuidGenerator } from "./tuid.ts";

/** Where the properties of a recording are. */
export const PROPERTIES_PATH = "/__properties";
/** Where a recording tells of what went wrong with it, as by the official SDK. */
export const WARNINGS_PATH = "/__warnings";

const ARCHETYPE = "rerun.archetypes.RecordingInfo";

/** What is known of a recording. */
export interface RecordingFacts {
  /** When it began: a date, or nanoseconds since the Unix epoch. */
  readonly startTime?: Date | bigint;
  /** Shown by the viewer. */
  readonly name?: string;
}

/** The components that say it. */
export function recordingInfo({ startTime, name }: RecordingFacts): readonly ComponentBatch[] {
  const batches: ComponentBatch[] = [];
  if (startTime !== undefined) {
    const descriptor = componentDescriptor(
      ARCHETYPE,
      "RecordingInfo:start_time",
      "rerun.components.Timestamp",
      primitive("int64"),
    );
    const ns = typeof startTime === "bigint" ? startTime : BigInt(startTime.getTime()) * 1_000_000n;
    batches.push(new ComponentBatch(descriptor, 1, BigInt64Array.of(ns)));
  }
  if (name !== undefined) {
    const descriptor = componentDescriptor(
      ARCHETYPE,
      "RecordingInfo:name",
      "rerun.components.Name",
      primitive("utf8"),
    );
    const values = new TextEncoder().encode(name);
    const array = {
      type: descriptor.type,
      length: 1,
      values,
      offsets: Int32Array.of(0, values.length),
    };
    batches.push(new ComponentBatch(descriptor, 1, array));
  }
  return batches;
}

/** The static chunk that says when a recording began, and its name if it has one. */
export function recordingInfoChunk(ids: TuidGenerator, facts: RecordingFacts): Chunk {
  const batches = recordingInfo(facts);
  const builder = new ChunkBuilder(PROPERTIES_PATH, STATIC_SHAPE);
  builder.append(
    { kind: "row", entityPath: PROPERTIES_PATH, rowId: ids.next(), time: STATIC, batches },
    false,
  );
  return builder.finish(ids.next());
}
