export { type BatchRowsOptions, batchRows } from "./batch-rows.ts";
export { type Logs, logTo } from "./log-to.ts";
export { replayLog } from "./replay-log.ts";
export { toMessages } from "./to-messages.ts";
