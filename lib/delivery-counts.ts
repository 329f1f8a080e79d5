import type { DeliveryStats, LossEpisode } from "./attachment.ts";
import { type DataClass, dataClassOf } from "./data-class.ts";
import { byteSizeOf, type LogMsg } from "./log-msg.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const rowsOf = (message: LogMsg): number => (message.kind === "chunk" ? message.chunk.numRows : 0);

const nothing = (): Mutable<DeliveryStats> => ({
  deliveredMessages: 0,
  deliveredRows: 0,
  droppedMessages: 0,
  droppedRows: 0,
});

function addDelivered(counts: Mutable<DeliveryStats>, rows: number): void {
  counts.deliveredMessages++;
  counts.deliveredRows += rows;
}

function addDropped(counts: Mutable<DeliveryStats>, rows: number): void {
  counts.droppedMessages++;
  counts.droppedRows += rows;
}

/** Counts what was delivered and what was dropped, by class of data, and the episodes of loss. */
export class DeliveryCounts {
  readonly #total = nothing();
  readonly #classes = new Map<DataClass, Mutable<DeliveryStats>>();
  #episodes = 0;
  #episode: Episode | undefined;

  /** How often data began to be dropped. */
  get episodes(): number {
    return this.#episodes;
  }

  /** The last time in which data was dropped, or that of now. */
  get lastLoss(): LossEpisode | undefined {
    return this.#episode?.snapshot();
  }

  /** Whether data is being dropped. */
  get isLosing(): boolean {
    return this.#episode !== undefined && this.#episode.ended === undefined;
  }

  delivered(message: LogMsg): void {
    const rows = rowsOf(message);
    addDelivered(this.#total, rows);
    addDelivered(this.#of(dataClassOf(message)), rows);
  }

  dropped(message: LogMsg): void {
    const rows = rowsOf(message);
    addDropped(this.#total, rows);
    addDropped(this.#of(dataClassOf(message)), rows);
  }

  /** The same of data that is dropped for lack of room. Tells whether an episode begins with it. */
  lost(message: LogMsg): boolean {
    this.dropped(message);
    const begins = !this.isLosing;
    if (begins) {
      this.#episode = new Episode();
      this.#episodes++;
    }
    this.#episode?.add(message);
    return begins;
  }

  /** It has caught up: what is lost later is another episode. */
  endEpisode(): void {
    if (this.#episode !== undefined) this.#episode.ended ??= new Date(Date.now());
  }

  /** @param undelivered messages that count as dropped, because nobody will deliver them */
  stats(undelivered: readonly LogMsg[]): DeliveryStats & {
    readonly classes: Readonly<Partial<Record<DataClass, DeliveryStats>>>;
  } {
    const total = { ...this.#total };
    const classes: Partial<Record<DataClass, Mutable<DeliveryStats>>> = {};
    for (const [name, counts] of this.#classes) classes[name] = { ...counts };
    for (const message of undelivered) {
      const name = dataClassOf(message);
      const ofClass = classes[name] ?? nothing();
      classes[name] = ofClass;
      addDropped(total, rowsOf(message));
      addDropped(ofClass, rowsOf(message));
    }
    return { ...total, classes };
  }

  #of(name: DataClass): Mutable<DeliveryStats> {
    let counts = this.#classes.get(name);
    if (counts === undefined) {
      counts = nothing();
      this.#classes.set(name, counts);
    }
    return counts;
  }
}

class Episode {
  readonly #began = new Date(Date.now());
  ended: Date | undefined;
  #messages = 0;
  #rows = 0;
  #bytes = 0;
  readonly #classes: Partial<Record<DataClass, number>> = {};

  add(message: LogMsg): void {
    const rows = rowsOf(message);
    const name = dataClassOf(message);
    this.#messages++;
    this.#rows += rows;
    this.#bytes += byteSizeOf(message);
    this.#classes[name] = (this.#classes[name] ?? 0) + rows;
  }

  snapshot(): LossEpisode {
    return {
      began: this.#began,
      ended: this.ended,
      droppedMessages: this.#messages,
      droppedRows: this.#rows,
      droppedBytes: this.#bytes,
      classes: { ...this.#classes },
    };
  }
}

/** An episode of loss in words, for people. */
export function describeLoss(name: string, loss: LossEpisode): string {
  const { began, ended, droppedRows, classes } = loss;
  const seconds = ((ended?.getTime() ?? Date.now()) - began.getTime()) / 1000;
  const parts = Object.entries(classes).map(([key, rows]) => `${key} ${rows}`);
  const end = ended === undefined ? " and goes on; the count is in `stats$`" : "";
  return `${name} was too slow: ${droppedRows} rows were dropped for it (${parts.join(", ")}) from ${began.toISOString()} on, which took ${seconds.toFixed(1)} s${end}`;
}
