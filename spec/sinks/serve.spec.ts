import { once } from "node:events";
import { createServer } from "node:net";
import { expect } from "chai";
import { firstValueFrom } from "rxjs";
import { filter } from "rxjs/operators";
import { streamHeader } from "../../lib/encode/rrd.ts";
import { RecordingStream, RerunError, Scalars, type SinkState, TextLog } from "../../lib/index.ts";
import { type ServeOptions, type ServeSink, serve } from "../../sinks/serve.ts";
import { type DecodedChunk, decodeRrd } from "../helpers/decode-rrd.ts";
import { GrpcPeer } from "../helpers/grpc-peer.ts";
import { connectDeaf, type HubClient } from "../helpers/hub-client.ts";
import { useHub } from "../helpers/use-hub.ts";

describe("serve", () => {
  const start = useHub();

  /** What a browser would have in its viewer. */
  function chunksOf(client: HubClient): DecodedChunk[] {
    const { messages } = decodeRrd(Buffer.concat([client.hello.header, ...client.frames]));
    return messages.filter((message) => message.kind === "chunk");
  }

  function rowsOf(client: HubClient, entityPath: string): number {
    const chunks = chunksOf(client).filter((chunk) => chunk.entityPath === entityPath);
    return chunks.reduce((sum, chunk) => sum + chunk.numRows, 0);
  }

  function record(sink: ServeSink, recordingId?: string): RecordingStream {
    const rec = new RecordingStream("spec", recordingId === undefined ? {} : { recordingId });
    rec.attach(sink);
    return rec;
  }

  it("listens on this machine alone, and says what to open", async () => {
    const sink = await start.serve();
    expect(sink.url).to.equal(`http://127.0.0.1:${sink.port}`);
    expect(sink.name).to.equal(`serve(${sink.url})`);
    const page = await fetch(sink.url);
    expect(await page.text()).to.include('<main id="viewer">');
    expect(await firstValueFrom(sink.state$)).to.equal("open");
  });

  it("streams what is logged to several browsers; late ones get all of it", async () => {
    const sink = await start.serve();
    const rec = record(sink);
    const early = await start.client(sink.port);
    rec.log("static", TextLog("always"), { static: true });
    for (let i = 0; i < 100; i++) {
      rec.setTime("frame", { sequence: i });
      rec.log("scalar", Scalars(i));
    }
    await rec.flush();
    const late = await start.client(sink.port);
    await late.until(() => late.next === early.next);
    for (const client of [early, late]) {
      expect(rowsOf(client, "/scalar")).to.equal(100);
      expect(rowsOf(client, "/static")).to.equal(1);
    }
    expect(Buffer.concat(late.frames).equals(Buffer.concat(early.frames))).to.equal(true);
    expect(Buffer.from(late.hello.header).equals(streamHeader())).to.equal(true);
    await rec.close();
  });

  it("carries several recordings at once", async () => {
    const sink = await start.serve();
    const recordings = ["a", "b"].map((id) => record(sink, id));
    for (const rec of recordings) rec.log("x", Scalars(1));
    await Promise.all(recordings.map((rec) => rec.flush()));
    const client = await start.client(sink.port);
    await client.until(() => chunksOf(client).filter((c) => c.entityPath === "/x").length === 2);
    const ids = new Set(chunksOf(client).map((chunk) => chunk.storeId.recordingId));
    expect(ids).to.deep.equal(new Set(["a", "b"]));
  });

  it("takes messages as an RxJS observer", async () => {
    const sink = await start.serve();
    const rec = new RecordingStream("spec");
    rec.log("a", Scalars(1));
    rec.log("b", Scalars(2));
    await rec.flush();
    rec.messages$
      .pipe(filter((message) => message.kind !== "chunk" || message.chunk.entityPath !== "/a"))
      .subscribe(sink);
    const client = await start.client(sink.port);
    await client.until(() => rowsOf(client, "/b") === 1);
    expect(rowsOf(client, "/a")).to.equal(0);
  });

  it("passes what people do in their viewers, and lets their viewers do things", async () => {
    const sink = await start.serve();
    const client = await start.client(sink.port);
    const event = { type: "time_update", applicationId: "a", recordingId: "r", time: 1e9 } as const;
    const seen = firstValueFrom(sink.viewerEvents$);
    client.send({ type: "viewer-event", event });
    const { clientId, event: received } = await seen;
    expect(received).to.deep.equal(event);
    const [browser] = await firstValueFrom(sink.clients$);
    expect(browser?.id).to.equal(clientId);
    expect(sink.command({ action: "pause", recordingId: "r" }, clientId)).to.equal(1);
    expect(sink.command({ action: "pause", recordingId: "r" }, 99)).to.equal(0);
    const { command } = await client.message("command");
    expect(command).to.deep.equal({ action: "pause", recordingId: "r" });
  });

  it("tells who is connected and how far", async () => {
    const sink = await start.serve();
    const counts: number[] = [];
    const done = new Promise<void>((resolve) => {
      sink.clients$.subscribe((clients) => {
        if (counts.at(-1) !== clients.length) counts.push(clients.length);
        if (counts.length === 3) resolve();
      });
    });
    const client = await start.client(sink.port);
    await firstValueFrom(sink.clients$.pipe(filter((clients) => clients[0]?.state === "live")));
    await new Promise((resolve) => {
      setTimeout(resolve, 150);
    });
    await client.close();
    await done;
    expect(counts).to.deep.equal([0, 1, 0]);
  });

  describe("flush", () => {
    it("ends as soon as a Rerun viewer has everything", async () => {
      const sink = await start.serve();
      const rec = record(sink);
      const viewer = await GrpcPeer.connect(sink.port);
      const reading = viewer.read();
      await reading.until(() => reading.messages.length > 0);
      const took: number[] = [];
      for (let i = 0; i < 10; i++) {
        rec.log("v", Scalars(i));
        const begin = performance.now();
        expect((await rec.flush()).complete).to.equal(true);
        took.push(performance.now() - begin);
      }
      // It looks again every 100 ms in any case.
      expect(Math.min(...took)).to.be.below(50);
      viewer.close();
      await rec.close();
    });

    it("resolves when every browser has acknowledged, and at once when there is none", async () => {
      const sink = await start.serve();
      const rec = record(sink);
      rec.log("x", Scalars(1));
      await rec.flush();
      const client = await start.client(sink.port, { acknowledge: false });
      await client.until(() => client.next > 0);
      let flushed = false;
      const flush = sink.flush().then(() => {
        flushed = true;
      });
      await fetch(`${sink.url}/healthz`);
      expect(flushed).to.equal(false);
      client.acknowledge();
      await flush;
    });

    it("rejects when its signal aborts, and does not wait for ever for a browser that hangs", async () => {
      const sink = await start.serve();
      const rec = record(sink);
      rec.log("x", Scalars(1));
      await rec.flush();
      const client = await start.client(sink.port, { acknowledge: false });
      await client.until(() => client.next > 0);
      const error: unknown = await sink
        .flush({ signal: AbortSignal.timeout(20) })
        .catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RerunError).with.property("code", "flush-timeout");
      await sink.flush();
    });
  });

  describe("close", () => {
    it("sends the rest, says goodbye, and leaves nothing", async () => {
      const sink = await start.serve();
      const states: SinkState[] = [];
      sink.state$.subscribe((state) => states.push(state));
      const rec = record(sink);
      const client = await start.client(sink.port);
      for (let i = 0; i < 1000; i++) rec.log("x", Scalars(i));
      await rec.close();
      expect(await client.closed).to.deep.equal({ code: 1001, reason: "The program has ended" });
      expect(client.messages.at(-1)).to.deep.equal({
        type: "bye",
        reason: "The program has ended",
      });
      expect(rowsOf(client, "/x")).to.equal(1000);
      expect(states).to.deep.equal(["open", "closing", "closed"]);
      expect(await fetch(sink.url).catch(() => "refused")).to.equal("refused");
      await sink.write([]);
      expect(sink.close()).to.equal(sink.close());
    });

    it("ends within its time whatever browsers do", async () => {
      const sink = await start.serve({ closeTimeoutMs: 200 });
      const deaf = await connectDeaf(sink.port);
      start.onEnd(() => deaf.destroy());
      const client = await start.client(sink.port, { acknowledge: false });
      const rec = record(sink);
      for (let i = 0; i < 1000; i++) rec.log("x", Scalars(i));
      const started = performance.now();
      await rec.close();
      expect(performance.now() - started).to.be.lessThan(1500);
      await client.closed;
    });

    it("ends at once when its signal aborts", async () => {
      const sink = await start.serve({ closeTimeoutMs: 60_000 });
      await start.client(sink.port, { hello: null });
      await sink.close({ signal: AbortSignal.abort() });
    });
  });

  it("says in a typed error that the port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    start.onEnd(() => taken.close());
    const { port } = taken.address() as { port: number };
    const error: unknown = await serve({ port }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RerunError).with.property("code", "address-in-use");
    expect(String(error)).to.include(String(port));
  });

  for (const options of [
    { port: -1 },
    { port: 65_536 },
    { port: 1.5 },
    { historyBytes: -1 },
    { maxConnections: 0 },
    { windowBytes: Number.NaN },
    { allowedOrigins: ["example.org"] },
    { allowedOrigins: ["https://a.example; script-src *"] },
  ] satisfies ServeOptions[]) {
    it(`refuses ${JSON.stringify(options)}`, async () => {
      const error: unknown = await serve(options).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RerunError).with.property("code", "invalid-argument");
    });
  }

  it("keeps the token out of its name, and in a part of the URL that is not sent", async () => {
    const sink = await start.serve({ token: "s&cret" });
    expect(sink.url).to.equal(`http://127.0.0.1:${sink.port}/#token=s%26cret`);
    expect(sink.name).to.equal(`serve(http://127.0.0.1:${sink.port})`);
    const client = await start.client(sink.port, { hello: { token: "s&cret" } });
    sink.command({ action: "play", recordingId: "r" });
    await client.message("command");
  });

  it("does not slow down the program for a browser that does not read", async function () {
    this.timeout(30_000);
    const sink = await start.serve({ historyBytes: 16 * 2 ** 20, clientBudgetBytes: 16 * 2 ** 20 });
    const deaf = await connectDeaf(sink.port);
    start.onEnd(() => deaf.destroy());
    const client = await start.client(sink.port);
    const rec = record(sink);
    const started = performance.now();
    let slowest = 0;
    for (let i = 0; i < 200_000; i++) {
      const before = performance.now();
      rec.log("x", Scalars(i));
      slowest = Math.max(slowest, performance.now() - before);
      if (i % 10_000 === 0) await new Promise(setImmediate);
    }
    expect(performance.now() - started).to.be.lessThan(15_000);
    expect(slowest).to.be.lessThan(1000);
    await rec.close();
    await client.closed;
    expect(rowsOf(client, "/x")).to.equal(200_000);
  });
});
