import { once } from "node:events";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { expect } from "chai";
import { PROXY_SERVICE } from "../../../lib/encode/grpc.ts";
import { RerunError } from "../../../lib/errors.ts";
import { showStatus } from "../../../lib/node/grpc-answer.ts";
import { GrpcConnection, shakeHands } from "../../../lib/node/grpc-client.ts";
import { probeProxy } from "../../../lib/node/probe-proxy.ts";
import { useFakeProxy } from "../../helpers/fake-proxy.ts";
import { usePeer } from "../../helpers/peers.ts";
import { eventually, freePort, useReceivers } from "../../helpers/receivers.ts";

const METHOD = `${PROXY_SERVICE}/WriteMessages`;

/** Numbers that look random and are the same in each run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** TCP servers that end with the test. */
function useTcp(): (onSocket: (socket: Socket) => void) => Promise<number> {
  let ends: (() => void)[] = [];
  afterEach("end the TCP servers", () => {
    for (const end of ends) end();
    ends = [];
  });
  return async (onSocket) => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      ends.push(() => socket.destroy());
      onSocket(socket);
    });
    ends.push(() => server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
}

/** What became of connecting and shaking hands, in a word. */
async function outcome(port: number): Promise<string> {
  try {
    const connection = await GrpcConnection.open(
      { origin: `http://127.0.0.1:${port}` },
      { timing: { connectMs: 300, silenceMs: 30_000 } },
    );
    try {
      return showStatus(await shakeHands(connection, 300));
    } finally {
      connection.close();
      await connection.closed;
    }
  } catch (error) {
    if (!(error instanceof RerunError)) throw error;
    return error.code;
  }
}

describe("GrpcConnection", function () {
  this.timeout(60_000);
  const proxy = useFakeProxy();
  const tcp = useTcp();

  const open = async (port: number): Promise<GrpcConnection> =>
    GrpcConnection.open({ origin: `http://127.0.0.1:${port}` });

  it("calls, and tells the status that the server ends with", async () => {
    const viewer = await proxy({ onCall: (call) => (call.answer(8, "full%21"), true) });
    const connection = await open(viewer.port);
    expect(await shakeHands(connection)).to.deep.equal({ code: 0, message: "" });
    const call = connection.call(METHOD);
    call.write([Uint8Array.of(0, 0), Uint8Array.of(0, 0, 0)], () => undefined);
    expect(showStatus(await call.status)).to.equal("RESOURCE_EXHAUSTED (8): full!");
    expect(call.ended).to.equal(false);
    connection.close();
    expect(await connection.closed).to.equal(undefined);
  });

  it("says when bytes were taken, and holds them while the peer does not read", async () => {
    const viewer = await proxy({
      onCall: (call) => {
        call.stream.pause();
        return true;
      },
    });
    const connection = await open(viewer.port);
    const call = connection.call(METHOD);
    let taken = 0;
    for (let i = 0; i < 64; i++) call.write([new Uint8Array(1 << 20)], () => taken++);
    await eventually(() => taken > 0, "the first bytes");
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(taken).to.be.below(60);
    connection.close();
    const [gone] = await Promise.allSettled([call.status]);
    expect(gone.status).to.equal("rejected");
  });

  it("ends calls with a reason when the connection is lost", async () => {
    const viewer = await proxy({ onCall: () => true });
    const connection = await open(viewer.port);
    const call = connection.call(METHOD);
    call.write([new Uint8Array(5)], () => undefined);
    await eventually(() => viewer.calls.length > 0, "the call");
    await viewer.kill();
    const error = await call.status.catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RerunError).with.property("code", "viewer-unreachable");
    expect(await connection.closed).to.have.property("code", "viewer-unreachable");
    const late = await connection.call(METHOD).status.catch((thrown: unknown) => thrown);
    expect(late).to.have.property("code", "viewer-unreachable");
  });

  it("gives up a peer that leaves pings unanswered", async () => {
    const viewer = await proxy();
    // What comes back is held once the greeting is over.
    let held = false;
    const port = await tcp((socket) => {
      const upstream = connectSocket(viewer.port, "127.0.0.1");
      upstream.on("error", () => undefined);
      socket.on("data", (bytes) => upstream.write(bytes));
      upstream.on("data", (bytes) => held || socket.write(bytes));
      socket.on("close", () => upstream.destroy());
    });
    const connection = await GrpcConnection.open(
      { origin: `http://127.0.0.1:${port}` },
      { timing: { connectMs: 2_000, silenceMs: 200 } },
    );
    await shakeHands(connection);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await Promise.race([connection.closed, Promise.resolve("open")])).to.equal("open");
    held = true;
    expect((await connection.closed)?.message).to.include("no answer to pings");
  });

  it("gives a peer more time while much is under way: on a slow line answers wait behind it", async () => {
    const viewer = await proxy();
    let near: Socket | undefined;
    const port = await tcp((socket) => {
      near = socket;
      const upstream = connectSocket(viewer.port, "127.0.0.1");
      upstream.on("error", () => undefined);
      socket.pipe(upstream).pipe(socket);
      socket.on("close", () => upstream.destroy());
    });
    const connection = await GrpcConnection.open(
      { origin: `http://127.0.0.1:${port}` },
      { timing: { connectMs: 2_000, silenceMs: 400 } },
    );
    await shakeHands(connection);
    const call = connection.call(METHOD);
    let taken = 0;
    near?.pause();
    // More than the network takes by itself.
    for (let i = 0; i < 64; i++) call.write([new Uint8Array(1 << 20)], () => taken++);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(taken).to.be.below(64);
    expect(await Promise.race([connection.closed, Promise.resolve("open")])).to.equal("open");
    near?.resume();
    await eventually(() => taken > 0, "that it goes on");
    near?.pause();
    expect((await connection.closed)?.message).to.include("no answer to pings for 400 ms");
  });

  it("waits no longer than it is told for a peer that says nothing", async () => {
    const port = await tcp(() => undefined);
    const start = performance.now();
    const error = await GrpcConnection.open(
      { origin: `http://127.0.0.1:${port}` },
      { timing: { connectMs: 100, silenceMs: 3_000 } },
    ).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(RerunError);
    expect((error as RerunError).message).to.include("no answer of an HTTP/2 server for 100 ms");
    expect(performance.now() - start).to.be.below(5_000);
    const stop = new AbortController();
    const opening = GrpcConnection.open(
      { origin: `http://127.0.0.1:${port}` },
      { signal: stop.signal },
    );
    stop.abort();
    expect(await opening.catch((thrown: unknown) => thrown)).to.be.instanceOf(RerunError);
  });

  it("does not read answers without end", async () => {
    const viewer = await proxy({
      onCall: (call) => {
        call.stream.respond({ ":status": 200, "content-type": "application/grpc" });
        call.stream.write(Buffer.alloc(1 << 20));
        return true;
      },
    });
    const connection = await open(viewer.port);
    const call = connection.call(METHOD);
    call.write([new Uint8Array(5)], () => undefined);
    const error = await call.status.catch((thrown: unknown) => thrown);
    expect((error as RerunError).message).to.include("expected a short answer");
    connection.close();
  });

  for (const [what, headers, expected] of [
    ["a page", { ":status": 200, "content-type": "text/html" }, /HTTP status 200 with text\/html/],
    ["an error of HTTP", { ":status": 404 }, /HTTP status 404 with nothing/],
    [
      "a status that is none",
      { ":status": 200, "content-type": "application/grpc", "grpc-status": "ok\u009b" },
      /expected a gRPC status, got ok$/,
    ],
    [
      "no status",
      { ":status": 200, "content-type": "application/grpc" },
      /answer of the server was cut off/,
    ],
  ] as const) {
    it(`takes ${what} for no answer of gRPC`, async () => {
      const other = await proxy({
        onHeaders: (call) => {
          call.stream.respond(headers, { endStream: true });
          return true;
        },
      });
      const connection = await open(other.port);
      const error = await shakeHands(connection).catch((thrown: unknown) => thrown);
      expect((error as RerunError).message).to.match(expected);
      connection.close();
    });
  }

  it("survives any bytes", async () => {
    const next = random(1);
    const preface = Buffer.from("000000040000000000", "hex");
    const port = await tcp((socket) => {
      const noise = Buffer.from(Array.from({ length: 1 + next() * 300 }, () => next() * 256));
      if (next() < 0.7) socket.write(preface);
      socket.write(noise);
      if (next() < 0.5) socket.end();
    });
    const seen = new Set<string>();
    for (let i = 0; i < 150; i += 10) {
      const outcomes = Array.from({ length: 10 }, () => outcome(port));
      for (const each of await Promise.all(outcomes)) seen.add(each);
    }
    expect([...seen]).to.deep.equal(["viewer-unreachable"]);
  });

  it("survives a good answer with any bytes changed", async () => {
    const next = random(2);
    const viewer = await proxy();
    const port = await tcp((socket) => {
      const upstream = connectSocket(viewer.port, "127.0.0.1");
      upstream.on("error", () => undefined);
      socket.on("data", (bytes) => upstream.write(bytes));
      upstream.on("data", (bytes: Buffer) => {
        if (next() < 0.8) bytes[Math.floor(next() * bytes.length)] = next() * 256;
        socket.write(bytes);
      });
      upstream.on("close", () => socket.destroy());
      socket.on("close", () => upstream.destroy());
    });
    let good = 0;
    for (let i = 0; i < 200; i += 10) {
      const outcomes = Array.from({ length: 10 }, () => outcome(port));
      for (const each of await Promise.all(outcomes)) if (each === "OK (0)") good++;
    }
    expect(good).to.be.within(1, 199);
  });
});

describe("probeProxy", function () {
  this.timeout(30_000);
  const proxy = useFakeProxy();
  const tcp = useTcp();

  it("tells a proxy from other servers, and from nothing", async () => {
    const viewer = await proxy();
    expect(await probeProxy({ port: viewer.port })).to.equal("viewer");
    expect(viewer.frames).to.deep.equal([]);
    await eventually(() => viewer.sessions.size === 0, "no connection left");

    expect(await probeProxy({ port: await freePort() })).to.equal("nothing");
    const web = await tcp((socket) => socket.end("HTTP/1.1 200 OK\r\n\r\n"));
    expect(await probeProxy({ port: web })).to.equal("other");
    const silent = await tcp(() => undefined);
    expect(await probeProxy({ port: silent, timeoutMs: 200 })).to.equal("other");
    const slow = await proxy({ onHeaders: () => true });
    expect(await probeProxy({ port: slow.port, timeoutMs: 200 })).to.equal("other");
    const service = await proxy({ onHeaders: (call) => (call.answer(12), true) });
    expect(await probeProxy({ port: service.port })).to.equal("other");
  });

  it("shows a token, and takes one who refuses it for a viewer all the same", async () => {
    const viewer = await proxy({
      onHeaders: (call) => {
        if (call.headers.authorization === "Bearer right") return;
        call.answer(16);
        return true;
      },
    });
    for (const token of ["right", "wrong", undefined])
      expect(await probeProxy({ port: viewer.port, token })).to.equal("viewer");
    expect(viewer.calls.map((call) => call.headers.authorization)).to.deep.equal([
      "Bearer right",
      "Bearer wrong",
      undefined,
    ]);
  });

  describe("with the official command", () => {
    usePeer("rerun-cli");
    const start = useReceivers();

    it("knows it, and does not disturb it", async () => {
      const receiver = await start.serveGrpc();
      expect(await probeProxy({ port: receiver.port })).to.equal("viewer");
      expect(receiver.output).to.not.match(/warn|error/i);
    });
  });
});
