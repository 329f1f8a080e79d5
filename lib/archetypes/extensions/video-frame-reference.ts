import type { Archetype } from "../../archetype.ts";
import { rejectArguments } from "../../components/input-error.ts";
import { quote } from "../../errors.ts";
import type { VideoFrameReferenceFields } from "../video-frame-reference.ts";

/** What {@link VideoFrameReference} takes by name. */
export type VideoFrameReferenceOptions = Omit<VideoFrameReferenceFields, "timestamp">;

/** A time from the start of the video: nanoseconds, or exactly one of the two units. */
export type VideoTime =
  | number
  | bigint
  | { readonly seconds: number }
  | { readonly nanoseconds: number | bigint };

/** How the archetype is called. */
export interface Call {
  /**
   * @param timestamp nanoseconds from the start of the video, or `{ seconds }`
   * @throws RerunError `invalid-component`
   */
  (timestamp: VideoTime, options?: VideoFrameReferenceOptions): Archetype;
}

/** The arguments of a call as fields. */
export function fieldsOf(
  timestamp: VideoTime,
  options: VideoFrameReferenceOptions | undefined,
): VideoFrameReferenceFields {
  if (typeof timestamp !== "object" || timestamp === null) return { ...options, timestamp };
  const { seconds, nanoseconds } = timestamp as { seconds?: number; nanoseconds?: number | bigint };
  if ((seconds === undefined) === (nanoseconds === undefined)) {
    rejectArguments("VideoFrameReference", "expected exactly one of seconds and nanoseconds");
  }
  if (seconds === undefined) return { ...options, timestamp: nanoseconds };
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) {
    rejectArguments(
      "VideoFrameReference",
      `expected \`seconds\` to be a number, got ${quote(seconds)}`,
    );
  }
  return { ...options, timestamp: Math.trunc(seconds * 1e9 + 0.5) };
}
