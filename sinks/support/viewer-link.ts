import type { Compression } from "../../lib/encode/log-msg.ts";
import { RerunError } from "../../lib/errors.ts";
import type { GrpcConnection } from "../../lib/node/grpc-client.ts";
import type { GrpcTarget } from "../../lib/node/grpc-target.ts";
import { backoffMs } from "./backoff.ts";
import type { MessageWriter } from "./message-writer.ts";

/** Where a link leads. */
export interface ViewerLinkOptions {
  /** Of the sink, for what is told. */
  readonly name: string;
  readonly target: GrpcTarget;
  readonly compression: Compression;
  /** Silence after which a viewer is gone. */
  readonly silenceMs: number;
}

/** What a link tells its sink. */
export interface ViewerLinkEvents {
  /** A viewer is there, maybe another one than before: this writes to it. */
  opened(writer: MessageWriter): void;
  /** It is gone; another one is looked for unless the sink stops. */
  lost(error: RerunError): void;
  /** Bytes were taken, or an acknowledgement came. */
  progress(writer: MessageWriter): void;
  /** Whether no viewer was ever there, and one is still hoped for. */
  isSearching(): boolean;
  /** Something for the program to know. */
  tell(error: RerunError): void;
}

/** A viewer that does not appear for so long is told of, in milliseconds. */
const TELL_AFTER_MS = 5_000;
/** A connection that lasted so long was a good one, in milliseconds. */
const STABLE_MS = 5_000;
/** While someone waits for the end, attempts to connect are no further apart, in milliseconds. */
const HURRY_MS = 100;

/** The life of the connections to one viewer: looks for it, serves it, and comes back when it was lost. */
export class ViewerLink {
  readonly #options: ViewerLinkOptions;
  readonly #events: ViewerLinkEvents;
  readonly #stop = new AbortController();
  #trouble: RerunError | undefined;
  /** Whether the present trouble was told of. */
  #told = false;
  /** Whether the present connection has proved to be of use. */
  #worked = false;
  #attempt = 0;
  #hurried = false;
  #endPause: () => void = () => undefined;

  constructor(options: ViewerLinkOptions, events: ViewerLinkEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Why there is no connection. */
  get trouble(): RerunError | undefined {
    return this.#trouble;
  }

  /** True once it was stopped. */
  get stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Someone waits for the end, or no more. */
  set hurried(hurried: boolean) {
    if (hurried && !this.#hurried) this.#endPause();
    this.#hurried = hurried;
  }

  get hurried(): boolean {
    return this.#hurried;
  }

  /** The viewer acknowledged something. */
  worked(): void {
    this.#worked = true;
  }

  /** Ends all for good; the writer is closed by who has it. */
  stop(): void {
    this.#stop.abort();
    this.#endPause();
  }

  /**
   * Connects again and again, until it is stopped.
   *
   * @throws RerunError when trying again is of no use: `access-denied`
   */
  async run(): Promise<void> {
    const begin = performance.now();
    const { name } = this.#options;
    while (!this.stopped) {
      let trouble: RerunError;
      try {
        trouble = await this.#serve(await this.#open());
        this.#lost(trouble);
      } catch (thrown) {
        trouble = RerunError.from(thrown, "viewer-unreachable");
      }
      if (this.stopped) return;
      this.#trouble = trouble;
      if (trouble.code === "access-denied") throw trouble;
      if (this.#events.isSearching() && performance.now() - begin > TELL_AFTER_MS)
        this.#tellOnce(
          `${name} has found no viewer so far and tries again: ${trouble.message}; start one with \`rerun\` or \`npx rerun-rx viewer\``,
        );
      await this.#pause();
    }
  }

  /** Connects, and asks whether that is a viewer: before any data is sent. */
  async #open(): Promise<Opened> {
    const [client, { MessageWriter: Writer }, { statusError }] = await loadModules();
    const { signal } = this.#stop;
    const { target, silenceMs } = this.#options;
    const timing = { ...client.GRPC_TIMING, silenceMs };
    const connection = await client.GrpcConnection.open(target, { timing, signal });
    const close = (): void => connection.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      const status = await client.shakeHands(connection);
      if (status.code !== 0) throw statusError(status, true);
      return { connection, Writer };
    } catch (thrown) {
      close();
      throw thrown;
    } finally {
      signal.removeEventListener("abort", close);
    }
  }

  /** Streams over one connection; resolves with the reason when it is lost. */
  #serve({ connection, Writer }: Opened): Promise<RerunError> {
    const { name, compression } = this.#options;
    const opened = performance.now();
    let hasRefused = false;
    this.#worked = false;
    return new Promise((resolve) => {
      const writer = new Writer(connection, compression, {
        lost: (error) => {
          if (this.#worked || performance.now() - opened > STABLE_MS) {
            this.#attempt = 0;
            this.#told = false;
          }
          resolve(error);
        },
        progress: () => this.#events.progress(writer),
        refused: (error) => {
          if (hasRefused) return;
          hasRefused = true;
          this.#events.tell(
            new RerunError(
              "data-dropped",
              `${name}: the viewer refused a message, which is left out: ${error.message}`,
              { cause: error },
            ),
          );
        },
      });
      if (this.stopped) {
        writer.close();
        return;
      }
      this.#trouble = undefined;
      this.#events.opened(writer);
    });
  }

  #lost(error: RerunError): void {
    this.#events.lost(error);
    if (this.stopped || error.code === "access-denied") return;
    this.#tellOnce(
      `${this.#options.name} lost the viewer and tries again: ${error.message}; what it did not acknowledge is sent again`,
    );
  }

  async #pause(): Promise<void> {
    const delay = backoffMs(this.#attempt++);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#hurried ? Math.min(delay, HURRY_MS) : delay).unref();
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #tellOnce(message: string): void {
    if (this.#told) return;
    this.#told = true;
    this.#events.tell(new RerunError("viewer-unreachable", message, { cause: this.#trouble }));
  }
}

/** A connection to a viewer, and what writes to it. */
interface Opened {
  readonly connection: GrpcConnection;
  readonly Writer: typeof MessageWriter;
}

type Modules = readonly [
  typeof import("../../lib/node/grpc-client.ts"),
  typeof import("./message-writer.ts"),
  typeof import("./status-error.ts"),
];

let modules: Promise<Modules> | undefined;

/** HTTP/2 is loaded by those who connect, not by everyone who imports a sink; asked for once. */
function loadModules(): Promise<Modules> {
  modules ??= Promise.all([
    import("../../lib/node/grpc-client.ts"),
    import("./message-writer.ts"),
    import("./status-error.ts"),
  ]);
  return modules;
}
