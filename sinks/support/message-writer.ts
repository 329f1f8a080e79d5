import { encodeGrpcParts, PROXY_SERVICE } from "../../lib/encode/grpc.ts";
import type { Compression } from "../../lib/encode/log-msg.ts";
import { RerunError } from "../../lib/errors.ts";
import { byteSizeOf, type LogMsg } from "../../lib/log-msg.ts";
import { GRPC_CODE, type GrpcStatus, showStatus } from "../../lib/node/grpc-answer.ts";
import { type GrpcConnection, shakeHands } from "../../lib/node/grpc-client.ts";
import { type ClientCall } from "../../lib/node/grpc-client-call.ts";
import { Coalescer } from "./coalescer.ts";

/** Called once all messages of a batch are acknowledged, with those that the viewer refused. */
export type OnDelivered = (refused: readonly LogMsg[]) => void;

/** Messages that are acknowledged together. */
interface Batch {
  readonly messages: readonly LogMsg[];
  readonly bytes: number;
  readonly onDelivered: OnDelivered;
  /** Those before it are acknowledged. */
  from: number;
  readonly refused: LogMsg[];
  /** Whether someone waits for the acknowledgement. */
  urgent: boolean;
}

/** What a writer tells. */
export interface WriterEvents {
  /** The connection is of no use any more; called once, and nothing after it. */
  lost(error: RerunError): void;
  /** Bytes were taken, or an acknowledgement came. */
  progress(): void;
  /** The viewer does not want a message, and the others go on. */
  refused(error: RerunError): void;
}

/** When to ask for an acknowledgement. */
export interface AckPolicy {
  /** Bytes sent since the last one. */
  readonly bytes: number;
  /** Time since the first message that was sent after the last one, in milliseconds. */
  readonly afterMs: number;
}

export const ACK_POLICY: AckPolicy = { bytes: 16 << 20, afterMs: 1_000 };

/** What is sent ahead of what the network takes: enough for a gigabyte a second. */
const MAX_UNDER_WAY_BYTES = 4 << 20;
/** How long the event loop is kept from other work, in milliseconds; one large message may take longer. */
const SLICE_MS = 1;
/** Calls that may break in a row before the connection is given up. */
const MAX_BROKEN_CALLS = 3;
const RETRY_MS = 100;
/** A pause for an acknowledgement costs a round trip: slow networks get fewer. */
const ROUND_TRIPS_BETWEEN_ACKS = 20;
const MAX_ACK_AFTER_MS = 10_000;

/** Statuses that say that something is wrong with what was sent. */
const REFUSALS: ReadonlySet<number> = new Set([3, 8, 11]);

const METHOD = `${PROXY_SERVICE}/WriteMessages`;

/**
 * Writes messages over one connection, in order, and tells which of them the viewer has.
 *
 * Messages go into one long call. gRPC knows no acknowledgement within a call, but a call that is ended is answered
 * once everything in it was taken: so now and then the call is ended, its answer awaited, and another one begun.
 * Nothing is sent in between, because calls side by side have no order.
 *
 * When a call breaks and the connection does not, the viewer is still the same: what it did not acknowledge is sent
 * again. If it refuses what it gets, the call is halved until the one message is found that it does not want.
 */
export class MessageWriter {
  readonly #connection: GrpcConnection;
  readonly #compression: Compression;
  readonly #events: WriterEvents;
  readonly #policy: AckPolicy;
  readonly #out = new Coalescer();
  /** To be sent; of the first, all before `#next` is. */
  #queue: Batch[] = [];
  #next = 0;
  #unsentBytes = 0;
  /** Sent as a whole, not acknowledged. */
  #sent: Batch[] = [];
  #call: ClientCall | undefined;
  #callBytes = 0;
  #callMessages = 0;
  #maxCallMessages = Number.POSITIVE_INFINITY;
  /** Whether the call was ended and its answer is awaited. */
  #awaiting = false;
  #ackMs = 0;
  #underWayBytes = 0;
  #brokenCalls = 0;
  #step: NodeJS.Immediate | undefined;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #gone = false;

  constructor(
    connection: GrpcConnection,
    compression: Compression,
    events: WriterEvents,
    policy: AckPolicy = ACK_POLICY,
  ) {
    this.#connection = connection;
    this.#compression = compression;
    this.#events = events;
    this.#policy = policy;
    connection.onDraining = () => this.#drain();
    void connection.closed.then((error) => {
      if (error !== undefined) this.#lose(error);
    });
  }

  /** Bytes of the messages that wait to be sent, those of a batch that is sent in part included. */
  get unsentBytes(): number {
    return this.#unsentBytes;
  }

  /** Takes messages; they are encoded and sent on later turns of the event loop. */
  push(messages: readonly LogMsg[], onDelivered: OnDelivered): void {
    if (this.#gone || messages.length === 0) return;
    const bytes = messages.reduce((sum, message) => sum + byteSizeOf(message), 0);
    this.#queue.push({ messages, bytes, onDelivered, from: 0, refused: [], urgent: false });
    this.#unsentBytes += bytes;
    this.#schedule();
  }

  /** Asks for an acknowledgement of everything pushed so far, as soon as it is sent. */
  flush(): void {
    const last = this.#queue.at(-1) ?? this.#sent.at(-1);
    // Remembered also of what is sent: the call may break.
    if (last !== undefined) last.urgent = true;
    if (this.#queue.length === 0) this.#acknowledge();
  }

  /** Ends the connection. What is not acknowledged is forgotten. */
  close(): void {
    this.#stop();
    this.#connection.close();
  }

  #schedule(): void {
    if (this.#step !== undefined || this.#awaiting || this.#gone || this.#retryTimer !== undefined)
      return;
    // It keeps the process alive for one turn. With `unref` it would wait until something else happens.
    this.#step = setImmediate(() => {
      this.#step = undefined;
      this.#send();
    });
  }

  #send(): void {
    if (this.#awaiting || this.#gone) return;
    const until = performance.now() + SLICE_MS;
    let due = false;
    while (!due && this.#underWayBytes < MAX_UNDER_WAY_BYTES) {
      const [batch] = this.#queue;
      if (batch === undefined) break;
      const message = batch.messages[this.#next++] as LogMsg;
      this.#encode(batch, message);
      if (this.#next === batch.messages.length) {
        this.#queue.shift();
        this.#unsentBytes -= batch.bytes;
        this.#sent.push(batch);
        this.#next = 0;
        due = batch.urgent;
      }
      this.#write(false);
      due ||=
        this.#callBytes + this.#out.bytes >= this.#policy.bytes ||
        this.#callMessages >= this.#maxCallMessages;
      if (performance.now() >= until) break;
    }
    this.#write(true);
    if (this.#call === undefined) {
      // Nothing of it could be sent.
      this.#deliver();
    } else if (due) {
      this.#acknowledge();
    } else if (this.#callMessages > 0) {
      const afterMs = Math.min(
        Math.max(this.#policy.afterMs, ROUND_TRIPS_BETWEEN_ACKS * this.#ackMs),
        MAX_ACK_AFTER_MS,
      );
      this.#ackTimer ??= setTimeout(() => this.#acknowledge(), afterMs).unref();
    }
    if (this.#queue.length > 0 && this.#underWayBytes < MAX_UNDER_WAY_BYTES) this.#schedule();
  }

  #encode(batch: Batch, message: LogMsg): void {
    let parts: readonly Uint8Array[];
    try {
      parts = encodeGrpcParts(message, this.#compression);
    } catch (thrown) {
      // Too large for the format: no other connection would help.
      batch.refused.push(message);
      this.#events.refused(RerunError.from(thrown, "invalid-data"));
      return;
    }
    for (const part of parts) this.#out.add(part);
    this.#callMessages++;
  }

  /** Hands what was gathered to the network; unless it is the last, only when it is worth a write. */
  #write(last: boolean): void {
    const { bytes } = this.#out;
    if (bytes === 0 || !(last || this.#out.isFull)) return;
    const pieces = this.#out.take();
    const call = this.#call ?? this.#begin();
    this.#callBytes += bytes;
    this.#underWayBytes += bytes;
    call.write(pieces, () => {
      if (call !== this.#call) return;
      this.#underWayBytes -= bytes;
      this.#events.progress();
      if (this.#queue.length > 0) this.#schedule();
    });
  }

  #begin(): ClientCall {
    const call = this.#connection.call(METHOD);
    this.#call = call;
    call.status.then(
      (status) => this.#answered(call, status),
      (error: unknown) => this.#broken(call, RerunError.from(error)),
    );
    return call;
  }

  #acknowledge(): void {
    const call = this.#call;
    if (call === undefined || this.#awaiting) return;
    this.#clearTimers();
    this.#awaiting = true;
    const start = performance.now();
    call.end();
    call.status.then(
      () => {
        this.#ackMs = performance.now() - start;
      },
      () => undefined,
    );
  }

  #answered(call: ClientCall, status: GrpcStatus): void {
    if (call !== this.#call) return;
    if (status.code !== 0 || !call.ended) {
      this.#broken(call, statusError(status, call.ended), status.code);
      return;
    }
    this.#endCall();
    this.#brokenCalls = 0;
    this.#maxCallMessages *= 2;
    const [head] = this.#queue;
    if (head !== undefined) head.from = this.#next;
    this.#deliver();
    this.#events.progress();
    if (this.#connection.draining) this.#drain();
    else if (this.#queue.length > 0) this.#schedule();
  }

  #deliver(): void {
    const delivered = this.#sent;
    this.#sent = [];
    for (const batch of delivered) batch.onDelivered(batch.refused);
  }

  /** The call ended before everything in it was acknowledged. */
  #broken(call: ClientCall, error: RerunError, code = -1): void {
    if (call !== this.#call || this.#gone) return;
    const messages = this.#callMessages;
    this.#endCall();
    call.cancel();
    this.#queue = [...this.#sent, ...this.#queue];
    this.#unsentBytes = this.#queue.reduce((sum, batch) => sum + batch.bytes, 0);
    this.#sent = [];
    this.#next = this.#queue[0]?.from ?? 0;
    if (error.code === "access-denied") {
      this.#lose(error);
      return;
    }
    if (messages === 1 && REFUSALS.has(code)) {
      void this.#skipIfItIsTheMessage(error);
      return;
    }
    this.#maxCallMessages = Math.max(1, messages >> 1);
    // Each half is a new try; only what goes wrong with a single message, or for no reason, counts.
    if (messages <= 1 || !REFUSALS.has(code)) this.#brokenCalls++;
    if (this.#connection.draining || this.#brokenCalls >= MAX_BROKEN_CALLS) {
      this.#lose(error);
      return;
    }
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = undefined;
      this.#schedule();
    }, RETRY_MS * this.#brokenCalls).unref();
  }

  /** A message was refused; that may have other reasons, and then a call without any is refused as well. */
  async #skipIfItIsTheMessage(error: RerunError): Promise<void> {
    this.#awaiting = true;
    try {
      const status = await shakeHands(this.#connection);
      this.#awaiting = false;
      if (this.#gone) return;
      if (status.code === 0) this.#skip(error);
      else this.#lose(statusError(status, true));
    } catch (thrown) {
      this.#lose(RerunError.from(thrown, "viewer-unreachable"));
    }
  }

  /** Leaves out the first message that waits: it alone was sent, and refused. */
  #skip(error: RerunError): void {
    const batch = this.#queue[0];
    const message = batch?.messages[this.#next];
    if (batch === undefined || message === undefined) return;
    batch.refused.push(message);
    batch.from = ++this.#next;
    this.#events.refused(error);
    if (batch.from === batch.messages.length) {
      this.#queue.shift();
      this.#unsentBytes -= batch.bytes;
      this.#next = 0;
      batch.onDelivered(batch.refused);
    }
    this.#schedule();
  }

  /** The server ends the connection: what was sent may still be acknowledged, nothing new is begun. */
  #drain(): void {
    if (this.#gone) return;
    if (this.#call !== undefined) {
      this.#acknowledge();
      return;
    }
    this.#lose(
      new RerunError("viewer-unreachable", "The viewer ended the connection in good order"),
    );
  }

  #endCall(): void {
    this.#clearTimers();
    this.#call = undefined;
    this.#awaiting = false;
    this.#callBytes = 0;
    this.#callMessages = 0;
    this.#underWayBytes = 0;
    this.#out.clear();
  }

  #lose(error: RerunError): void {
    if (this.#gone) return;
    this.#stop();
    this.#connection.close();
    this.#events.lost(error);
  }

  #stop(): void {
    this.#gone = true;
    clearImmediate(this.#step);
    clearTimeout(this.#retryTimer);
    this.#endCall();
    this.#queue = [];
    this.#unsentBytes = 0;
    this.#sent = [];
  }

  #clearTimers(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
  }
}

/** Whether a status says that we may not write. */
function isDenied(code: number): boolean {
  return code === GRPC_CODE.permissionDenied || code === GRPC_CODE.unauthenticated;
}

/** What a status that is no success means, in words. */
export function statusError(status: GrpcStatus, ended: boolean): RerunError {
  const name = showStatus(status);
  if (isDenied(status.code)) {
    return new RerunError(
      "access-denied",
      `Expected the viewer to let us write, it answered ${name}; give its token as \`token\``,
    );
  }
  return new RerunError(
    "viewer-unreachable",
    ended
      ? `Expected the viewer to take all messages, it answered ${name}`
      : `Expected the viewer to take messages until we end, it answered ${name} before`,
  );
}
