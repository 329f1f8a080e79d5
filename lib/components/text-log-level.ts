/** Levels of text log entries that the viewer colours and filters; other texts are allowed too. */
export const TextLogLevel = {
  CRITICAL: "CRITICAL",
  ERROR: "ERROR",
  WARN: "WARN",
  INFO: "INFO",
  DEBUG: "DEBUG",
  TRACE: "TRACE",
} as const;

/** One of the levels that the viewer knows. */
export type TextLogLevel = (typeof TextLogLevel)[keyof typeof TextLogLevel];
