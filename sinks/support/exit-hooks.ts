/**
 * Runs what must happen before the process is gone: at a normal exit, after an uncaught error, and at SIGINT,
 * SIGTERM and SIGHUP. Nothing is registered on `process` while there is nothing to run.
 */
const hooks = new Set<() => void>();

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Registers a synchronous function; the result takes it back. */
export function onExit(hook: () => void): () => void {
  if (hooks.size === 0) {
    process.on("exit", runAll);
    // First in line, so that our work is done before a listener of the program calls exit().
    for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  }
  hooks.add(hook);
  return () => {
    if (!hooks.delete(hook) || hooks.size > 0) return;
    process.off("exit", runAll);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

function runAll(): void {
  for (const hook of [...hooks]) hook();
}

function onSignal(signal: NodeJS.Signals): void {
  // With a listener of its own the program decides when to end, and may log until then.
  if (process.listenerCount(signal) > 1) return;
  runAll();
  // Now the signal does what it would have done without us.
  for (const each of SIGNALS) process.off(each, onSignal);
  process.kill(process.pid, signal);
}
