import type { MonoTypeOperatorFunction } from "rxjs";
import type { LogMsg } from "../../lib/log-msg.ts";
import { currentScope, lowestOf } from "../../lib/pipe-scope.ts";
import { Observable } from "../../lib/rxjs.ts";
import { guarded, operate } from "../../operators/operate.ts";

/** Holds everything back for so many milliseconds, in order: what operators do that merge or thin out, and no more. */
export function holdBack(delayMs: number): MonoTypeOperatorFunction<LogMsg> {
  return (source) =>
    new Observable<LogMsg>((subscriber) => {
      const scope = currentScope();
      const waiting: { readonly message: LogMsg; readonly from: number }[] = [];
      let timer: { unsubscribe(): void } | undefined;
      const flush = (): void => {
        timer?.unsubscribe();
        timer = undefined;
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const { message, from } = next;
          scope.at(from, () => subscriber.next(message));
        }
      };
      subscriber.add(() => timer?.unsubscribe());
      operate(source, subscriber, {
        next: (message) => {
          waiting.push({ message, from: scope.position });
          timer ??= scope.time.schedule(() => guarded(subscriber, flush), delayMs);
        },
        flush,
        heldFrom: () => lowestOf(waiting, ({ from }) => from),
      });
    });
}
