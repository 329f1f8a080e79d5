export type { RrdOptions } from "../lib/encode/rrd-stream.ts";
export { type ConnectOptions, type ConnectSink, connect, type TlsOptions } from "./connect.ts";
export {
  type FlightDump,
  FlightRecorder,
  type FlightRecorderOptions,
  flightRecorder,
} from "./flight-recorder.ts";
export { MemorySink, memory } from "./memory.ts";
export {
  type FilePart,
  type FsyncPolicy,
  type RetainOptions,
  type RotatedSaveOptions,
  type RotatedSaveSink,
  type RotateOptions,
  type SaveOptions,
  type SaveSink,
  save,
} from "./save.ts";
export { type ServeOptions, type ServeSink, serve } from "./serve.ts";
export { type SocketOptions, type SocketSink, socket } from "./socket.ts";
export { type SpawnedViewer, type SpawnOptions, type SpawnSink, spawn } from "./spawn.ts";
export { stdout } from "./stdout.ts";
