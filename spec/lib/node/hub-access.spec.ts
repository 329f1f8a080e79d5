import { hostname } from "node:os";
import { expect } from "chai";
import { Access, isLoopback } from "../../../lib/node/hub-access.ts";

const access = (host: string, allowedOrigins: string[] = [], token?: string): Access =>
  new Access({ host, allowedOrigins, token });

describe("Access", () => {
  it("takes hosts that cannot be rebound, and no other name", () => {
    const local = access("127.0.0.1");
    for (const host of [
      "localhost",
      "LOCALHOST:9876",
      "localhost.:1",
      "viewer.localhost:9876",
      "127.0.0.1",
      "127.0.0.1:9876",
      "[::1]:9876",
      "192.168.1.5:9876",
    ])
      expect(local.hostAllowed(host), host).to.equal(true);
    for (const host of [
      undefined,
      "",
      "evil.example",
      "localhost.evil.example:9876",
      "notlocalhost",
      "evil.example:9876@localhost",
      "localhost/evil",
      "127.0.0.1.nip.io",
      hostname(),
    ])
      if (host !== "localhost") expect(local.hostAllowed(host), String(host)).to.equal(false);
  });

  it("takes the name that it listens on, its own name when others reach it, and hosts of allowed origins", () => {
    expect(access("robot.lan").hostAllowed("robot.lan:9876")).to.equal(true);
    expect(access("0.0.0.0").hostAllowed(`${hostname()}:9876`)).to.equal(true);
    const proxied = access("127.0.0.1", ["https://viz.example"]);
    expect(proxied.hostAllowed("viz.example")).to.equal(true);
    expect(proxied.hostAllowed("other.example")).to.equal(false);
  });

  it("takes its own page, allowed pages, and what is no page", () => {
    const rules = access("127.0.0.1", ["https://viz.example", "vscode-webview://abc"]);
    const host = "localhost:9876";
    for (const origin of [
      undefined,
      "http://localhost:9876",
      "https://localhost:9876",
      "https://viz.example",
      "HTTPS://VIZ.EXAMPLE",
      "vscode-webview://abc",
      // Pages that this machine serves itself.
      "http://localhost",
      "http://localhost:5173",
      "http://127.0.0.1:9876",
      "http://[::1]:9090",
      "http://app.localhost:8080",
    ])
      expect(rules.originAllowed(origin, host), String(origin)).to.equal(true);
    for (const origin of [
      "null",
      "",
      "http://viz.example",
      "http://localhost.evil.example",
      "http://127.evil.example:9876",
      "http://192.168.1.5:9876",
      "ftp://localhost",
      "chrome-extension://localhost",
      "https://viz.example.evil.example",
      "file://",
    ])
      expect(rules.originAllowed(origin, host), origin).to.equal(false);
  });

  it("compares tokens", () => {
    expect(access("127.0.0.1").tokenAllowed(undefined)).to.equal(true);
    expect(access("127.0.0.1").tokenAllowed("any")).to.equal(true);
    const rules = access("127.0.0.1", [], "secret");
    expect(rules.tokenAllowed("secret")).to.equal(true);
    for (const token of [undefined, "", "secre", "secret1"])
      expect(rules.tokenAllowed(token), String(token)).to.equal(false);
  });
});

describe("isLoopback", () => {
  it("knows the names and addresses of this machine", () => {
    for (const host of [
      "127.0.0.1",
      "127.1.2.3",
      "::1",
      "::ffff:127.0.0.1",
      "localhost",
      "a.localhost",
    ])
      expect(isLoopback(host), host).to.equal(true);
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "example.org", "127.evil.example"])
      expect(isLoopback(host), host).to.equal(false);
  });
});
