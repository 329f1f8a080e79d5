import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { expect } from "chai";
import { WebSocket } from "ws";
import { Scalars } from "../../../lib/index.ts";
import type { Hub } from "../../../lib/node/hub.ts";
import { SUBPROTOCOL } from "../../../lib/protocol.ts";
import { selfSigned } from "../../helpers/certificate.ts";
import { framesOf, GrpcPeer } from "../../helpers/grpc-peer.ts";
import { exchange } from "../../helpers/hub-client.ts";
import { ROW_BY_ROW, recorded } from "../../helpers/recorded.ts";
import { item, range, useHub } from "../../helpers/use-hub.ts";

describe("the port of a hub", () => {
  const start = useHub();

  const points = (): Promise<Uint8Array[]> =>
    recorded((rec) => {
      for (let i = 0; i < 5; i++) rec.log("plot", Scalars(i));
    }, ROW_BY_ROW).then(framesOf);

  it("answers HTTP/1.1, HTTP/2 and WebSockets, however few bytes come first", async () => {
    const hub = await start.hub();
    const page = `GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    expect(await exchange(hub.port, page)).to.match(/^HTTP\/1\.1 200 OK/);
    for (const first of [1, 2, 3, 4, 10]) {
      expect(await inTwo(hub.port, page, first)).to.match(/^HTTP\/1\.1 200 OK/);
      // A request that begins like the preface of HTTP/2.
      const patch = page.replace("GET", "PROPFIND");
      expect(await inTwo(hub.port, patch, first)).to.match(/^HTTP\/1\.1 405/);
    }
    const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    for (const first of [1, 2, 3, 12]) {
      const socket = connect(hub.port, "127.0.0.1").on("error", () => {});
      socket.write(preface.slice(0, first));
      setTimeout(() => socket.write(preface.slice(first)), 20);
      // The settings of the server: length, type 4.
      const [data] = (await once(socket, "data")) as [Buffer];
      expect(data[3], String(first)).to.equal(4);
      socket.destroy();
    }
  });

  it("says what is wrong to those who speak TLS where there is none", async () => {
    const hub = await start.hub();
    const socket = connectTls({ port: hub.port, host: "127.0.0.1", rejectUnauthorized: false });
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).to.match(/wrong version|http request|packet length/i);
  });

  it("says in a warning what it means to listen for other machines", async () => {
    const warned: string[] = [];
    const { warn } = console;
    console.warn = (message: string) => warned.push(message);
    try {
      await start.hub();
      await start.hub({ host: "localhost" });
      expect(warned).to.deep.equal([]);
      const open = await start.hub({ host: "0.0.0.0" });
      expect(warned.splice(0))
        .to.have.lengthOf(1)
        .and.satisfy(([text]: string[]) =>
          text?.includes(`0.0.0.0, port ${open.port}: everyone who reaches this machine can see`),
        );
      await start.hub({ host: "0.0.0.0", token: "secret" });
      expect(warned[0]).to.include("know the token").and.to.include("not encrypted");
    } finally {
      console.warn = warn;
    }
  });

  describe("with TLS", () => {
    const identity = selfSigned();

    const secureHub = (): Promise<Hub> => start.hub({ tls: identity });

    it("answers all protocols, encrypted, with what each of them can do", async () => {
      const hub = await secureHub();
      const frames = await points();
      const peer = await GrpcPeer.connect(hub.port, { tls: true });
      start.onEnd(() => peer.close());
      expect((peer.session.socket as TLSSocket).alpnProtocol).to.equal("h2");
      expect((await peer.write(frames)).status).to.equal(0);
      const reader = peer.read();
      await reader.until(() => reader.messages.length === frames.length);
      expect(Buffer.concat(reader.frames)).to.deep.equal(Buffer.concat(frames));

      // As browsers offer it.
      const browser = connectTls({
        host: "127.0.0.1",
        port: hub.port,
        rejectUnauthorized: false,
        ALPNProtocols: ["h2", "http/1.1"],
      });
      await once(browser, "secureConnect");
      expect(browser.alpnProtocol).to.equal("http/1.1");
      browser.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      const [answer] = (await once(browser, "data")) as [Buffer];
      expect(answer.toString()).to.match(/^HTTP\/1\.1 200 OK/);
      browser.destroy();

      const socket = new WebSocket(`wss://127.0.0.1:${hub.port}/ws`, SUBPROTOCOL, {
        rejectUnauthorized: false,
      });
      await once(socket, "message");
      socket.terminate();
    });

    it("answers nothing in the clear, but what to do instead", async () => {
      const hub = await secureHub();
      const page = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
      const answer = await exchange(hub.port, page);
      expect(answer)
        .to.match(/^HTTP\/1\.1 400/)
        .and.to.include("This port speaks TLS");
      const peer = connect(hub.port, "127.0.0.1").on("error", () => {});
      peer.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      const [data] = (await once(peer, "data")) as [Buffer];
      expect(data.toString()).to.include("This port speaks TLS");
      peer.destroy();
    });

    it("is not disturbed by those who do not manage to shake hands", async () => {
      const hub = await secureHub();
      const peer = await GrpcPeer.connect(hub.port, { tls: true });
      start.onEnd(() => peer.close());
      const reader = peer.read();
      for (const nonsense of [
        Buffer.from([0x16]),
        Buffer.from([0x16, 3, 1, 0, 5, 1, 2, 3, 4, 5]),
        Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0]), Buffer.alloc(512, 0xff)]),
      ]) {
        const socket = connect(hub.port, "127.0.0.1").on("error", () => {});
        socket.write(nonsense);
        socket.end();
        socket.resume();
        await once(socket, "close");
      }
      hub.append(range(0, 10).map((i) => item(i)));
      await reader.until(() => reader.messages.length === 10);
      await hub.close(AbortSignal.timeout(1000));
    });

    it("says in a typed error when key and certificate cannot be used", async () => {
      const tls = { key: "no key", cert: identity.cert };
      const error = await start.hub({ tls }).catch((thrown: unknown) => thrown);
      expect(error).to.have.property("code", "invalid-argument");
      expect(String(error)).to.include("`tls`");
    });

    it("has a sink that says where it is", async () => {
      const sink = await start.serve({ tls: identity });
      expect(sink.url).to.equal(`https://127.0.0.1:${sink.port}`);
      expect(sink.grpcUrl).to.equal(`rerun+https://127.0.0.1:${sink.port}/proxy`);
    });
  });
});

/** Sends a request in two pieces and resolves with the answer. */
async function inTwo(port: number, text: string, first: number): Promise<string> {
  const socket = connect(port, "127.0.0.1").on("error", () => {});
  const parts: Buffer[] = [];
  socket.on("data", (data) => parts.push(data));
  socket.write(text.slice(0, first));
  setTimeout(() => socket.write(text.slice(first)), 20);
  await once(socket, "close");
  return Buffer.concat(parts).toString("latin1");
}
