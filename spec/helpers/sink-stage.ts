import { expect } from "chai";
import { Subject } from "rxjs";
import type { Attachment, AttachOptions, SinkStats } from "../../lib/attachment.ts";
import { since } from "../../lib/attachment.ts";
import { RerunError } from "../../lib/errors.ts";
import type { RecordingStreamOptions } from "../../lib/recording-options.ts";
import type { FlushResult } from "../../lib/recording-stats.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import type { SinkLike, WaitOptions } from "../../lib/sink.ts";
import * as operators from "../../operators/index.ts";
import { type FlightRecorderOptions, flightRecorder } from "../../sinks/flight-recorder.ts";
import { type RotatedSaveOptions, save } from "../../sinks/save.ts";
import { chunkIn } from "./chunk-rows.ts";
import { FileLines } from "./file-lines.ts";
import { flow, flowCalls } from "./flow.ts";
import { type MarbleNames, marbleArgs, marbleValue } from "./marble-args.ts";
import type { MarbleBlock } from "./marble-doc.ts";
import { LineCheck, type Mark, marksOf } from "./marble-lines.ts";
import { blueprintOf, MessageTexts } from "./message-texts.ts";
import { ScriptedSink } from "./scripted-sink.ts";
import type { TempDir } from "./use-temp-dir.ts";
import { VirtualTime } from "./virtual-time.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Turns of the event loop between two moments: as many as promises and files need that wait for nobody. */
const TURNS = 4;
/** How long to wait, in real time, for what the system does in the background, such as deleting a file. */
const PATIENCE_NS = 1_000_000_000n;

/** Lines in which the letters are done. */
const DONE = ["program", "again", "far", "trigger$"];

/** What diagrams about sinks leave out, so that they show one thing. */
const PLAIN: RecordingStreamOptions = {
  recordingId: "rec",
  sendProperties: false,
  logTime: false,
  logTick: false,
  batch: { flushNumRows: 1 },
};

/** A program that logs, and sinks that come and go: runs a diagram of `docs/semantics.md`, and compares. */
export class SinkStage {
  readonly #block: MarbleBlock;
  readonly #dir: TempDir;
  readonly #time = new VirtualTime();
  readonly #beganMs = this.#time.now;
  readonly #check: LineCheck;
  readonly #files: FileLines;
  readonly #trigger$ = new Subject<string>();
  readonly #names: MarbleNames;
  readonly #rec: RecordingStream;
  /** Sinks that are closed or failed. */
  readonly #ended = new Set<string>();
  /** Whether the diagram is at its end: what happens now it does not show. */
  #isOver = false;
  #isClosed = false;
  #waitedNs = 0n;

  constructor(block: MarbleBlock, dir: TempDir) {
    this.#block = block;
    this.#dir = dir;
    const names = [...block.lines.keys()].filter((name) => !DONE.includes(name));
    this.#check = new LineCheck(block, names);
    this.#files = new FileLines(dir, (name, text) => this.#receives(name, text));
    this.#names = this.#makeNames(names);
    const [options] = marbleArgs(block.argsText, this.#names) as [RecordingStreamOptions?];
    this.#rec = new RecordingStream("app", { ...PLAIN, ...options });
    this.#rec.errors$.subscribe(({ code }) => this.#happened("told", code));
  }

  async run(): Promise<void> {
    try {
      await this.#play();
      this.#isOver = true;
      await this.#close();
      // Files are deleted in the background, which the end waits for: those that should not be show now.
      this.#files.look();
    } finally {
      this.#time.end();
    }
    const { actual, expected } = this.#check.result;
    expect(actual).to.deep.equal(expected);
  }

  async #play(): Promise<void> {
    const { lines } = this.#block;
    const all = [...lines].map(([name, diagram]) => ({ name, marks: marksOf(diagram) }));
    const doing = all.filter(({ name }) => DONE.includes(name));
    const end = Math.max(...[...lines.values()].map(lengthOf));
    for (let now = 0; now <= end; now++) {
      if (now > 0) this.#time.advance(1);
      for (const { name, marks } of doing) {
        for (const each of marks) if (each.atMs === now) this.#do(name, each);
      }
      await this.#settle(now);
    }
  }

  /** Ends what the diagram leaves open. */
  async #close(): Promise<void> {
    const closed = this.#rec.close({ signal: AbortSignal.abort() }).then(() => {
      this.#isClosed = true;
    });
    const start = process.hrtime.bigint();
    while (!this.#isClosed && process.hrtime.bigint() - start < PATIENCE_NS) await turn();
    // For a close of the diagram that waits for a sink.
    this.#time.advance(10_000);
    await closed;
  }

  async #settle(now: number): Promise<void> {
    const start = process.hrtime.bigint();
    for (let turns = 1; ; turns++) {
      await turn();
      this.#files.look();
      if (turns < TURNS) continue;
      if (!this.#check.isBehind(now)) return;
      const waited = process.hrtime.bigint() - start;
      if (this.#waitedNs + waited < PATIENCE_NS) continue;
      this.#waitedNs += waited;
      return;
    }
  }

  #do(line: string, { mark }: Mark): void {
    if (mark === "|") {
      this.#returns(this.#rec.close());
      return;
    }
    const text = this.#block.legend[mark];
    if (line === "trigger$") this.#trigger$.next(mark);
    else if (text === undefined) throw new Error(`No meaning of ${mark}`);
    else if (/^\w+\(/.test(text)) this.#returns(marbleValue(text, this.#names));
    else if (text.startsWith("blueprint ")) this.#rec.sendBlueprint(blueprintOf(text.slice(10)));
    else for (const call of flowCalls(text)) this.#rec.log(...call);
  }

  /** Something is done; what a promise resolves with is a result. */
  #returns(value: unknown): void {
    if (!(value instanceof Promise) || !this.#block.lines.has("result")) return;
    value.then(
      (result: FlushResult | SinkStats | Attachment) => {
        if ("stats" in result) this.#happened("result", "attached");
        else this.#happened("result", this.#resultText(result));
      },
      (thrown: unknown) => this.#happened("result", RerunError.from(thrown).code),
    );
  }

  #resultText(result: FlushResult | SinkStats): string {
    if ("sinks" in result) {
      const sinks = result.sinks.map((stats) => this.#resultText(stats));
      return `${result.complete ? "complete" : "incomplete"}: ${sinks.join(", ")}`;
    }
    const { name, deliveredRows, droppedRows, queuedBytes } = result;
    const queued = queuedBytes / this.#bytesOf("a");
    const parts = [`${deliveredRows} delivered`];
    if (queued > 0) parts.push(`${queued} queued`);
    if (droppedRows > 0) parts.push(`${droppedRows} dropped`);
    return `${name} ${parts.join(" ")}`;
  }

  #happened(line: string, text: string): void {
    if (this.#isOver && text !== "deleted") return;
    this.#check.happened(this.#time.now - this.#beganMs, line, text);
  }

  /** Something came to a sink or into a file; of some things only the diagram knows whether they matter. */
  #receives(line: string, text: string): void {
    if ((text === "store" || text === "warning") && !this.#check.shows(text)) return;
    this.#happened(line, text);
  }

  /** Of a sink the first end counts: one that failed is also closed. */
  #ends(name: string, how: "|" | "#"): void {
    if (this.#ended.has(name)) return;
    this.#ended.add(name);
    this.#happened(name, how);
  }

  #watch(attachment: Attachment): Attachment {
    const { name } = attachment;
    if (!this.#block.lines.has(name)) return attachment;
    attachment.state$.subscribe((state) => {
      if (state === "failed") this.#ends(name, "#");
    });
    return attachment;
  }

  #bytesOf(letter: string): number {
    return chunkIn(flow(this.#block.legend[letter] ?? "")).byteLength;
  }

  #sink(name: string): ScriptedSink {
    const { legend } = this.#block;
    const texts = new MessageTexts();
    const witness = {
      got: (message: Parameters<MessageTexts["next"]>[0]) => {
        const text = texts.next(message);
        if (text !== undefined) this.#receives(name, text);
      },
      closed: () => this.#ends(name, "|"),
    };
    const said = Object.values(legend);
    const acknowledges = said.includes(`acks(${name})`) || said.includes(`lost(${name})`);
    return new ScriptedSink(name, witness, acknowledges);
  }

  /** What the texts of a diagram may name. */
  #makeNames(lines: readonly string[]): MarbleNames {
    const others = lines.filter((name) => !/\.rrd$|^(told|result)$/.test(name));
    const letters = Object.entries(this.#block.legend).filter(([, text]) => /^\/\S+ /.test(text));
    const done = (work: keyof ScriptedSink) => (sink: ScriptedSink) =>
      (sink[work] as () => void).call(sink);
    return {
      ...operators,
      throws: () => {
        throw new Error("a function of the program");
      },
      trigger$: this.#trigger$,
      since,
      "AbortSignal.timeout": timeout,
      room: (...bytes: number[]) => bytes.reduce((sum, each) => sum + each, 0),
      ...Object.fromEntries(letters.map(([letter]) => [letter, this.#bytesOf(letter)])),
      ...Object.fromEntries(others.map((name) => [name, this.#sink(name)])),
      save: (name: string, options: RotatedSaveOptions) => {
        const sink = save(this.#dir.file(name), options);
        // A part may be deleted soon.
        if ("parts$" in sink) sink.parts$.subscribe(() => this.#files.look());
        return sink;
      },
      flightRecorder: (options: FlightRecorderOptions) =>
        flightRecorder({ ...options, path: this.#dir.file(options.path) }),
      attach: (sink: SinkLike, options?: AttachOptions) =>
        this.#watch(this.#rec.attach(sink, options)),
      detach: (sink: SinkLike, options?: WaitOptions) => this.#rec.detach(sink, options),
      replace: (old: SinkLike, sink: SinkLike, options?: AttachOptions & WaitOptions) =>
        this.#rec.replace(old, sink, options).then((attachment) => this.#watch(attachment)),
      flush: (options?: WaitOptions) => this.#rec.flush(options),
      close: (options?: WaitOptions) => this.#rec.close(options),
      busy: done("busy"),
      ready: done("ready"),
      acks: done("acks"),
      lost: done("lost"),
      breaks: done("breaks"),
    };
  }
}

/** As of `AbortSignal`, in virtual time. */
function timeout(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  return controller.signal;
}

/** How many milliseconds a diagram shows. */
function lengthOf(diagram: string): number {
  // An end that is appended has the time at which the diagram is over.
  return marksOf(`${diagram}|`).at(-1)?.atMs ?? 0;
}
