import { once } from "node:events";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { expect } from "chai";
import { Scalars } from "../../../lib/index.ts";
import type { Hub } from "../../../lib/node/hub.ts";
import {
  frameOf,
  framesOf,
  GrpcPeer,
  prefixed,
  SERVICE,
  splitMessages,
  writeRequest,
} from "../../helpers/grpc-peer.ts";
import { ROW_BY_ROW, recorded } from "../../helpers/recorded.ts";
import { untilBrowsers, useHub } from "../../helpers/use-hub.ts";

/** What a browser sends to read: one empty message. */
const EMPTY = prefixed(Buffer.alloc(0));
const TRAILERS = 0x80;

describe("Hub over gRPC-web", () => {
  const start = useHub();

  const points = (): Promise<Uint8Array[]> =>
    recorded((rec) => {
      for (let i = 0; i < 5; i++) rec.log("plot", Scalars(i));
    }, ROW_BY_ROW).then(framesOf);

  interface Sent {
    readonly method?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: Uint8Array | string;
    readonly options?: RequestOptions;
  }

  async function ask(hub: Hub, name: string, sent: Sent = {}): Promise<IncomingMessage> {
    const { method = "POST", headers = {}, body = EMPTY, options = {} } = sent;
    const type = "application/grpc-web+proto";
    const asked = request({
      host: "127.0.0.1",
      port: hub.port,
      path: SERVICE + name,
      method,
      agent: false,
      headers: { "content-type": type, "x-grpc-web": "1", ...headers },
      ...options,
    });
    asked.on("error", () => {});
    start.onEnd(() => asked.destroy());
    asked.end(body);
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    return response;
  }

  async function bodyOf(response: IncomingMessage): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    return Buffer.concat(parts);
  }

  /** Trailers of a whole body, by name. */
  function trailersOf(body: Buffer): Record<string, string> {
    const { messages, flags } = splitMessages(body);
    expect(flags.at(-1)).to.equal(TRAILERS);
    const lines = messages.at(-1)?.toString().trimEnd().split("\r\n") ?? [];
    return Object.fromEntries(
      lines.map((line) => line.split(/:(.*)/s).slice(0, 2) as [string, string]),
    );
  }

  async function write(hub: Hub, frames: readonly Uint8Array[]): Promise<void> {
    const peer = await GrpcPeer.connect(hub.port);
    expect((await peer.write(frames)).status).to.equal(0);
    peer.close();
  }

  /** Reads until there are so many messages. */
  async function read(
    response: IncomingMessage,
    count: number,
    decode: (bytes: Buffer) => Buffer = (bytes) => bytes,
  ): Promise<Uint8Array[]> {
    let bytes = Buffer.alloc(0);
    for await (const part of response) {
      bytes = Buffer.concat([bytes, part as Buffer]);
      const { messages } = splitMessages(decode(bytes));
      if (messages.length >= count) return messages.map(frameOf);
    }
    throw new Error("The answer ended before");
  }

  it("streams history and what comes, to a viewer in a page of another origin", async () => {
    const hub = await start.hub();
    const frames = await points();
    await write(hub, frames.slice(0, 3));
    const response = await ask(hub, "ReadMessages", {
      headers: { origin: "http://localhost:9090" },
    });
    expect(response.statusCode).to.equal(200);
    expect(response.headers).to.deep.include({
      "content-type": "application/grpc-web+proto",
      "access-control-allow-origin": "http://localhost:9090",
      "access-control-allow-credentials": "true",
      "cross-origin-resource-policy": "cross-origin",
      vary: "Origin",
    });
    await untilBrowsers(hub, ([reader]) => reader?.state === "live");
    expect(hub.clients[0]).to.deep.include({ role: "reader", protocol: "grpc-web" });
    await write(hub, frames.slice(3));
    expect(Buffer.concat(await read(response, frames.length))).to.deep.equal(Buffer.concat(frames));
    response.destroy();
    await untilBrowsers(hub, (all) => all.length === 0);
  });

  it("answers headers at once, also when there is no data", async () => {
    const hub = await start.hub();
    const response = await ask(hub, "ReadMessages");
    expect(response.statusCode).to.equal(200);
    expect(response.headers).not.to.have.property("access-control-allow-origin");
  });

  it("speaks the base64 variant, cut anywhere and padded in the middle", async () => {
    const hub = await start.hub();
    const frames = await points();
    await write(hub, frames);
    const text = { "content-type": "application/grpc-web-text" };
    const response = await ask(hub, "ReadMessages", {
      headers: text,
      body: EMPTY.toString("base64"),
    });
    expect(response.headers["content-type"]).to.equal("application/grpc-web-text+proto");
    const decode = (bytes: Buffer): Buffer =>
      Buffer.concat(
        (bytes.toString().match(/[^=]+={0,2}/g) ?? []).map((part) => Buffer.from(part, "base64")),
      );
    const got = await read(response, frames.length, decode);
    expect(Buffer.concat(got)).to.deep.equal(Buffer.concat(frames));

    const more = await points();
    const padded = more.map((frame) => prefixed(writeRequest(frame)).toString("base64")).join("");
    const answer = await bodyOf(await ask(hub, "WriteMessages", { headers: text, body: padded }));
    expect(trailersOf(decode(answer))).to.deep.equal({ "grpc-status": "0" });
    const reader = await ask(hub, "ReadMessages");
    expect(await read(reader, frames.length + more.length)).to.have.lengthOf(
      frames.length + more.length,
    );
  });

  it("takes what pages log", async () => {
    const hub = await start.hub();
    const frames = await points();
    const body = Buffer.concat(frames.map((frame) => prefixed(writeRequest(frame))));
    const answer = await bodyOf(await ask(hub, "WriteMessages", { body }));
    expect(splitMessages(answer).messages[0]).to.have.lengthOf(0);
    expect(trailersOf(answer)).to.deep.equal({ "grpc-status": "0" });
    const reader = await ask(hub, "ReadMessages");
    expect(Buffer.concat(await read(reader, frames.length))).to.deep.equal(Buffer.concat(frames));
  });

  it("answers browsers that ask first, for pages of this machine and allowed ones", async () => {
    const hub = await start.hub({ allowedOrigins: ["https://viz.example"] });
    for (const origin of ["http://localhost:9090", "http://127.0.0.1", "https://viz.example"]) {
      const { statusCode, headers } = await ask(hub, "ReadMessages", {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type,x-grpc-web,authorization",
          "access-control-request-private-network": "true",
        },
      });
      expect(statusCode).to.equal(204);
      expect(headers).to.deep.include({
        "access-control-allow-origin": origin,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type,x-grpc-web,authorization",
        "access-control-allow-private-network": "true",
      });
    }
  });

  it("gives nothing to pages from elsewhere, nor under names that are not its own", async () => {
    const hub = await start.hub();
    await write(hub, await points());
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "https://rerun.io" },
      { origin: "null" },
      { origin: "http://localhost", host: "evil.example" },
    ]) {
      const preflight = await ask(hub, "ReadMessages", { method: "OPTIONS", headers });
      expect(preflight.statusCode).to.equal(403);
      expect(preflight.headers).not.to.have.property("access-control-allow-origin");
      const response = await ask(hub, "ReadMessages", { headers });
      expect(response.headers).not.to.have.property("access-control-allow-origin");
      if (response.statusCode === 403) continue;
      expect(trailersOf(await bodyOf(response))).to.deep.include({ "grpc-status": "7" });
    }
  });

  it("asks for the token as gRPC does", async () => {
    const hub = await start.hub({ token: "secret" });
    const refused = await bodyOf(await ask(hub, "ReadMessages"));
    expect(trailersOf(refused)).to.deep.include({ "grpc-status": "16" });
    const headers = { authorization: "Bearer secret" };
    const response = await ask(hub, "ReadMessages", { headers });
    await untilBrowsers(hub, (all) => all.length === 1);
    response.destroy();
  });

  it("says in trailers what is wrong, and cuts off who goes on sending", async () => {
    const hub = await start.hub();
    for (const [name, body, status] of [
      ["Nothing", EMPTY, "12"],
      ["WriteMessages", Buffer.from([0, 0, 0, 0, 3, 0xff, 0xff, 0xff]), "3"],
      ["WriteMessages", Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), "8"],
      ["ReadMessages", Buffer.alloc(0), "3"],
    ] as const) {
      const answer = await bodyOf(await ask(hub, name, { body }));
      expect(trailersOf(answer)["grpc-status"], name).to.equal(status);
      expect(trailersOf(answer)["grpc-message"], name).not.to.equal(undefined);
    }
    const headers = { "content-type": "application/json" };
    expect((await ask(hub, "ReadMessages", { headers })).statusCode).to.equal(415);
    expect((await ask(hub, "ReadMessages", { method: "GET" })).statusCode).to.equal(405);

    const endless = request({
      host: "127.0.0.1",
      port: hub.port,
      path: `${SERVICE}WriteMessages`,
      method: "POST",
      headers: { "content-type": "application/grpc-web+proto" },
      agent: false,
    });
    const gone = new Promise((resolve) => {
      endless.once("error", resolve);
      endless.once("close", resolve);
    });
    endless.write(Buffer.from([9, 0, 0, 0, 0]));
    const timer = setInterval(() => endless.write(Buffer.alloc(1000)), 5);
    await gone;
    clearInterval(timer);
    endless.destroy();
  });
});
