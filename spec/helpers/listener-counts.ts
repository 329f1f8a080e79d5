const EVENTS = [
  "exit",
  "beforeExit",
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "uncaughtException",
  "uncaughtExceptionMonitor",
  "unhandledRejection",
] as const;

/** How many listeners `process` has, by event. */
export function listenerCounts(): Record<string, number> {
  return Object.fromEntries(EVENTS.map((event) => [event, process.listenerCount(event)]));
}
