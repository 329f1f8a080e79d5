import type { Observer } from "rxjs";
import { quote, RerunError } from "../lib/errors.ts";
import { forcedSavePath } from "../lib/force-save.ts";
import type { LogMsg } from "../lib/log-msg.ts";
import type { TlsOptions } from "../lib/node/grpc-target.ts";
import { DEFAULT_RERUN_URL, parseRerunUrl } from "../lib/rerun-url.ts";
import type { Observable } from "../lib/rxjs.ts";
import type { Delivery, Sink, SinkHost, SinkState, WaitOptions } from "../lib/sink.ts";
import { GrpcSink } from "./support/grpc-sink.ts";
import { IdleSink } from "./support/idle-sink.ts";

export type { TlsOptions } from "../lib/node/grpc-target.ts";

/** How to connect. All of it may be left out. */
export interface ConnectOptions {
  /** For viewers that ask for one, such as `rerun-rx viewer --token`; sent with each request. */
  readonly token?: string;
  /** What to trust on an encrypted connection (`rerun://`, `rerun+https://`); default the well-known authorities. */
  readonly tls?: TlsOptions;
  /** How payloads are compressed. Default `"lz4"`, as the official SDKs; the work is shared with `save`. */
  readonly compression?: "lz4" | "none";
  /**
   * How long `close` of a recording waits for a viewer that is away, in milliseconds; default 1,500. A signal given
   * to `close` takes its place. A viewer that is there is waited for as long as for any other sink.
   */
  readonly closeTimeoutMs?: number;
  /**
   * How long a program that ends without `close` waits for a viewer that takes nothing, in milliseconds; default
   * 5,000.
   */
  readonly exitTimeoutMs?: number;
  /**
   * How long a viewer may say nothing, pings unanswered, before the connection counts as lost, in milliseconds; default
   * 15,000. While much is under way it may take twice as long: on a slow line an answer waits behind it.
   */
  readonly silenceMs?: number;
}

/** A sink that streams to a viewer; also an RxJS observer of messages. See {@link connect}. */
export interface ConnectSink extends Sink, Observer<LogMsg>, AsyncDisposable {
  readonly name: string;
  readonly live: boolean;
  readonly replays: boolean;
  readonly closeTimeoutMs: number;
  /** Where it connects to, in Rerun's notation. */
  readonly url: string;
  /**
   * - `connecting`: no viewer so far; it keeps trying
   * - `open`: a viewer takes what is logged
   * - `reconnecting`: it was lost; it keeps trying
   * - `closing`, `closed`
   * - `failed`: the viewer refuses our token, or its certificate is not trusted; see {@link failure}
   */
  readonly state$: Observable<SinkState>;
  readonly state: SinkState;
  readonly failure: RerunError | undefined;
  /** Why there is no connection at the moment; undefined while there is one, and before the first attempt. */
  readonly trouble: RerunError | undefined;
  attached(host: SinkHost): () => void;
  /** Messages count as delivered once the viewer has acknowledged them. */
  write(messages: readonly LogMsg[]): Delivery;
  /**
   * Resolves when the viewer has acknowledged what was written; earlier when the connection is lost meanwhile, and
   * the recording then writes it anew: `rec.flush()` waits for that as well.
   *
   * @throws RerunError `flush-timeout` when `signal` aborts before
   */
  flush(options?: WaitOptions): Promise<void>;
  /** Delivers what was written and ends the connection. Idempotent. */
  close(options?: WaitOptions): Promise<void>;
}

/**
 * Streams to a Rerun viewer, over TCP: gRPC, as the official SDKs do it.
 *
 * Returns at once and connects in the background; tries until a viewer appears, ten times in the first second, then
 * less and less often, every three seconds at last. What is logged meanwhile waits within the budget of the attachment.
 *
 * When the connection is lost it comes back by itself. Whether the viewer is still the same cannot be known, so it
 * gets everything anew: store info, static data, properties, blueprints and the history that the recording holds
 * (`historyBytes`, from the start point of the attachment on), then what follows, all in order. A viewer ignores
 * chunks that it has; a new one misses nothing. Who only writes down what comes, as `rerun --save` does, ignores none:
 * after a broken connection to the same process its file has twice what was sent twice.
 *
 * ```ts
 * rec.attach(connect()); // the viewer on this machine: rerun+http://127.0.0.1:9876/proxy
 * rec.attach(connect("rerun+http://robot.local:9876/proxy"));
 * ```
 *
 * The sink never keeps a program running; one that ends without `close` still delivers what it logged.
 *
 * @param url as {@link parseRerunUrl} takes it: `rerun+http://…`, `rerun+https://…`, `rerun://…` or `HOST:PORT`
 * @throws RerunError `invalid-argument` for a bad URL or option; trouble with the viewer shows in `state$` and `errors$`
 */
export function connect(
  url: string = DEFAULT_RERUN_URL,
  options: ConnectOptions = {},
): ConnectSink {
  const parsed = parseRerunUrl(url);
  const {
    token,
    tls,
    compression = "lz4",
    closeTimeoutMs = 1_500,
    exitTimeoutMs = 5_000,
    silenceMs = 15_000,
  } = options;
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token))
    throw refused("token", "printable ASCII without spaces", "another value");
  if (tls !== undefined && !parsed.secure)
    throw refused(
      "tls",
      `left out for ${parsed.url}, which is not encrypted`,
      "some; use rerun+https://",
    );
  if (compression !== "lz4" && compression !== "none")
    throw refused("compression", '"lz4" or "none"', quote(compression));
  for (const [name, value] of Object.entries({ closeTimeoutMs, exitTimeoutMs })) {
    if (!Number.isFinite(value) || value < 0)
      throw refused(name, "a number of milliseconds from 0 on", quote(value));
  }
  if (!(silenceMs > 0 && silenceMs <= MAX_SILENCE_MS))
    throw refused(
      "silenceMs",
      `a number of milliseconds up to ${MAX_SILENCE_MS}`,
      quote(silenceMs),
    );
  if (forcedSavePath() !== undefined) return new IdleSink(`connect(${parsed.url})`, parsed.url);
  return new GrpcSink({
    name: `connect(${parsed.url})`,
    url: parsed,
    target: { origin: parsed.origin, token, tls },
    compression,
    closeTimeoutMs,
    exitTimeoutMs,
    silenceMs,
  });
}

/** A day: more is as good as never. */
const MAX_SILENCE_MS = 86_400_000;

function refused(option: string, expected: string, got: string): RerunError {
  return new RerunError("invalid-argument", `Expected \`${option}\` to be ${expected}, got ${got}`);
}
