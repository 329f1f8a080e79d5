import { expect } from "chai";
import { Points3D, Scalars, TextLog, ViewCoordinates } from "../../lib/archetypes/index.ts";
import { probeProxy } from "../../lib/node/probe-proxy.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { connect } from "../../sinks/connect.ts";
import { memory } from "../../sinks/memory.ts";
import { save } from "../../sinks/save.ts";
import { selfSigned } from "../helpers/certificate.ts";
import { usePeer } from "../helpers/peers.ts";
import { eventually } from "../helpers/receivers.ts";
import { compare } from "../helpers/rerun-cli.ts";
import { useHub } from "../helpers/use-hub.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

describe("connect, with our own hub", function () {
  this.timeout(60_000);
  const start = useHub();
  const dir = useTempDir();

  describe("compared by the official command line", () => {
    usePeer("rerun-cli");

    it("delivers exactly what a file gets", async () => {
      const hub = await start.hub();
      const detach = hub.attach(save(dir.file("hub.rrd")));
      const rec = new RecordingStream("spec");
      rec.attach(connect(`127.0.0.1:${hub.port}`));
      rec.attach(save(dir.file("saved.rrd")));
      rec.log("world", ViewCoordinates.RIGHT_HAND_Z_UP, { static: true });
      for (let i = 0; i < 300; i++) {
        rec.setTime("frame", { sequence: i });
        rec.log("plots/sin", Scalars(Math.sin(i / 10)));
        if (i % 50 === 0) {
          rec.log("world/points", Points3D(Float32Array.from({ length: 3000 }, (_, j) => i + j)));
          rec.log("log", TextLog(`step ${i}`));
        }
      }
      const { complete, sinks } = await rec.close();
      expect(complete).to.equal(true);
      expect(sinks[0]?.deliveredRows).to.equal(sinks[1]?.deliveredRows);
      await detach();
      const { code, stderr } = await compare(dir.file("saved.rrd"), dir.file("hub.rrd"));
      expect(code, stderr).to.equal(0);
    });
  });

  it("shows a token, over TLS, and is refused with another", async () => {
    const { cert, key } = selfSigned();
    const hub = await start.hub({ token: "s3cret", tls: { cert, key } });
    const received = memory();
    hub.attach(received);
    const url = `rerun+https://127.0.0.1:${hub.port}/proxy`;
    const tls = { ca: cert };
    expect(await probeProxy({ port: hub.port, tls, token: "wrong" })).to.equal("viewer");

    const rec = new RecordingStream("spec", { sendProperties: false });
    const denied = connect(url, { tls, token: "wrong" });
    rec.errors$.subscribe(() => undefined);
    rec.attach(denied);
    rec.attach(connect(url, { tls, token: "s3cret" }));
    rec.log("v", Scalars(1));
    const { sinks } = await rec.close();
    await eventually(() => denied.state === "failed", "a refusal");
    expect(denied.failure?.code).to.equal("access-denied");
    expect(sinks[1]).to.include({ deliveredRows: 1, droppedRows: 0 });
    expect(received.messages.filter((message) => message.kind === "chunk")).to.have.lengthOf(1);
  });
});
