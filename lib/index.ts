export { AnyValues, type AnyValuesFactory } from "./any-values.ts";
export type { UpdateOptions } from "./archetype.ts";
export * from "./archetypes/index.ts";
export type { ArrowArray, NumericValues, TypedArray } from "./arrow/array.ts";
export {
  type DataType,
  denseUnion,
  type Field,
  field,
  fixedSizeBinary,
  fixedSizeList,
  list,
  primitive,
  struct,
} from "./arrow/data-type.ts";
export {
  type Attachment,
  type AttachOptions,
  type DeliveryStats,
  type From,
  type LossEpisode,
  type SinkStats,
  since,
} from "./attachment.ts";
export { BATCH_PRESETS, type BatchConfig } from "./batch-config.ts";
export type { BlueprintActivationOptions, BlueprintLike } from "./blueprint/like.ts";
export type { Chunk, ComponentStats, TimelineStats } from "./chunk.ts";
export type { TimeColumn, TimeColumns } from "./columns.ts";
export {
  type AsComponents,
  ComponentBatch,
  type ComponentColumn,
  type ComponentDescriptor,
  type ComponentNames,
  componentDescriptor,
} from "./component-batch.ts";
export type { DataClass, LossPolicies, LossPolicy, TemporalClass } from "./data-class.ts";
export type { DeterministicOptions } from "./deterministic.ts";
export { DynamicArchetype, type DynamicArchetypeFactory } from "./dynamic-archetype.ts";
export type {
  DynamicColumnsOptions,
  DynamicOptions,
  DynamicValue,
  DynamicValues,
} from "./dynamic-batch.ts";
export {
  compareEntityPaths,
  entityPath,
  escapePart,
  joinPath,
  splitPath,
  strictEntityPath,
} from "./entity-path.ts";
export { RerunError, type RerunErrorCode } from "./errors.ts";
export type { ColumnsEvent, DataEvent, LogEvent } from "./event.ts";
export type { BlueprintActivation, ChunkMsg, LogMsg, SetStoreInfo, StoreId } from "./log-msg.ts";
export type { LogOptions, RecordingStreamOptions } from "./recording-options.ts";
export type { FlushResult, RecordingStats } from "./recording-stats.ts";
export { RecordingStream } from "./recording-stream.ts";
export {
  type Delivery,
  ObserverSink,
  type Sink,
  type SinkHost,
  type SinkLike,
  type SinkState,
  type WaitOptions,
} from "./sink.ts";
export { type TimeInput, type Timeline, TimePoint, timeline } from "./time.ts";
export { Tuid } from "./tuid.ts";
export { RERUN_VERSION, VERSION } from "./version.ts";
export { videoFrameTimestamps } from "./video-timestamps.ts";
