import { realTime, type TimeSource } from "./rxjs.ts";

/** An operator that holds messages back, as the pipeline of a sink sees it. */
export interface HoldingOperator {
  /** Hands out all that it holds back, and goes on. */
  flush(): void;
  /** The position of the first of what it holds back; undefined while that is nothing. */
  heldFrom(): number | undefined;
}

/**
 * What operators know of the pipeline they are part of.
 *
 * A sink may have less than its operators have seen: what they hold back is still owed to it. So each operator
 * notes for what it keeps the position of the message that it came with, tells the position of the first of it, and hands
 * it out at that position: the next operator, which may hold it back in turn, then notes the same one.
 */
export interface PipeScope {
  /** Of the message that flows at the moment, counted in the order of the recording. */
  readonly position: number;
  /** Measures the time of those who did not ask for a clock of their own. */
  readonly time: TimeSource;
  /** Runs what hands out something that was held back, at the position of the first of it; undefined for nothing. */
  at(position: number | undefined, work: () => void): void;
  /** @returns what takes the operator out */
  join(operator: HoldingOperator): () => void;
}

/** Of operators that are subscribed elsewhere: nobody wants to know. */
const NO_SCOPE: PipeScope = {
  position: 0,
  time: realTime,
  at: (_position, work) => work(),
  join: () => () => undefined,
};

let current = NO_SCOPE;

/** Runs `work`; operators that are subscribed in it belong to this pipeline. */
export function withScope<T>(scope: PipeScope, work: () => T): T {
  const outer = current;
  current = scope;
  try {
    return work();
  } finally {
    current = outer;
  }
}

/** For operators, while they are subscribed: the pipeline they are part of. */
export function currentScope(): PipeScope {
  return current;
}

/**
 * The lowest position of what is held back; undefined for nothing.
 *
 * @param from the position of each
 */
export function lowestOf<T>(
  held: Iterable<T>,
  from: (each: T) => number | undefined,
): number | undefined {
  let lowest: number | undefined;
  for (const each of held) {
    const position = from(each);
    if (position !== undefined && (lowest === undefined || position < lowest)) lowest = position;
  }
  return lowest;
}
