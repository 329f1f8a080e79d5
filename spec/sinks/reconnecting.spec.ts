import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { Spatial3DView } from "../../lib/blueprint/index.ts";
import { RecordingStream, Scalars, TextLog } from "../../lib/index.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { connect } from "../../sinks/connect.ts";
import { memory } from "../../sinks/memory.ts";
import { socket } from "../../sinks/socket.ts";
import { useLines } from "../helpers/lines.ts";
import { eventually } from "../helpers/receivers.ts";
import { useHub } from "../helpers/use-hub.ts";

/** What a message is, in a word. */
function kindOf(message: LogMsg): string {
  const { kind, storeId } = message;
  if (kind === "set-store-info") return `${storeId.kind} info`;
  if (kind === "blueprint-activation") return "activation";
  const { chunk } = message;
  if (storeId.kind === "blueprint") return "blueprint";
  if (chunk.entityPath.startsWith("/__properties")) return "property";
  return chunk.isStatic ? "static" : chunk.entityPath;
}

/** The name of a message: two that are the same have the same. */
const idOf = (message: LogMsg): string =>
  message.kind === "chunk" ? String(message.chunk.id) : kindOf(message);

/** The same without repetition of what comes several times in a row. */
const phases = (messages: readonly LogMsg[]): string[] =>
  messages.map(kindOf).filter((kind, i, all) => kind !== all[i - 1]);

for (const [name, make] of [
  ["connect", (port: number) => connect(`127.0.0.1:${port}`)],
  ["socket", (port: number) => socket(`http://127.0.0.1:${port}`)],
] as const) {
  describe(`${name}, when it has to connect again`, function () {
    this.timeout(30_000);
    const start = useHub();
    const open = useLines();

    function record(options = {}): RecordingStream {
      const rec = new RecordingStream("spec", { batch: { flushNumRows: 1 }, ...options });
      rec.errors$.subscribe(() => undefined);
      start.onEnd(() => rec.close({ signal: AbortSignal.abort() }));
      return rec;
    }

    /** A hub, and what came there, in order. */
    async function receive(port = 0) {
      const hub = await start.hub({ port });
      const seen = memory();
      hub.attach(seen);
      return { hub, messages: seen.messages };
    }

    const log = (rec: RecordingStream, from: number, to: number): void => {
      for (let i = from; i < to; i++) rec.log("plot", Scalars(i));
    };

    const plotted = (messages: readonly LogMsg[]): string[] =>
      messages.filter((message) => kindOf(message) === "/plot").map(idOf);

    it("gives a viewer that was restarted what it needs first: store info, properties, blueprint and static data", async () => {
      const first = await receive();
      const rec = record();
      log(rec, 0, 10);
      rec.sendProperty("situation", TextLog("fair"));
      rec.sendBlueprint(Spatial3DView({ origin: "world" }));
      rec.log("map", TextLog("old"), { static: true });
      rec.log("map", TextLog("new"), { static: true });
      rec.attach(make(first.hub.port), { from: "now" });
      log(rec, 10, 20);
      expect((await rec.flush()).complete).to.equal(true);
      const { port } = first.hub;
      await first.hub.close(AbortSignal.abort());
      const second = await receive(port);
      expect((await rec.flush()).complete).to.equal(true);
      log(rec, 20, 25);
      expect((await rec.flush()).complete).to.equal(true);
      expect(phases(second.messages)).to.deep.equal([
        "recording info",
        "property",
        "blueprint info",
        "blueprint",
        "activation",
        "static",
        "/plot",
      ]);
      for (const once of ["recording info", "blueprint info", "activation", "static"])
        expect(second.messages.filter((message) => kindOf(message) === once)).to.have.lengthOf(1);
      const [had, has] = [plotted(first.messages), plotted(second.messages)];
      expect(had).to.have.lengthOf(10);
      expect(has.slice(0, 10)).to.deep.equal(had);
      expect(new Set(has).size).to.equal(15);
      expect(has).to.have.lengthOf(15);
    });

    it("gives it everything from the start in the order in which it was logged, as the first one got it", async () => {
      const first = await receive();
      const rec = record();
      rec.attach(make(first.hub.port));
      log(rec, 0, 10);
      rec.sendProperty("situation", TextLog("fair"));
      log(rec, 10, 20);
      rec.sendBlueprint(Spatial3DView({ origin: "world" }));
      log(rec, 20, 30);
      rec.log("map", TextLog("new"), { static: true });
      expect((await rec.flush()).complete).to.equal(true);
      const { port } = first.hub;
      await first.hub.close(AbortSignal.abort());
      const second = await receive(port);
      // Everything had been acknowledged: a flush alone would wait for nothing.
      await eventually(() => second.messages.length >= first.messages.length, "all of it again");
      expect((await rec.flush()).complete).to.equal(true);
      expect(phases(second.messages).slice(0, 2)).to.deep.equal(["recording info", "property"]);
      expect(second.messages.map(idOf)).to.deep.equal(first.messages.map(idOf));
      expect(plotted(second.messages)).to.have.lengthOf(30);
    });

    it("tries less and less often while each connection breaks, and soon again after one that was of use", async () => {
      const hub = await start.hub();
      const line = await open(hub);
      const sink = make(line.port);
      const rec = record();
      rec.attach(sink);
      let breaking = true;
      // Each one breaks once it is greeted, before any data was taken.
      sink.state$.subscribe((state) => {
        if (state === "open" && breaking) line.cut();
      });
      rec.log("plot", Scalars(1));
      await sleep(4_000);
      // Ten in the first second, a good five in the next three.
      expect(line.connections).to.be.within(8, 18);
      breaking = false;
      expect((await rec.flush()).complete).to.equal(true);
      await eventually(() => sink.state === "open", "a good connection");
      const lost = new Promise<number>((resolve) => {
        sink.state$.subscribe((state) => {
          if (state === "reconnecting") resolve(performance.now());
        });
      });
      line.cut();
      const lostAt = await lost;
      await eventually(() => sink.state === "open", "the connection after it");
      expect(performance.now() - lostAt).to.be.below(400);
    });

    it("tries less and less often while nobody is there", async () => {
      // Nobody who speaks: each connection is ended at once.
      const line = await open({ port: 1 });
      const rec = record();
      rec.attach(make(line.port));
      rec.log("plot", Scalars(1));
      await sleep(4_000);
      expect(line.connections).to.be.within(8, 18);
    });
  });
}
