import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
  request,
} from "node:http";
import type { AddressInfo } from "node:net";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { expect } from "chai";
import { Access } from "../../../lib/node/hub-access.ts";
import { httpHandler } from "../../../lib/node/hub-http.ts";
import { findPageAssets } from "../../../lib/node/page-assets.ts";
import { exchange } from "../../helpers/hub-client.ts";
import { item, useHub } from "../../helpers/use-hub.ts";

const WASM = "/viewer/0.33.0/re_viewer_bg.wasm";

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function ask(port: number, path: string, options: RequestOptions = {}): Promise<Answer> {
  const sent = request({ host: "127.0.0.1", port, path, agent: false, ...options }).end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(parts),
  };
}

describe("Hub over HTTP", () => {
  const start = useHub();

  it("serves a page whose policy allows no inline script, and the files that it names", async () => {
    const { port } = await start.hub();
    const page = await ask(port, "/");
    expect(page.status).to.equal(200);
    expect(page.headers["content-type"]).to.equal("text/html; charset=utf-8");
    const policy = String(page.headers["content-security-policy"]);
    expect(policy).to.include("script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).to.include(`ws://127.0.0.1:${port}`);
    const html = page.body.toString();
    expect(html).not.to.match(/<script(?![^>]*\bsrc=)|\bon\w+=/);
    const names = Array.from(html.matchAll(/(?:src|href)="([^"]+)"/g), (match) => String(match[1]));
    expect(names).to.have.lengthOf(3);
    for (const name of names) expect((await ask(port, name)).status, name).to.equal(200);
    expect((await ask(port, "/page.js")).headers["content-type"]).to.match(/^text\/javascript/);
    expect((await ask(port, "/?theme=dark")).body.equals(page.body)).to.equal(true);
  });

  it("serves the viewer so that browsers compile it while it loads, and keep it", async () => {
    const { port } = await start.hub();
    const { status, headers, body } = await ask(port, WASM);
    expect(status).to.equal(200);
    expect(body.subarray(0, 4).toString("latin1")).to.equal("\0asm");
    expect(headers).to.include({
      "content-type": "application/wasm",
      "content-length": String(body.length),
      "rerun-final-length": String(body.length),
      "cache-control": "public, max-age=31536000, immutable",
    });
    const again = await ask(port, WASM, { headers: { "if-none-match": headers.etag } });
    expect(again.status).to.equal(304);
    expect(again.body).to.have.lengthOf(0);
  });

  it("lets browsers ask whether the page has changed", async () => {
    const { port } = await start.hub();
    const { headers } = await ask(port, "/page.js");
    expect(headers["cache-control"]).to.equal("no-cache");
    const conditional = { "if-none-match": `"other", W/${headers.etag}` };
    expect((await ask(port, "/page.js", { headers: conditional })).status).to.equal(304);
    const other = { "if-none-match": '"other"' };
    expect((await ask(port, "/page.js", { headers: other })).status).to.equal(200);
  });

  it("answers HEAD like GET, without a body", async () => {
    const { port } = await start.hub();
    for (const path of ["/", WASM, "/healthz", "/nothing"]) {
      const head = await ask(port, path, { method: "HEAD" });
      const full = await ask(port, path);
      expect(head.status, path).to.equal(full.status);
      expect(head.body, path).to.have.lengthOf(0);
      expect(head.headers["content-length"], path).to.equal(String(full.body.length));
    }
  });

  it("sends the viewer compressed to where the network is slower than that", async function () {
    this.timeout(60_000);
    const handler = httpHandler({
      access: new Access({ host: "127.0.0.1", allowedOrigins: [], token: undefined }),
      assets: findPageAssets(),
      allowedOrigins: [],
      health: () => ({}),
    });
    // As if it came from elsewhere.
    const server = createServer((incoming, response) => {
      Object.defineProperty(incoming.socket, "remoteAddress", { value: "192.0.2.1" });
      handler(incoming, response);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    start.onEnd(() => server.close());
    const { port } = server.address() as AddressInfo;
    const etags = new Set<unknown>();
    for (const [accept, encoding, unpack] of [
      ["gzip, deflate, br", "br", brotliDecompressSync],
      ["gzip", "gzip", gunzipSync],
      ["br;q=0, gzip;q=0.5", "gzip", gunzipSync],
      ["identity", undefined, (body: Buffer) => body],
    ] as const) {
      const { headers, body } = await ask(port, WASM, { headers: { "accept-encoding": accept } });
      expect(headers["content-encoding"], accept).to.equal(encoding);
      expect(headers.vary).to.equal("Accept-Encoding");
      expect(headers["content-length"]).to.equal(String(body.length));
      if (encoding !== undefined) expect(body.length).to.be.lessThan(17_000_000);
      expect(String(unpack(body).length), accept).to.equal(headers["rerun-final-length"]);
      etags.add(headers.etag);
    }
    expect(etags.size).to.equal(3);
  });

  it("tells how it is", async () => {
    const hub = await start.hub();
    hub.append([item(1, 100)]);
    await start.client(hub.port);
    const { headers, body } = await ask(hub.port, "/healthz");
    expect(headers["content-type"]).to.equal("application/json");
    expect(JSON.parse(body.toString())).to.deep.include({
      status: "ok",
      messages: 1,
      bytes: 100,
      clients: 1,
    });
  });

  it("tells nothing of the data to those who do not know the token", async () => {
    const hub = await start.hub({ token: "secret" });
    const health = async (headers: Record<string, string>): Promise<unknown> =>
      (await fetch(`http://127.0.0.1:${hub.port}/healthz`, { headers })).json();
    expect(await health({})).to.have.all.keys("status", "server");
    expect(await health({ authorization: "Bearer wrong" })).to.have.all.keys("status", "server");
    expect(await health({ authorization: "Bearer secret" })).to.include({ messages: 0 });
  });

  it("has nothing else, however it is asked for", async () => {
    const { port } = await start.hub();
    for (const path of [
      "/nothing",
      "/package.json",
      "/../package.json",
      "/%2e%2e/package.json",
      "/chunks/../../../package.json",
      "/viewer/0.33.0/index.js",
      "/ws",
      "//",
    ])
      expect((await ask(port, path)).status, path).to.equal(404);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const { status, headers } = await ask(port, "/", { method });
      expect(status, method).to.equal(405);
      expect(headers.allow).to.equal("GET, HEAD");
    }
    const rebound = await ask(port, "/", { headers: { host: "evil.example" } });
    expect(rebound.status).to.equal(403);
    expect(rebound.body.toString()).not.to.include("<html");
  });

  it("answers nonsense with an error, and goes on", async () => {
    const { port } = await start.hub();
    for (const [nonsense, status] of [
      ["GARBAGE\r\n\r\n", "400"],
      ["GET / HTTP/9.9\r\n\r\n", "400"],
      ["\x16\x03\x01\x02\x00\x01\x00\x01", "400"],
      ["GET / HTTP/1.1\r\n\r\n", "400"],
      [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, "431"],
      [
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "400",
      ],
    ] as const) {
      const answer = await exchange(port, nonsense);
      expect(answer.slice(0, 12), nonsense.slice(0, 40)).to.equal(`HTTP/1.1 ${status}`);
    }
    expect((await ask(port, "/")).status).to.equal(200);
  });
});
