import { expect } from "chai";
import { Scalars } from "../../lib/archetypes/index.ts";
import { probeProxy } from "../../lib/node/probe-proxy.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { connect } from "../../sinks/connect.ts";
import { type SelfSigned, selfSigned } from "../helpers/certificate.ts";
import { useFakeProxy } from "../helpers/fake-proxy.ts";
import { eventually } from "../helpers/receivers.ts";

describe("connect over TLS", function () {
  this.timeout(20_000);
  const proxy = useFakeProxy();
  let mine: SelfSigned;

  before("make a certificate", () => {
    mine = selfSigned();
  });

  for (const [what, host, tls] of [
    ["that is given as the authority", "127.0.0.1", (): object => ({ ca: mine.cert })],
    ["given as bytes, by name", "localhost", () => ({ ca: [Buffer.from(mine.cert)] })],
    ["when none is checked", "127.0.0.1", () => ({ rejectUnauthorized: false })],
  ] as const) {
    it(`delivers to a viewer with a certificate ${what}`, async () => {
      const viewer = await proxy({ tls: mine });
      const rec = new RecordingStream("spec");
      const sink = connect(`rerun+https://${host}:${viewer.port}/proxy`, { tls: tls() });
      expect(sink.url).to.equal(`rerun://${host}:${viewer.port}/proxy`);
      rec.attach(sink);
      rec.log("v", Scalars(1));
      const { complete } = await rec.close();
      expect(complete).to.equal(true);
      expect(viewer.chunks.map((chunk) => chunk.entityPath)).to.include("/v");
    });
  }

  it("fails at once with a certificate that is not trusted, and says what to do", async () => {
    const viewer = await proxy({ tls: mine });
    for (const tls of [undefined, { ca: selfSigned().cert }]) {
      const rec = new RecordingStream("spec");
      const told: string[] = [];
      rec.errors$.subscribe((error) => told.push(error.code));
      const sink = connect(`rerun://127.0.0.1:${viewer.port}`, tls === undefined ? {} : { tls });
      rec.attach(sink);
      await eventually(() => sink.state === "failed", "a failure");
      expect(sink.failure?.code).to.equal("access-denied");
      expect(sink.failure?.message).to.match(/certificate .* `tls\.ca`: https:\/\/127\.0\.0\.1/);
      await rec.close();
      expect(told).to.deep.equal(["access-denied"]);
    }
    expect(viewer.calls).to.deep.equal([]);
  });

  it("does not take a plain server for an encrypted one, nor the other way round", async () => {
    const [encrypted, open] = [await proxy({ tls: mine }), await proxy()];
    const ca = { ca: mine.cert };
    expect(await probeProxy({ port: encrypted.port, tls: ca })).to.equal("viewer");
    expect(await probeProxy({ port: open.port, tls: ca })).to.equal("other");
    expect(await probeProxy({ port: encrypted.port })).to.equal("other");
    expect(await probeProxy({ port: open.port })).to.equal("viewer");
  });
});
