export { MemorySink, memory } from "./memory.ts";
export { type SaveOptions, type SaveSink, save } from "./save.ts";
export { type ServeOptions, type ServeSink, serve } from "./serve.ts";
export { stdout } from "./stdout.ts";
export type { RrdOptions } from "./support/rrd-file.ts";
