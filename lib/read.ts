export type { Chunk, ComponentStats, TimelineStats } from "./chunk.ts";
export type { RrdSource } from "./decode/byte-input.ts";
export {
  type ChunkSelection,
  openRrd,
  type RrdFile,
} from "./decode/open-rrd.ts";
export type { RandomAccessSource } from "./decode/random-access.ts";
export { type FromRrdOptions, fromRrd, type ReadRrdOptions, readRrd } from "./decode/read-rrd.ts";
export {
  type RepairLoss,
  type RepairOptions,
  type RepairReport,
  type RrdRepair,
  repairRrd,
} from "./decode/repair-rrd.ts";
export type {
  ChunkInfo,
  ManifestComponent,
  RrdManifest,
  TimeRange,
} from "./decode/rrd-manifest.ts";
export type { RrdDamage } from "./decode/rrd-parser.ts";
export { RerunError, type RerunErrorCode } from "./errors.ts";
export type { ChunkMsg, LogMsg, SetStoreInfo, StoreId, StoreOrigin } from "./log-msg.ts";
export type { Pace, PacedObserver } from "./paced-observable.ts";
export { arrowValues } from "./query/arrow-values.ts";
export {
  type Cell,
  ChunkColumn,
  type ChunkRow,
  chunkColumn,
  chunkColumns,
  chunkRows,
} from "./query/chunk-rows.ts";
export { componentValues } from "./query/component-values.ts";
export {
  type FoundCell,
  type LoadOptions,
  loadRecording,
  loadRecordings,
  type QueryTime,
  Recording,
} from "./query/recording.ts";
