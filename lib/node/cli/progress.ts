import type { SingleBar } from "cli-progress";

const PATIENCE_MS = 300;
const MB = 1_000_000;

/** Where a bar is drawn, and when. */
export interface ProgressOptions {
  /** Default: standard error. */
  readonly stream?: NodeJS.WriteStream;
  /** What is done within this needs no bar, in milliseconds; default 300. */
  readonly patienceMs?: number;
}

/** A progress bar on standard error, for what takes a while; only on a terminal. */
export class Progress {
  readonly #name: string;
  readonly #total: number;
  readonly #started: number = performance.now();
  readonly #stream: NodeJS.WriteStream;
  readonly #patienceMs: number;
  #done = 0;
  #bar: SingleBar | undefined;
  #loading = false;
  #ended = false;

  /** @param total bytes; 0 when nobody knows, then there is no bar */
  constructor(
    name: string,
    total: number,
    { stream = process.stderr, patienceMs = PATIENCE_MS }: ProgressOptions = {},
  ) {
    this.#name = name;
    this.#total = total;
    this.#stream = stream;
    this.#patienceMs = patienceMs;
  }

  /** So many bytes more are done. */
  add(bytes: number): void {
    this.#done += bytes;
    this.#bar?.update(this.#done / MB, { speed: this.#speed() });
    const isSlow = performance.now() - this.#started > this.#patienceMs;
    if (!isSlow || this.#loading || this.#total === 0 || !this.#stream.isTTY) return;
    this.#loading = true;
    void this.#show();
  }

  async #show(): Promise<void> {
    const { default: progress } = await import("cli-progress");
    if (this.#ended) return;
    this.#bar = new progress.SingleBar(
      {
        format: "{name} {bar} {percentage} % of {size} MB, {speed} MB/s, {eta_formatted} left",
        stream: this.#stream,
        hideCursor: true,
        clearOnComplete: true,
      },
      progress.Presets.shades_classic,
    );
    const size = (this.#total / MB).toFixed(0);
    this.#bar.start(this.#total / MB, this.#done / MB, {
      name: this.#name,
      size,
      speed: this.#speed(),
    });
  }

  #speed(): string {
    const seconds = (performance.now() - this.#started) / 1000;
    return (this.#done / MB / seconds).toFixed(0);
  }

  /** Takes the bar away. */
  end(): void {
    this.#ended = true;
    this.#bar?.stop();
  }
}
