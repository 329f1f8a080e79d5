import { encodeGrpcParts, PROXY_SERVICE } from "../../lib/encode/grpc.ts";
import { type Compression, prepareFrame } from "../../lib/encode/rrd.ts";
import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import type { GrpcStatus } from "../../lib/node/grpc-answer.ts";
import { type GrpcConnection, shakeHands } from "../../lib/node/grpc-client.ts";
import type { ClientCall } from "../../lib/node/grpc-client-call.ts";
import { ACK_POLICY, AckPacer, type AckPolicy } from "./ack-policy.ts";
import { Coalescer } from "./coalescer.ts";
import { REFUSALS, statusError } from "./status-error.ts";
import { type Batch, type OnDelivered, Unacknowledged } from "./unacknowledged.ts";

/** What a writer tells. */
export interface WriterEvents {
  /** The connection is of no use any more; called once, and nothing after it. */
  lost(error: RerunError): void;
  /** Bytes were taken, or an acknowledgement came. */
  progress(): void;
  /** The viewer does not want a message, and the others go on. */
  refused(error: RerunError): void;
}

/** What is sent ahead of what the network takes: enough for a gigabyte a second. */
const MAX_UNDER_WAY_BYTES = 4 << 20;
/** How long the event loop is kept from other work, in milliseconds; one large message may take longer. */
const SLICE_MS = 1;
/** Calls that may break in a row before the connection is given up. */
const MAX_BROKEN_CALLS = 3;
const RETRY_MS = 100;
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
  readonly #pacer: AckPacer;
  readonly #out = new Coalescer();
  readonly #batches = new Unacknowledged();
  #call: ClientCall | undefined;
  /** Whether the call was ended and its answer is awaited. */
  #awaiting = false;
  /** Whether the next message is being compressed on another thread. */
  #preparing = false;
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
    this.#pacer = new AckPacer(policy);
    connection.onDraining = () => this.#drain();
    void connection.closed.then((error) => {
      if (error !== undefined) this.#lose(error);
    });
  }

  /** Bytes of the messages that wait to be sent, those of a batch that is sent in part included. */
  get unsentBytes(): number {
    return this.#batches.unsentBytes;
  }

  /** Takes messages; they are encoded and sent on later turns of the event loop. */
  push(messages: readonly LogMsg[], onDelivered: OnDelivered): void {
    if (this.#gone || messages.length === 0) return;
    this.#batches.push(messages, onDelivered);
    // Already now: it is there when its turn comes.
    for (const message of messages) void prepareFrame(message, this.#compression);
    this.#schedule();
  }

  /** Asks for an acknowledgement of everything pushed so far, as soon as it is sent. */
  flush(): void {
    this.#batches.hurry();
    if (this.#batches.isSent) this.#acknowledge();
  }

  /** Ends the connection. What is not acknowledged is forgotten. */
  close(): void {
    this.#stop();
    this.#connection.close();
  }

  #schedule(): void {
    if (this.#step !== undefined || this.#awaiting || this.#preparing) return;
    if (this.#gone || this.#retryTimer !== undefined) return;
    // It keeps the process alive for one turn. With `unref` it would wait until something else happens.
    this.#step = setImmediate(() => {
      this.#step = undefined;
      this.#send();
    });
  }

  #send(): void {
    if (this.#awaiting || this.#preparing || this.#gone) return;
    const until = performance.now() + SLICE_MS;
    let due = false;
    while (!due && this.#underWayBytes < MAX_UNDER_WAY_BYTES) {
      const batch = this.#batches.head;
      if (batch === undefined || this.#prepare(this.#batches.next(batch))) break;
      this.#encode(batch, this.#batches.take(batch));
      due = this.#batches.settle(batch);
      this.#write(false);
      due ||= this.#pacer.isFull(this.#out.bytes);
      if (performance.now() >= until) break;
    }
    this.#write(true);
    if (this.#call === undefined) {
      // Nothing of it could be sent.
      this.#batches.deliver();
    } else if (due) {
      this.#acknowledge();
    } else if (this.#pacer.messages > 0) {
      this.#ackTimer ??= setTimeout(() => this.#acknowledge(), this.#pacer.afterMs).unref();
    }
    if (!this.#batches.isSent && this.#underWayBytes < MAX_UNDER_WAY_BYTES) this.#schedule();
  }

  /** Tells whether a message has to be waited for, because another thread compresses it. */
  #prepare(message: LogMsg): boolean {
    const prepared = prepareFrame(message, this.#compression);
    if (prepared === undefined) return false;
    this.#preparing = true;
    void prepared.then(() => {
      this.#preparing = false;
      this.#schedule();
    });
    return true;
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
    this.#pacer.addMessage();
  }

  /** Hands what was gathered to the network; unless it is the last, only when it is worth a write. */
  #write(last: boolean): void {
    const { bytes } = this.#out;
    if (bytes === 0 || !(last || this.#out.isFull)) return;
    const pieces = this.#out.take();
    const call = this.#call ?? this.#begin();
    this.#pacer.addBytes(bytes);
    this.#underWayBytes += bytes;
    call.write(pieces, () => {
      if (call !== this.#call) return;
      this.#underWayBytes -= bytes;
      this.#events.progress();
      if (!this.#batches.isSent) this.#schedule();
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
        this.#pacer.answered(performance.now() - start);
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
    this.#pacer.grow();
    this.#batches.acknowledge();
    this.#events.progress();
    if (this.#connection.draining) this.#drain();
    else if (!this.#batches.isSent) this.#schedule();
  }

  /** The call ended before everything in it was acknowledged. */
  #broken(call: ClientCall, error: RerunError, code = -1): void {
    if (call !== this.#call || this.#gone) return;
    const { messages } = this.#pacer;
    this.#endCall();
    call.cancel();
    this.#batches.restore();
    if (error.code === "access-denied") {
      this.#lose(error);
      return;
    }
    if (messages === 1 && REFUSALS.has(code)) {
      void this.#skipIfItIsTheMessage(error);
      return;
    }
    this.#pacer.halve(messages);
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
      if (status.code === 0) {
        this.#batches.skip(() => this.#events.refused(error));
        this.#schedule();
      } else this.#lose(statusError(status, true));
    } catch (thrown) {
      this.#lose(RerunError.from(thrown, "viewer-unreachable"));
    }
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
    this.#pacer.endCall();
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
    this.#batches.clear();
  }

  #clearTimers(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
  }
}
