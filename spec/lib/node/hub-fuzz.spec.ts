import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectHttp2, constants } from "node:http2";
import { connect } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { WebSocket } from "ws";
import { GrpcCall } from "../../../lib/node/grpc-call.ts";
import type { Hub } from "../../../lib/node/hub.ts";
import { Access } from "../../../lib/node/hub-access.ts";
import { HubLog } from "../../../lib/node/hub-log.ts";
import { GrpcWriter } from "../../../lib/node/hub-writer.ts";
import { ByteBudget } from "../../../lib/node/message-assembly.ts";
import { readClientMessage } from "../../../lib/protocol-reader.ts";
import { Mutator, Random } from "../../helpers/fuzz.ts";
import { SERVICE } from "../../helpers/grpc-peer.ts";
import { HealthyPair } from "../../helpers/healthy-pair.ts";
import { HubClient } from "../../helpers/hub-client.ts";
import { projectRoot } from "../../helpers/run-program.ts";
import { range, untilBrowsers, useHub } from "../../helpers/use-hub.ts";

/**
 * What inputs are made of, and those that once did harm. `HUB_FUZZ_SEED` tries others, `HUB_FUZZ_TIMES` more; an error
 * names the input, to be kept in the fixture.
 */
const fixture = JSON.parse(
  readFileSync(join(projectRoot, "spec/fixtures/hub-fuzz.json"), "utf8"),
) as Record<Kind, string[]> & { regressions: Record<Kind, string[]> };
type Kind = "frames" | "cbor" | "grpc" | "tables" | "http" | "http2";
const seed = Number(process.env["HUB_FUZZ_SEED"] ?? 20_260_901);
const times = Number(process.env["HUB_FUZZ_TIMES"] ?? 1);

const bytesOf = (texts: readonly string[]): Buffer[] =>
  texts.map((text) => Buffer.from(text, "base64"));

/** Inputs of a kind: what is right, what once did harm, and then what is nearly right. */
function* inputs(kind: Kind, count: number): Generator<Buffer> {
  const corpus = [...bytesOf(fixture[kind]), ...bytesOf(fixture.regressions[kind])];
  yield* corpus;
  const mutator = new Mutator(seed, corpus);
  for (let i = corpus.length; i < count * times; i++) yield mutator.next();
}

/** Calls for each input; what it throws must be expected. */
function each(kind: Kind, count: number, work: (bytes: Buffer) => void, expected = /^$/): number {
  let done = 0;
  for (const bytes of inputs(kind, count)) {
    try {
      work(bytes);
    } catch (thrown) {
      if (!expected.test((thrown as { code?: string }).code ?? ""))
        throw new Error(`${String(thrown)}, for ${kind}: ${bytes.toString("base64")}`, {
          cause: thrown,
        });
    }
    done++;
  }
  return done;
}

let total = 0;

describe("Hub, given what is nearly right", function () {
  this.timeout(120_000 * times);
  const start = useHub();

  const hubLog = (): HubLog =>
    new HubLog({ historyBytes: 2 ** 20, pinnedBytes: 2 ** 20, maxChunkBytes: 2 ** 20 });

  describe("in this process", () => {
    it("takes or refuses messages: protobuf, LZ4, Arrow", () => {
      const log = hubLog();
      const results = new Map<string, number>();
      total += each("frames", 60_000, (bytes) => {
        if (bytes.length < 16) return;
        const kind = ((bytes[0] as number) % 3) + 1;
        const taken = log.takeFrame(kind as 1, Buffer.from(bytes));
        results.set(taken, (results.get(taken) ?? 0) + 1);
      });
      // It is neither all nonsense nor all in order.
      expect(results.get("refused")).to.be.greaterThan(10_000);
      expect(results.get("taken")).to.be.greaterThan(100);
      expect(log.log.bytes).to.be.at.most(2.1 * 2 ** 20);
    });

    it("ends or goes on with calls of gRPC, and holds nothing when they are over", () => {
      const budget = new ByteBudget(2 ** 20);
      const log = hubLog();
      const random = new Random(seed);
      total += each("grpc", 25_000, (bytes) => {
        const call = new SilentCall({ maxMessageBytes: 2 ** 20, budget });
        const writer = new GrpcWriter(
          1,
          call,
          {
            takeFrame: (kind, frame) => log.takeFrame(kind, frame),
            takeTable: (table) => log.takeTable(table),
            congested: () => undefined,
            onProgress: () => undefined,
            onGone: () => undefined,
          },
          { tables: random.below(4) === 0 },
        );
        call.handle(writer);
        for (let at = 0; at < bytes.length; ) {
          const next = at + 1 + random.below(bytes.length);
          call.feed(bytes.subarray(at, next));
          at = next;
        }
        if (random.below(10) > 0) call.finish();
        call.break();
        expect(budget.used).to.equal(0);
      });
    });

    it("takes or refuses tables", () => {
      const log = hubLog();
      total += each("tables", 5_000, (bytes) => void log.takeTable(bytes.subarray(5)));
    });

    it("reads messages of browsers and producers, or says what is wrong", () => {
      const wrong = /^(invalid-data|protocol-error)$/;
      total += each("cbor", 25_000, (bytes) => void readClientMessage(bytes), wrong);
    });

    it("decides about any Host, Origin and token", () => {
      const access = new Access({
        host: "127.0.0.1",
        allowedOrigins: ["https://a.example"],
        token: "t",
      });
      total += each("http", 5_000, (bytes) => {
        for (const text of [bytes.toString("latin1"), bytes.toString("utf8").slice(0, 60)]) {
          access.hostAllowed(text);
          access.originAllowed(text, "localhost:1");
          expect(access.tokenAllowed(text)).to.equal(false);
        }
      });
    });
  });

  describe("over real sockets", () => {
    it("goes on for those who are in order: they lose nothing", async () => {
      const hub = await start.hub({
        maxConnections: 300,
        helloTimeoutMs: 2000,
        // Who does not answer any more is let go of soon.
        stallTimeoutMs: 3000,
        maxMessageBytes: 64 * 1024,
        historyBytes: 256 * 2 ** 20,
        maxStaticBytes: 256 * 2 ** 20,
      });
      const pair = await HealthyPair.start(hub);
      start.onEnd(() => pair.close());
      const counts = await Promise.all([
        fuzzCalls(hub, 1500 * times),
        fuzzHttp2(hub, 600 * times),
        fuzzHttp(hub, 1500 * times),
        fuzzSockets(hub, "viewer", 700 * times),
        fuzzSockets(hub, "producer", 700 * times),
      ]);
      total += counts.reduce((sum, count) => sum + count, 0);
      await pair.expectEverything();
      // Nobody of the others is left: the reader and the browser are.
      await untilBrowsers(hub, (all) => all.length === 2);
    });
  });

  describe("all in all", () => {
    it("was given more than 100,000 inputs", function () {
      const suites = this.test?.parent?.parent?.suites ?? [];
      const others = suites.filter((suite) => suite !== this.test?.parent);
      // By itself it would have nothing to count.
      if (others.some(({ tests }) => tests.some(({ state }) => state !== "passed"))) this.skip();
      expect(total).to.be.greaterThan(100_000);
    });
  });
});

/** A call that goes nowhere. */
class SilentCall extends GrpcCall {
  readonly protocol = "grpc";
  readonly peer = { address: "", userAgent: undefined };
  readonly drained = true;
  write = (): boolean => true;
  pause(): void {}
  resume(): void {}
  destroy(): void {}
  protected sendStatus(): void {}
  feed(bytes: Uint8Array): void {
    this.received(bytes);
  }
  finish(): void {
    this.receivedAll();
  }
  break(): void {
    this.isGone();
  }
}

/** Does something for each input, some of them at a time. */
async function inParallel(
  all: Generator<Buffer>,
  work: (bytes: Buffer, index: number) => Promise<void>,
): Promise<number> {
  let count = 0;
  await Promise.all(
    range(0, 8).map(async () => {
      for (const bytes of all) await work(bytes, count++);
    }),
  );
  return count;
}

/** Calls whose connection is in order and whose messages are not. */
async function fuzzCalls(hub: Hub, count: number): Promise<number> {
  const methods = ["WriteMessages", "WriteTable", "ReadMessages", "ReadTables", "Nothing", ""];
  let session = connectHttp2(`http://127.0.0.1:${hub.port}`);
  session.on("error", () => {});
  const done = await inParallel(inputs("grpc", count), async (bytes, index) => {
    if (session.destroyed || session.closed) {
      session = connectHttp2(`http://127.0.0.1:${hub.port}`);
      session.on("error", () => {});
    }
    const stream = session.request({
      ":method": "POST",
      ":path": SERVICE + (methods[index % methods.length] ?? ""),
      "content-type": "application/grpc",
    });
    stream.on("error", () => {});
    stream.resume();
    stream.end(bytes);
    const gone = once(stream, "close").catch(() => undefined);
    if (index % 6 === 2 || index % 6 === 3)
      setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 5);
    await gone;
  });
  session.destroy();
  return done;
}

/** Connections of HTTP/2 that are not. */
function fuzzHttp2(hub: Hub, count: number): Promise<number> {
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  return inParallel(inputs("http2", count), async (bytes, index) => {
    // Mostly behind a preface that is in order, or all would end there.
    const rest = bytes.subarray(Math.min(preface.length, bytes.length));
    await sendAndLeave(hub.port, index % 4 === 0 ? bytes : Buffer.concat([preface, rest]));
  });
}

/** Requests for pages, WebSockets and calls of gRPC-web. */
function fuzzHttp(hub: Hub, count: number): Promise<number> {
  return inParallel(inputs("http", count), (bytes) => sendAndLeave(hub.port, bytes));
}

/** Messages on WebSockets; a new one whenever the last was closed. */
async function fuzzSockets(hub: Hub, role: string, count: number): Promise<number> {
  const all = inputs("cbor", count);
  let index = 0;
  await Promise.all(
    range(0, 8).map(async () => {
      let client: HubClient | undefined;
      for (const bytes of all) {
        if (client?.socket.readyState !== WebSocket.OPEN) {
          client = await HubClient.connect(hub.port, {
            hello: index % 3 === 0 ? null : { role },
            acknowledge: false,
          });
        }
        client.socket.send(bytes);
        // What it is sent is of no interest here.
        client.frames.length = 0;
        client.raw.length = 0;
        if (index++ % 50 === 0) await new Promise(setImmediate);
      }
      client?.socket.terminate();
    }),
  );
  return index;
}

async function sendAndLeave(port: number, bytes: Uint8Array): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  const deadline = setTimeout(() => socket.destroy(), 50);
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    // Whoever gets no answer leaves.
    socket.write(bytes, () => socket.end());
    socket.resume();
  });
  clearTimeout(deadline);
}
