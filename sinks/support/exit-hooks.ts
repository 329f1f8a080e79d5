/**
 * Runs what must happen before the process is gone: at a normal exit, after an uncaught error, and at SIGINT,
 * SIGTERM and SIGHUP. Nothing is registered on `process` while there is nothing to run.
 */
const hooks = new Set<ExitHook>();
/** Those that may have to wait for others, until the deadline. */
const lastHooks = new Set<ExitHook>();

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long the end of the process may be held up by what can be left out, by all together, in milliseconds. */
export const EXIT_MS = 2000;
/** What each has in any case, however long those before it took. */
const LEAST_MS = 250;

/** What is to be done; from `deadline` of `performance.now()` on what can be left out is. */
export type ExitHook = (deadline: number) => void;

/**
 * Registers a synchronous function; the result takes it back.
 *
 * @param isLast whether it comes behind those that wait for nobody. Default false.
 */
export function onExit(hook: ExitHook, isLast: boolean = false): () => void {
  const group = isLast ? lastHooks : hooks;
  if (isIdle()) {
    process.on("exit", runAll);
    // First in line, so that our work is done before a listener of the program calls exit().
    for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  }
  group.add(hook);
  return () => {
    if (!group.delete(hook) || !isIdle()) return;
    process.off("exit", runAll);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}

const crashHooks = new Set<ExitHook>();

/** Registers a synchronous function for errors that nobody catches, before anything else is done about them. */
export function onCrash(hook: ExitHook): () => void {
  if (crashHooks.size === 0) process.on("uncaughtExceptionMonitor", runCrashHooks);
  crashHooks.add(hook);
  return () => {
    if (crashHooks.delete(hook) && crashHooks.size === 0)
      process.off("uncaughtExceptionMonitor", runCrashHooks);
  };
}

function runCrashHooks(): void {
  runEach(crashHooks);
}

function runAll(): void {
  runEach([...hooks, ...lastHooks]);
}

function runEach(all: Iterable<ExitHook>): void {
  const until = deadlineOfNow();
  for (const hook of [...all]) hook(Math.max(until, performance.now() + LEAST_MS));
}

const isIdle = (): boolean => hooks.size === 0 && lastHooks.size === 0;

let deadline: number | undefined;

/** An error that nobody caught, and the exit that it leads to, are one end. */
function deadlineOfNow(): number {
  if (deadline === undefined) {
    deadline = performance.now() + EXIT_MS;
    // The program goes on after all.
    setImmediate(() => {
      deadline = undefined;
    }).unref();
  }
  return deadline;
}

/** What is registered for signals: those who look for listeners of the program leave it out. */
export const exitSignalListener: (signal: NodeJS.Signals) => void = onSignal;

function onSignal(signal: NodeJS.Signals): void {
  // With a listener of its own the program decides when to end, and may log until then.
  if (process.listenerCount(signal) > 1) return;
  runAll();
  // Now the signal does what it would have done without us.
  for (const each of SIGNALS) process.off(each, onSignal);
  process.kill(process.pid, signal);
}
