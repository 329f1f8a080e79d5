export { type ComponentSelect } from "../lib/component-select.ts";
export {
  EntityPathFilter,
  type EntityPathFilterOptions,
  type EntityPathRule,
} from "../lib/entity-path-filter.ts";
export type { Told } from "../lib/tell.ts";
export { type AtSpeedOptions, atSpeed } from "./at-speed.ts";
export { type BatchRowsOptions, batchRows } from "./batch-rows.ts";
export { type DropTimelinesOptions, dropTimelines } from "./drop-timelines.ts";
export { type FilterEntitiesOptions, filterEntities } from "./filter-entities.ts";
export { type Logs, logTo } from "./log-to.ts";
export {
  type ComponentValues,
  type MapComponentsOptions,
  type MappedValues,
  mapComponents,
} from "./map-components.ts";
export { type MergeChunksOptions, mergeChunks } from "./merge-chunks.ts";
export { prefixEntities } from "./prefix-entities.ts";
export { type DroppedCounts, type RateLimitOptions, rateLimitBytes } from "./rate-limit-bytes.ts";
export { type RedactOptions, redact } from "./redact.ts";
export { type EntityNames, renameEntities } from "./rename-entities.ts";
export { replayLog } from "./replay-log.ts";
export { sampleEntities } from "./sample-entities.ts";
export {
  type RecordingObservable,
  type SplitByRecordingOptions,
  splitByRecording,
} from "./split-by-recording.ts";
export {
  type EntityFlow,
  type FlowCounts,
  type FlowStats,
  type TapStatsOptions,
  tapStats,
} from "./tap-stats.ts";
export {
  type ThrottleByClock,
  type ThrottleByTimeline,
  throttleEntities,
} from "./throttle-entities.ts";
export { toMessages } from "./to-messages.ts";
