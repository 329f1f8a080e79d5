import { readFile } from "node:fs/promises";
import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { bufferCount, concatMap, type MonoTypeOperatorFunction } from "rxjs";
import { Scalars } from "../../lib/archetypes/index.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import type { Sink, SinkHost } from "../../lib/sink.ts";
import { mergeChunks, rateLimitBytes, throttleEntities } from "../../operators/index.ts";
import { memory } from "../../sinks/memory.ts";
import { decodeRrd } from "../helpers/decode-rrd.ts";
import { flatOf, numbersOf } from "../helpers/rows.ts";
import { usePrograms } from "../helpers/run-program.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

const HOUR = 3_600_000;

/** Those that hold back, such that it takes an hour, and which of five rows pass: the first one, or none, at once. */
const OPERATORS: Readonly<
  Record<string, { readonly make: () => MonoTypeOperatorFunction<LogMsg>; readonly pass: number[] }>
> = {
  mergeChunks: { make: () => mergeChunks({ maxDelayMs: HOUR }), pass: [0, 1, 2, 3, 4] },
  throttleEntities: { make: () => throttleEntities(HOUR), pass: [0, 4] },
  "throttleEntities by a timeline": {
    make: () => throttleEntities({ timeline: "n", steps: 1000, maxDelayMs: HOUR }),
    pass: [4],
  },
  rateLimitBytes: { make: () => rateLimitBytes(1, { burstBytes: 1 }), pass: [4] },
  "rateLimitBytes with delay": {
    make: () => rateLimitBytes(1, { burstBytes: 1, policy: "delay" }),
    pass: [0, 1, 2, 3, 4],
  },
};

const eachRow = { sendProperties: false, logTime: false, batch: { flushNumRows: 1 } } as const;

function logFive(rec: RecordingStream): void {
  for (let n = 0; n < 5; n++) rec.log("v", Scalars(n), { time: { n: { sequence: n } } });
}

const numbersIn = (messages: readonly LogMsg[]): number[] =>
  messages.flatMap((message) => (message.kind === "chunk" ? numbersOf(message.chunk) : []));

/** Takes what comes until it is told to fail. */
class Fragile implements Sink {
  readonly name = "fragile";
  readonly messages: LogMsg[] = [];
  isBroken = false;

  write(messages: readonly LogMsg[]): void {
    if (this.isBroken) throw new Error("broken");
    this.messages.push(...messages);
  }
}

for (const [name, { make, pass }] of Object.entries(OPERATORS)) {
  describe(`what ${name} holds back`, () => {
    it("is delivered when the recording is flushed, and operators go on", async () => {
      const rec = new RecordingStream("spec", eachRow);
      const sink = memory();
      const attached = rec.attach(sink, { pipe: [make()] });
      logFive(rec);
      expect(numbersIn(sink.messages)).to.deep.equal(
        pass.filter((n) => n === 0 && pass.length === 2),
      );
      const { complete } = await rec.flush();
      expect(complete).to.equal(true);
      expect(numbersIn(sink.messages)).to.deep.equal(pass);
      expect(attached.stats).to.include({ deliveredRows: pass.length, droppedRows: 0 });
      logFive(rec);
      await rec.flush();
      expect(numbersIn(sink.messages).at(-1)).to.equal(4);
      await rec.close();
    });

    it("is flushed through operators behind it that hold it back in turn", async () => {
      const rec = new RecordingStream("spec", eachRow);
      const sink = memory();
      rec.attach(sink, {
        pipe: [make(), mergeChunks({ maxDelayMs: HOUR }), throttleEntities(HOUR)],
      });
      logFive(rec);
      expect((await rec.flush()).complete).to.equal(true);
      expect(numbersIn(sink.messages).at(-1)).to.equal(4);
      await rec.close();
    });

    it("is not delivered when its sink fails: it counts as dropped, and a successor gets it", async () => {
      const rec = new RecordingStream("spec", { ...eachRow, historyBytes: 0 });
      rec.errors$.subscribe(() => undefined);
      const sink = new Fragile();
      const attached = rec.attach(sink, { pipe: [make()] });
      logFive(rec);
      const passed = numbersIn(sink.messages);
      sink.isBroken = true;
      const { complete } = await rec.flush();
      expect(complete).to.equal(false);
      expect(attached.stats).to.include({
        deliveredRows: passed.length,
        droppedRows: pass.length - passed.length,
      });
      const next = memory();
      await rec.replace(attached, next);
      // From the first one on that may not have been delivered.
      expect(numbersIn(next.messages).at(-1)).to.equal(4);
      const union = new Set([...passed, ...numbersIn(next.messages)]);
      for (const n of pass) expect([...union]).to.include(n);
      await rec.close();
    });

    it("is delivered while the program ends", async () => {
      const rec = new RecordingStream("spec", eachRow);
      const messages: LogMsg[] = [];
      let host: SinkHost | undefined;
      rec.attach(
        {
          write: (more) => void messages.push(...more),
          attached: (given) => {
            host = given;
          },
        },
        { pipe: [make()] },
      );
      logFive(rec);
      host?.drain();
      expect(numbersIn(messages)).to.deep.equal(pass);
      logFive(rec);
      host?.drain({ last: true });
      expect(numbersIn(messages).at(-1)).to.equal(4);
      await rec.close();
    });
  });
}

describe("a program that ends while operators hold something back", function () {
  this.timeout(60_000);
  const run = usePrograms();
  const dir = useTempDir();

  for (const how of ["return", "exit", "SIGINT"]) {
    it(`has it in its files, and ends at once: ${how}`, async () => {
      const program = run("hold-and-end.ts", { args: [dir.file("a"), how] });
      const { code, signal, stderr } = await program.exit;
      expect(stderr).to.equal("");
      expect([code, signal]).to.deep.equal(how === "SIGINT" ? [null, "SIGINT"] : [0, null]);
      const numbers = async (name: string): Promise<number[]> => {
        const { chunks, manifests } = decodeRrd(await readFile(dir.file(`a.${name}.rrd`)));
        expect(manifests, name).to.have.lengthOf(1);
        return chunks.flatMap((chunk) => Array.from(flatOf(chunk, "Scalars:scalars"), Number));
      };
      const all = Array.from({ length: 2000 }, (_, i) => i);
      expect(await numbers("merged")).to.deep.equal(all);
      expect((await numbers("throttled")).at(-1)).to.equal(1999);
      if (how !== "return") expect(await numbers("foreign")).to.deep.equal(all);
    });
  }
});

describe("operators that others made", () => {
  it("hand out at the end of the recording what they hold back", async () => {
    const rec = new RecordingStream("spec", eachRow);
    const sink = memory();
    rec.attach(sink, {
      pipe: [
        (messages$) =>
          messages$.pipe(
            bufferCount(100),
            concatMap((messages) => messages),
          ),
      ],
    });
    logFive(rec);
    await turn();
    expect(numbersIn(sink.messages)).to.deep.equal([]);
    await rec.close();
    expect(numbersIn(sink.messages)).to.deep.equal([0, 1, 2, 3, 4]);
  });
});
