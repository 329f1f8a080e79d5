import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Scalars } from "../lib/archetypes/index.ts";
import type { Attachment } from "../lib/attachment.ts";
import { streamHeader } from "../lib/encode/rrd.ts";
import { RecordingStream } from "../lib/recording-stream.ts";
import type { Sink } from "../lib/sink.ts";
import { connect } from "../sinks/connect.ts";
import { save } from "../sinks/save.ts";
import { serve } from "../sinks/serve.ts";
import { type DecodedChunk, decodeRrd } from "./helpers/decode-rrd.ts";
import { HubClient } from "./helpers/hub-client.ts";
import { usePeer } from "./helpers/peers.ts";
import { eventually, useReceivers } from "./helpers/receivers.ts";
import { verify } from "./helpers/rerun-cli.ts";
import { flatOf } from "./helpers/rows.ts";
import { useTempDir } from "./helpers/use-temp-dir.ts";

const ROWS_PER_SECOND = 50_000;
const SECONDS = 30;
const SWAP_MS = 20;

/** A sink to come, and what its receiver has once it is gone. */
interface Stay {
  readonly kind: "save" | "serve" | "serve to all" | "connect";
  readonly sink: Sink;
  /** Undefined where many stays share one receiver. */
  readonly received?: () => Promise<readonly DecodedChunk[]>;
}

const chunksIn = async (file: string): Promise<readonly DecodedChunk[]> =>
  decodeRrd(await readFile(file)).chunks;

const numbersIn = (chunks: readonly DecodedChunk[]): number[] =>
  chunks
    .filter(({ entityPath }) => entityPath.startsWith("/value/"))
    .flatMap((chunk) => Array.from(flatOf(chunk, "Scalars:scalars"), Number))
    .sort((a, b) => a - b);

/** Expects numbers to be a whole range, each once, without making a picture of a million of them. */
function expectRange(numbers: readonly number[], first: number, count: number, what: string): void {
  expect(numbers.length, what).to.equal(count);
  expect(
    numbers.find((number, i) => number !== first + i),
    what,
  ).to.equal(undefined);
}

describe("a recording whose sink is swapped every 20 ms", function () {
  this.timeout(180_000);
  usePeer("rerun-cli");
  const dir = useTempDir();
  const start = useReceivers();

  it("has every row at one of its receivers, once", async () => {
    // One official receiver for all that is sent, another one for all that is served on one port.
    const receiver = await start.save(dir.file("connect.rrd"));
    const hub = await serve({ port: 0 });
    const holder = new RecordingStream("holder", { sendProperties: false });
    // Until this one lets go of it as well, it stays open.
    holder.attach(hub);
    const reader = await start.read({ url: hub.grpcUrl }, dir.file("serve.rrd"));
    const clients: HubClient[] = [];
    let made = 0;
    const makers: readonly (() => Stay | Promise<Stay>)[] = [
      () => {
        const file = dir.file(`${made}.rrd`);
        return { kind: "save", sink: save(file), received: () => chunksIn(file) };
      },
      () => ({ kind: "serve to all", sink: hub }),
      () => ({ kind: "connect", sink: connect(receiver.url) }),
      async () => {
        const own = await serve({ port: 0 });
        const client = await HubClient.connect(own.port);
        clients.push(client);
        const received = async (): Promise<readonly DecodedChunk[]> =>
          decodeRrd(Buffer.concat([streamHeader(), ...client.frames])).chunks;
        return { kind: "serve", sink: own, received };
      },
    ];
    const make = async (): Promise<Stay> => {
      const stay = await makers[made % makers.length]?.();
      made++;
      return stay as Stay;
    };

    const rec = new RecordingStream("spec", { sendProperties: false });
    const errors: string[] = [];
    rec.errors$.subscribe(({ message }) => errors.push(message));
    const stays = [await make()];
    const ends: Promise<unknown>[] = [];
    rec.log("static", Scalars(-1), { static: true });
    let attachment: Attachment = rec.attach((stays[0] as Stay).sink);

    const begin = performance.now();
    let logged = 0;
    const logUntilNow = (): boolean => {
      const elapsed = Math.min(performance.now() - begin, SECONDS * 1000);
      for (const due = Math.floor((elapsed * ROWS_PER_SECOND) / 1000); logged < due; logged++) {
        rec.setTime("number", { sequence: logged });
        rec.log(`value/${logged % 3}`, Scalars(logged));
      }
      return elapsed < SECONDS * 1000;
    };
    const logging = (async () => {
      while (logUntilNow()) await sleep(1);
    })();

    // By turns by `replace`, which flushes the old one before the new one begins, and at one moment.
    for (let swap = 1; performance.now() - begin < SECONDS * 1000; swap++) {
      const next = await make();
      await sleep(begin + swap * SWAP_MS - performance.now());
      if (swap % 2 === 0) {
        attachment = await rec.replace(attachment, next.sink);
      } else {
        const old = attachment;
        attachment = rec.attach(next.sink, { from: "now" });
        ends.push(rec.detach(old));
      }
      stays.push(next);
    }
    await logging;
    await Promise.all(ends);
    const { complete } = await rec.close();
    await holder.close();
    expect(complete).to.equal(true);
    expect(errors).to.deep.equal([]);
    await Promise.all(clients.map((client) => client.closed));

    const files = stays.flatMap(({ kind }, i) => (kind === "save" ? [dir.file(`${i}.rrd`)] : []));
    for (let i = 0; i < files.length; i += 100) {
      const { code, stderr } = await verify(...files.slice(i, i + 100));
      expect(code, stderr).to.equal(0);
    }
    const all = new Map<string, DecodedChunk>();
    let copies = 0;
    const take = (chunks: readonly DecodedChunk[]): void => {
      for (const chunk of chunks) {
        const id = chunk.chunkId ?? "none";
        if (all.has(id) && chunk.isStatic !== true) copies++;
        all.set(id, chunk);
      }
    };
    for (const [i, { kind, received }] of stays.entries()) {
      if (received === undefined) continue;
      const chunks = await received();
      const what = `${kind} of stay ${i}`;
      expect(chunks.filter((chunk) => chunk.isStatic).length, what).to.equal(1);
      // What each of them has is one piece of the whole.
      const numbers = numbersIn(chunks);
      expectRange(numbers, numbers[0] ?? 0, numbers.length, what);
      take(chunks);
    }
    // The two programs write what they have received when they have time.
    const shared = async (): Promise<readonly DecodedChunk[]> => [
      ...(await chunksIn(dir.file("connect.rrd"))),
      ...(await chunksIn(dir.file("serve.rrd"))),
    ];
    const missing = logged - numbersIn([...all.values()]).length;
    await eventually(
      async () => new Set(numbersIn(await shared())).size >= missing,
      `${missing} rows at the official receivers`,
    );
    await Promise.all([receiver.kill("SIGTERM"), reader.kill("SIGTERM")]);
    take(await shared());
    expectRange(numbersIn([...all.values()]), 0, logged, "all receivers together");
    expect(logged).to.equal(ROWS_PER_SECOND * SECONDS);
    console.log(
      `        ${stays.length} sinks, ${logged} rows in ${all.size} chunks, ${copies} of them sent twice`,
    );
    // On a busy machine some take longer to be flushed.
    expect(stays.length).to.be.above((SECONDS * 1000) / SWAP_MS / 3);
  });
});
