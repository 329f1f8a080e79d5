/**
 * Runs what may keep a program from ending because nothing is left to do but to deliver. Nothing is registered on
 * `process` while there is nothing to run.
 */
const hooks = new Set<() => void>();

/** Registers a function for when the event loop is empty; the result takes it back. */
export function beforeExit(hook: () => void): () => void {
  if (hooks.size === 0) process.on("beforeExit", runAll);
  hooks.add(hook);
  return () => {
    if (hooks.delete(hook) && hooks.size === 0) process.off("beforeExit", runAll);
  };
}

function runAll(): void {
  for (const hook of [...hooks]) hook();
}
