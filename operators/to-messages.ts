import type { OperatorFunction } from "rxjs";
import type { Chunk } from "../lib/chunk.ts";
import type { LogMsg, SetStoreInfo } from "../lib/log-msg.ts";
import { Observable } from "../lib/rxjs.ts";

/**
 * Turns the chunks of one store into messages, the announcement of the store first.
 *
 * @param info emitted as soon as someone subscribes
 */
export function toMessages(info: SetStoreInfo): OperatorFunction<Chunk, LogMsg> {
  return (source) =>
    new Observable<LogMsg>((subscriber) => {
      subscriber.next(info);
      subscriber.add(
        source.subscribe({
          next: (chunk) => subscriber.next({ kind: "chunk", storeId: info.storeId, chunk }),
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
    });
}
