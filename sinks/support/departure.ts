import { keepAlive } from "../../lib/wait.ts";
import { beforeExit } from "./before-exit.ts";

/** What a departure needs of its sink. */
export interface DepartureOptions {
  /** Takes what recordings hold back. */
  readonly drain: () => void;
  /** Whether something was taken and is not delivered. */
  readonly isOwing: () => boolean;
  /** Resolves when nothing is owed any more, or nothing is to be expected, or the signal aborts. */
  readonly deliver: (signal: AbortSignal) => Promise<void>;
  /** How long a program that has nothing else to do waits for a peer that takes nothing, in milliseconds. */
  readonly idleMs: number;
  /** The program ends although something is owed. */
  readonly leaves: () => void;
}

/** Keeps a program running at its end until the rest is delivered, but not for a peer that takes nothing. */
export class Departure {
  readonly #options: DepartureOptions;
  readonly #unhook: () => void;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  constructor(options: DepartureOptions) {
    this.#options = options;
    this.#unhook = beforeExit(() => this.#onBeforeExit());
  }

  /** Something went forward: the wait begins anew. */
  progress(): void {
    this.#idle?.refresh();
  }

  /** From now on the program may end: someone else sees to the rest. */
  cancel(): void {
    this.#isOver = true;
  }

  /** Takes back what was registered on the process. */
  unhook(): void {
    this.#isOver = true;
    this.#unhook();
  }

  /**
   * Keeps the process alive while what was taken is delivered.
   *
   * @param idleMs how long without any progress
   * @returns whether all of it was
   */
  async deliverRest(idleMs: number, signal?: AbortSignal): Promise<boolean> {
    const { deliver, isOwing } = this.#options;
    const letGo = keepAlive();
    const controller = new AbortController();
    this.#idle = setTimeout(() => controller.abort(), idleMs);
    await deliver(
      signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    );
    clearTimeout(this.#idle);
    this.#idle = undefined;
    letGo();
    return !isOwing();
  }

  /** Nothing is left to do for the program but to deliver. */
  #onBeforeExit(): void {
    if (this.#isOver || this.#idle !== undefined) return;
    const { drain, isOwing, idleMs, leaves } = this.#options;
    drain();
    if (!isOwing()) return;
    void this.deliverRest(idleMs).then((isDelivered) => {
      if (isDelivered || this.#isOver) return;
      // Once is enough: the program ends now.
      this.#isOver = true;
      leaves();
    });
  }
}
