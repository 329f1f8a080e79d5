import type { LogMsg } from "../../lib/log-msg.ts";
import type { Delivery } from "../../lib/sink.ts";
import type { ConnectSink } from "../connect.ts";
import { save } from "../save.ts";

/**
 * The sink of every mode under `_RERUN_TEST_FORCE_SAVE`, with the members of one that connects. The file begins anew.
 */
export function forcedSave(path: string): ConnectSink {
  const file = save(path, { overwrite: true });
  return {
    name: file.name,
    live: false,
    replays: false,
    closeTimeoutMs: 0,
    url: "",
    trouble: undefined,
    state$: file.state$,
    get state() {
      return file.state;
    },
    get failure() {
      return file.failure;
    },
    attached: (host) => file.attached(host),
    write: (messages: readonly LogMsg[]): Delivery => {
      file.write(messages);
      return { delivered: Promise.resolve() };
    },
    flush: async () => file.flush(),
    close: async () => file.close(),
    next: (message) => file.next(message),
    error: () => file.error(),
    complete: () => file.complete(),
    [Symbol.asyncDispose]: async () => file.close(),
  };
}
