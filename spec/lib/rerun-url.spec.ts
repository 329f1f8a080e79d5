import { expect } from "chai";
import fc from "fast-check";
import { RerunError } from "../../lib/errors.ts";
import { DEFAULT_RERUN_URL, parseRerunUrl } from "../../lib/rerun-url.ts";

describe("parseRerunUrl", () => {
  for (const [text, origin, url] of [
    [DEFAULT_RERUN_URL, "http://127.0.0.1:9876", DEFAULT_RERUN_URL],
    ["rerun+http://127.0.0.1:9876/proxy/", "http://127.0.0.1:9876", DEFAULT_RERUN_URL],
    ["rerun+http://127.0.0.1:9876", "http://127.0.0.1:9876", DEFAULT_RERUN_URL],
    ["rerun http://127.0.0.1:9876/proxy", "http://127.0.0.1:9876", DEFAULT_RERUN_URL],
    ["  rerun+http://127.0.0.1:9876/proxy\n", "http://127.0.0.1:9876", DEFAULT_RERUN_URL],
    ["rerun+http://localhost/proxy", "http://localhost:9876", "rerun+http://localhost:9876/proxy"],
    [
      "rerun+http://0.0.0.0:1234/proxy",
      "http://127.0.0.1:1234",
      "rerun+http://127.0.0.1:1234/proxy",
    ],
    ["rerun+http://[::1]/proxy", "http://[::1]:9876", "rerun+http://[::1]:9876/proxy"],
    ["rerun+http://[::]:7/proxy", "http://127.0.0.1:7", "rerun+http://127.0.0.1:7/proxy"],
    [
      "rerun+http://example.org/proxy",
      "http://example.org:80",
      "rerun+http://example.org:80/proxy",
    ],
    ["rerun+http://example.org:80", "http://example.org:80", "rerun+http://example.org:80/proxy"],
    ["rerun+http://localhost:80/proxy", "http://localhost:80", "rerun+http://localhost:80/proxy"],
    ["rerun://example.org/proxy", "https://example.org:443", "rerun://example.org:443/proxy"],
    [
      "rerun+https://example.org:80/proxy",
      "https://example.org:80",
      "rerun://example.org:80/proxy",
    ],
    ["rerun https://a.b/proxy", "https://a.b:443", "rerun://a.b:443/proxy"],
    [
      "RERUN+HTTP://Example.ORG:99/proxy",
      "http://example.org:99",
      "rerun+http://example.org:99/proxy",
    ],
    ["localhost:5000", "http://localhost:5000", "rerun+http://localhost:5000/proxy"],
    ["robot.local:9876/proxy", "http://robot.local:9876", "rerun+http://robot.local:9876/proxy"],
    ["192.168.1.7:9876", "http://192.168.1.7:9876", "rerun+http://192.168.1.7:9876/proxy"],
    ["127.0.0.1", "http://127.0.0.1:9876", DEFAULT_RERUN_URL],
    ["app.rerun.io", "https://app.rerun.io:443", "rerun://app.rerun.io:443/proxy"],
  ] as const) {
    it(`understands ${JSON.stringify(text)}`, () => {
      const parsed = parseRerunUrl(text);
      expect(parsed.origin).to.equal(origin);
      expect(parsed.url).to.equal(url);
      expect(parsed.secure).to.equal(origin.startsWith("https"));
      expect(parseRerunUrl(parsed.url)).to.deep.equal(parsed);
    });
  }

  it("gives the host as sockets want it", () => {
    expect(parseRerunUrl("rerun+http://[::1]:5/proxy")).to.include({ host: "::1", port: 5 });
  });

  for (const [text, why] of [
    ["", /its host or port is none/],
    ["rerun+http://", /its host or port is none/],
    ["http://127.0.0.1:9876", /did you mean "rerun\+http:\/\/"\?/],
    ["ftp://a", /its scheme is "ftp"/],
    ["constructor://a", /its scheme is "constructor"/],
    ["rerun+http://a:70000/proxy", /its host or port is none/],
    ["rerun+http://a:0/proxy", /port 0 is none/],
    ["rerun+http://a:b/proxy", /its host or port is none/],
    ["rerun+http://a b/proxy", /its host or port is none/],
    ["rerun+http://me:secret@a/proxy", /give a token as an option/],
    ["rerun://a/catalog", /only the path \/proxy/],
    ["rerun://a/dataset/1", /not \/dataset\/1/],
    [undefined, /it is not a string/],
    [9876, /it is not a string/],
  ] as const) {
    it(`refuses ${JSON.stringify(text)} and says why`, () => {
      expect(() => parseRerunUrl(text as never))
        .to.throw(RerunError, why)
        .with.property("code", "invalid-argument");
    });
  }

  it("throws nothing but its own error, whatever it is given", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.webUrl(),
          fc.webUrl().map((url) => `rerun+${url}`),
        ),
        (text) => {
          try {
            const { port, host } = parseRerunUrl(text);
            expect(port).to.be.within(1, 65535);
            expect(host).to.not.equal("");
          } catch (error) {
            expect(error).to.be.instanceOf(RerunError);
          }
        },
      ),
    );
  });
});
