import { environment } from "./batch-config.ts";
import type { Sink } from "./sink.ts";

/**
 * The file that the environment variable `_RERUN_TEST_FORCE_SAVE` names: as with the official SDKs, every recording of
 * this process goes there, and nowhere else that people would look. Tests compare SDKs with it.
 */
export function forcedSavePath(): string | undefined {
  return environment()["_RERUN_TEST_FORCE_SAVE"] || undefined;
}

/** What is needed of Node; browsers have no files. */
interface NodeProcess {
  getBuiltinModule?(name: "node:module"): {
    createRequire(from: string): (name: string) => unknown;
  };
}

type Save = (path: string, options: { readonly overwrite: true }) => Required<Sink>;

/** By path: all recordings of the process share a file, which is completed when the process ends. */
const files = new Map<string, Required<Sink>>();

/** The sink of a recording that writes that file; undefined where there are no files. */
export function forcedSave(path: string): Sink | undefined {
  const node = (globalThis as { process?: NodeProcess }).process?.getBuiltinModule?.("node:module");
  if (node === undefined) return undefined;
  let file = files.get(path);
  if (file === undefined) {
    // By name and now: a program may end before anything that is loaded later has come.
    const { save } = node.createRequire(import.meta.url)("rerun-rx/sinks/save") as { save: Save };
    file = save(path, { overwrite: true });
    files.set(path, file);
  }
  const shared = file;
  return {
    name: shared.name,
    borrows: shared.borrows,
    state$: shared.state$,
    get failure() {
      return shared.failure;
    },
    attached: (host) => shared.attached(host),
    write: (messages) => shared.write(messages),
    flush: (options) => shared.flush(options),
  };
}

const standIns = new WeakMap<Sink, Sink>();

/** What is attached instead of a sink when everything goes to that file: takes all and does nothing with it. */
export function standInFor(sink: Sink): Sink {
  if (sink.forceSaved !== true) return sink;
  let standIn = standIns.get(sink);
  if (standIn === undefined) {
    standIn = {
      name: sink.name ?? "sink",
      write: () => undefined,
      close: (options) => sink.close?.(options),
    };
    standIns.set(sink, standIn);
  }
  return standIn;
}
