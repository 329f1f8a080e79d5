import { RerunError } from "../../lib/errors.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import type { SinkHost } from "../../lib/sink.ts";
import { FileSink } from "./file-sink.ts";
import type { OutputFile } from "./file-writer.ts";
import type { Gate } from "./gate.ts";
import { type OutputOptions, RrdOutput } from "./rrd-output.ts";

/** Where the one stream of a sink goes. */
export interface RrdTarget {
  /** How the sink is named. */
  readonly name: string;
  /** How messages name what is written. */
  readonly target: string;
  /** Of a file; undefined for a pipe. */
  readonly path?: string;
  /** Opens it, and returns the descriptor; or what opens it, for a pipe that may have no reader so far. */
  open(): OutputFile;
  /** Called when it is closed, or has failed. */
  closed?(): void;
}

/** Writes messages as one stream in Rerun's file format. The file comes into being with the first of them. */
export class RrdFileSink extends FileSink {
  readonly #to: RrdTarget;
  readonly #options: OutputOptions;
  #output: RrdOutput | undefined;
  #told = false;

  constructor(to: RrdTarget, options: OutputOptions) {
    super(to.name, to.target, options.compression);
    this.#to = to;
    this.#options = options;
  }

  /** Bytes of the stream so far. */
  get bytesWritten(): number {
    return this.#output?.bytes ?? 0;
  }

  override attached(host: SinkHost): () => void {
    // A recording that is switched off leaves nothing behind, not even an empty file.
    if (host.enabled && this.failure === undefined && this.state === "open") {
      try {
        this.guard(() => this.#open());
      } catch {
        // The state says so.
      }
    }
    return super.attached(host);
  }

  protected override get waiting(): Gate | undefined {
    return this.#output?.waiting;
  }

  protected override letGo(): void {
    this.#output?.letGo();
  }

  protected override endNow(deadline: number): void {
    this.#output?.endNow(deadline);
  }

  protected take(message: LogMsg): void {
    const output = this.#open();
    output.write(message);
    if (this.#told || output.footerFill < 1) return;
    this.#told = true;
    this.report(
      new RerunError(
        "index-dropped",
        `${this.name} has more chunks than its index may hold and goes on without; give save() a larger \`footerBytes\`, or \`rotate\``,
      ),
    );
  }

  protected settle(): Promise<void> | undefined {
    return this.#output?.flush();
  }

  protected finish(): Promise<void> | undefined {
    const rest = this.#output?.finish()?.finally(() => this.#to.closed?.());
    if (rest === undefined) this.#to.closed?.();
    return rest;
  }

  protected finishNow(deadline: number): boolean {
    return this.#output?.finishNow(deadline) ?? true;
  }

  protected abort(): void {
    this.#output?.abort();
    this.#to.closed?.();
  }

  #open(): RrdOutput {
    if (this.#output === undefined) {
      const { path } = this.#to;
      this.#output = new RrdOutput(this.#to.open(), path, this.#options, this.failed);
      this.opened(!this.#output.isFile);
    }
    return this.#output;
  }
}
