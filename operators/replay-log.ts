import type { OperatorFunction } from "rxjs";
import type { MessageLog } from "../lib/message-log.ts";
import { Observable } from "../lib/rxjs.ts";

/**
 * Puts what flows by into an ordered, byte-bounded log, and gives each subscriber first what the log holds,
 * then what follows, in order and once.
 *
 * The source is subscribed by the first subscriber and stays so until it ends: the log is the only
 * one, the subscribers are many. A subscriber that arrives or leaves changes nothing for the others. For
 * back-pressure read the log through a cursor instead; an Observable has none.
 *
 * @param log where items are kept; its options bound it
 */
export function replayLog<T>(log: MessageLog<T>): OperatorFunction<T, T> {
  return (source) => {
    let connected = false;
    let end: { readonly error?: unknown } | undefined;
    const atEnd = new Set<() => void>();

    const connect = (): void => {
      if (connected) return;
      connected = true;
      const finish = (result: { readonly error?: unknown }): void => {
        end = result;
        for (const tell of [...atEnd]) tell();
      };
      source.subscribe({
        next: (item) => {
          log.append(item);
        },
        error: (error) => finish({ error }),
        complete: () => finish({}),
      });
    };

    return new Observable<T>((subscriber) => {
      let draining = false;
      const cursor = log.cursor({ onAppend: () => drain() });
      function drain(): void {
        // A subscriber that logs comes back here; the outer call sends what it added.
        if (draining) return;
        draining = true;
        for (;;) {
          const [entry] = cursor.take(1);
          if (entry === undefined) break;
          cursor.ack(entry.seq);
          if (subscriber.closed) break;
          subscriber.next(entry.item);
        }
        draining = false;
        tellEnd();
      }
      function tellEnd(): void {
        if (end === undefined || !cursor.atEnd || draining) return;
        if ("error" in end) subscriber.error(end.error);
        else subscriber.complete();
      }
      atEnd.add(tellEnd);
      subscriber.add(() => {
        atEnd.delete(tellEnd);
        cursor.close();
      });
      connect();
      drain();
    });
  };
}
