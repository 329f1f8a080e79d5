import { fromEvent, map, merge, NEVER, type Observable, shareReplay, take, timer } from "rxjs";

/** One Ctrl-C can arrive several times: from the terminal, and from each program above this one. */
const ONE_KEYPRESS_MS = 500;

/**
 * Emits once when the program is to end: after `seconds`, on Ctrl-C, or on SIGTERM. It listens as soon as it is made;
 * a second Ctrl-C then ends the process at once.
 */
export function ending$(seconds: number | undefined): Observable<unknown> {
  const signals$ = merge(fromEvent(process, "SIGINT"), fromEvent(process, "SIGTERM")).pipe(
    map(() => performance.now()),
    // A signal that comes before anyone waits for it counts too.
    shareReplay(1),
  );
  let firstMs: number | undefined;
  signals$.subscribe((nowMs) => {
    firstMs ??= nowMs;
    if (nowMs - firstMs > ONE_KEYPRESS_MS) process.exit(130);
  });
  return merge(signals$, seconds === undefined ? NEVER : timer(seconds * 1000)).pipe(take(1));
}
