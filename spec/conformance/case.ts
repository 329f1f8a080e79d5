import type { BlueprintLike } from "../../lib/blueprint/index.ts";
import type { RecordingStream } from "../../lib/index.ts";

/** One thing that is logged twice: here, and under the same name by the official SDK. */
export interface Case {
  /** Application id of the recording; both sides say it, as it is compared. Default `conformance`. */
  readonly app?: string;
  /** Whether the recording tells its start time; default true. */
  readonly sendProperties?: boolean;
  /** Whether rows gather in chunks until the end; default false, which makes each row a chunk. */
  readonly batched?: boolean;
  /** A blueprint that is saved to a file of its own; nothing is logged then. */
  readonly blueprintFile?: () => BlueprintLike;
  /** Logs the data. */
  readonly log: (rec: RecordingStream) => void;
}

/** Cases by name. The names of official snippets, such as `archetypes/points3d_simple`, are kept. */
export type Cases = Readonly<Record<string, Case>>;

/** A case for which the application id does not matter. */
export function logs(log: (rec: RecordingStream) => void): Case {
  return { log };
}
