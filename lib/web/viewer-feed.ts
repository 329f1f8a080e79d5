import type { ReceivedFrames } from "./hub-link.ts";

export interface FeedOptions {
  /** Hands one complete RRD stream to the viewer. */
  readonly send: (rrd: Uint8Array) => void;
  /** Calls back when the page has had time to draw. */
  readonly nextTurn: (callback: () => void) => void;
  /**
   * Calls back when the viewer has understood the first call: it begins with blueprints, and what overtook it would be
   * laid out without them. Default: as `nextTurn`.
   */
  readonly opened?: (callback: () => void) => void;
  /** Bytes of frames in one call; a single batch may be larger. Default 4 MiB. */
  readonly maxCallBytes?: number;
  /** Says to hold back for now, after `heldBytes` that the viewer could not show. */
  readonly holdBack?: () => boolean;
}

/**
 * Hands frames to the viewer: from when it is ready, in order, one call a turn.
 *
 * Each call decodes on its own and gives way every 10 ms, so a small call can overtake a large one. What must
 * come together arrives in one batch, and a batch is never divided; what is small is joined, as each call has
 * its cost. Only after a turn is it acknowledged, so the hub sends no faster than this page can decode.
 */
export class ViewerFeed {
  readonly #options: FeedOptions;
  #queue: ReceivedFrames[] = [];
  #queuedBytes = 0;
  #ready = false;
  #scheduled = false;
  #messages = 0;
  #opened = false;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Frames handed over. */
  get messages(): number {
    return this.#messages;
  }

  /** Bytes that wait here. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** The viewer takes data from now on; what was sent before this would have been lost. */
  ready(): void {
    this.#ready = true;
    this.wake();
  }

  push(frames: ReceivedFrames): void {
    this.#queue.push(frames);
    this.#queuedBytes += frames.messages.frames.length;
    this.wake();
  }

  /** Looks again whether something can be handed over. */
  wake(): void {
    if (!this.#ready || this.#scheduled || this.#queue.length === 0) return;
    if (this.#options.holdBack?.() === true) return;
    this.#scheduled = true;
    const taken = this.#take();
    const { nextTurn, opened = nextTurn } = this.#options;
    const wait = this.#opened ? nextTurn : opened;
    this.#opened = true;
    this.#options.send(joinStream(taken));
    wait(() => {
      this.#scheduled = false;
      for (const { done } of taken) done();
      this.wake();
    });
  }

  #take(): ReceivedFrames[] {
    const { maxCallBytes = 4 * 1024 * 1024 } = this.#options;
    let count = 0;
    let bytes = 0;
    const header = this.#queue[0]?.header;
    for (const { header: own, messages } of this.#queue) {
      const size = messages.frames.length;
      // Batches of a restarted hub, maybe of another version, have a stream of their own.
      if (count > 0 && (bytes + size > maxCallBytes || !sameBytes(own, header))) break;
      count++;
      bytes += size;
      this.#messages += messages.sizes.length;
    }
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }
}

/** One RRD stream: the 12-byte header, then frames. */
function joinStream(batches: readonly ReceivedFrames[]): Uint8Array {
  const parts = [
    batches[0]?.header ?? new Uint8Array(0),
    ...batches.map(({ messages }) => messages.frames),
  ];
  const stream = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    stream.set(part, at);
    at += part.length;
  }
  return stream;
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return a === b || (a.length === b?.length && a.every((byte, i) => byte === b[i]));
}
