import type { LogMsg } from "../../lib/log-msg.ts";
import { Observable } from "../../lib/rxjs.ts";
import { type Delivery, ObserverSink } from "../../lib/sink.ts";
import type { ConnectSink } from "../connect.ts";
import type { ServeOptions, ServeSink } from "../serve.ts";

/**
 * What `connect` and `spawn` give where `_RERUN_TEST_FORCE_SAVE` sends everything to a file: it opens nothing and takes
 * nothing.
 */
export class IdleSink extends ObserverSink implements ConnectSink {
  readonly name: string;
  readonly url: string;
  readonly forceSaved = true;
  readonly live = false;
  readonly replays = false;
  readonly closeTimeoutMs = 0;
  readonly trouble = undefined;

  constructor(name: string, url: string) {
    super();
    this.name = name;
    this.url = url;
  }

  attached(): () => void {
    return () => undefined;
  }

  write(_messages: readonly LogMsg[]): Delivery {
    return { delivered: Promise.resolve() };
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    this.setState("closed");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** The same for `serve`: nobody can connect. */
export class IdleServer extends ObserverSink implements ServeSink {
  readonly name: string;
  readonly url: string;
  readonly grpcUrl: string;
  readonly port: number;
  readonly forceSaved = true;
  readonly dropped = 0;
  readonly clients$: ServeSink["clients$"] = new Observable((subscriber) => subscriber.next([]));
  readonly viewerEvents$: ServeSink["viewerEvents$"] = new Observable(() => undefined);

  constructor({ port = 9876, host = "127.0.0.1" }: ServeOptions) {
    super();
    this.url = `http://${host}:${port}`;
    this.name = `serve(${this.url})`;
    this.port = port;
    this.grpcUrl = `rerun+http://${host}:${port}/proxy`;
  }

  write(): void {}

  command(): number {
    return 0;
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    this.setState("closed");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  attach(): () => Promise<void> {
    return () => Promise.resolve();
  }
}
