import { expect } from "chai";
import { BATCH_PRESETS, Points3D, RecordingStream, Scalars, TextLog } from "../../../lib/index.ts";
import type { LogMsg } from "../../../lib/log-msg.ts";
import type { HubItem } from "../../../lib/node/hub-item.ts";
import { HubLog, type HubLogOptions } from "../../../lib/node/hub-log.ts";
import { field, framesOf } from "../../helpers/grpc-peer.ts";
import { ROW_BY_ROW, recorded } from "../../helpers/recorded.ts";
import { range } from "../../helpers/use-hub.ts";

const MIB = 2 ** 20;

describe("HubLog", () => {
  const hubLog = (options: Partial<HubLogOptions> = {}): HubLog =>
    new HubLog({
      historyBytes: 64 * MIB,
      pinnedBytes: 64 * MIB,
      maxChunkBytes: 64 * MIB,
      ...options,
    });

  /** Takes messages as the network brings them. */
  const takeAll = (log: HubLog, frames: readonly Uint8Array[]): string[] =>
    frames.map((frame) => log.takeFrame(frame[0] as 1, Uint8Array.from(frame)));

  /** What someone who comes now would get. */
  function held(log: HubLog): HubItem[] {
    const cursor = log.log.cursor();
    const items = cursor.take(Number.POSITIVE_INFINITY).map(({ item }) => item);
    cursor.close();
    return items;
  }

  const pathsIn = (log: HubLog): (string | undefined)[] => held(log).map((item) => item.entityPath);
  const kindsIn = (log: HubLog): string[] => held(log).map((item) => item.kind);

  it("keeps messages from elsewhere byte for byte", async () => {
    const frames = framesOf(await recorded((rec) => rec.log("a", Scalars(1))));
    const log = hubLog();
    expect(takeAll(log, frames)).to.deep.equal(["taken", "taken"]);
    const bytes = held(log).map((item) => Buffer.concat(item.parts));
    expect(bytes).to.deep.equal(frames.map((frame) => Buffer.from(frame)));
  });

  it("knows the same of a message, whether it is of this program or came by network", async () => {
    const messages = await recorded((rec) => {
      rec.log("a", Points3D([[1, 2, 3]], { radii: 1 }), { static: true });
      rec.setTime("frame", { sequence: 1 });
      rec.log("a/b", Scalars(1));
    }, ROW_BY_ROW);
    const [own, foreign] = [hubLog(), hubLog()];
    for (const message of messages) own.takeMessage(message, "lz4");
    takeAll(foreign, framesOf(messages));
    const facts = (log: HubLog): unknown[] =>
      held(log).map(({ kind, storeId, entityPath, pinned, keys, joinsNext }) => ({
        kind,
        storeId,
        entityPath,
        pinned,
        keys: keys.toSorted(),
        joinsNext,
      }));
    expect(facts(foreign)).to.deep.equal(facts(own));
  });

  describe("past its history", () => {
    /** Fills the history with an entity that changes all the time. */
    const noise = (rec: RecordingStream, count = 300): void => {
      for (let i = 0; i < count; i++) rec.log("noise", Scalars(i));
    };

    it("keeps the latest value of each component of each entity, and all static data", async () => {
      const log = hubLog({ historyBytes: 100_000 });
      const frames = framesOf(
        await recorded((rec) => {
          rec.log("static", TextLog("s"), { static: true });
          for (let i = 0; i < 3; i++) rec.log("old", Scalars(i));
          rec.log("both", Points3D([[1, 2, 3]], { radii: 1 }));
          rec.log("both", Points3D([[4, 5, 6]]));
          noise(rec);
        }, ROW_BY_ROW),
      );
      takeAll(log, frames);
      const paths = pathsIn(log);
      expect(log.log.bytes).to.be.at.most(110_000);
      expect(paths.slice(0, 5)).to.deep.equal([undefined, "/static", "/old", "/both", "/both"]);
      expect(new Set(paths.slice(5))).to.deep.equal(new Set(["/noise"]));
      // Of the three the last.
      expect(Buffer.concat(held(log)[2]?.parts ?? [])).to.deep.equal(
        Buffer.from(frames[4] as Uint8Array),
      );
    });

    it("lets go of a latest value once another has come for each of its components", async () => {
      const log = hubLog({ historyBytes: 100_000 });
      const steps = await recorded((rec) => {
        rec.log("p", Points3D([[1, 2, 3]], { radii: 1 }));
        noise(rec);
        rec.log("p", Points3D([[4, 5, 6]]));
        rec.log("p", Points3D.updateFields({ radii: [2] }));
        noise(rec);
      }, ROW_BY_ROW);
      takeAll(log, framesOf(steps));
      expect(pathsIn(log).filter((path) => path === "/p")).to.have.lengthOf(2);
    });

    it("keeps the latest on each set of timelines", async () => {
      const log = hubLog({ historyBytes: 100_000 });
      const messages = await recorded((rec) => {
        rec.setTime("frame", { sequence: 1 });
        rec.log("p", Scalars(1));
        rec.disableTimeline("frame");
        rec.setTime("other", { sequence: 1 });
        rec.log("p", Scalars(2));
        noise(rec);
      }, ROW_BY_ROW);
      takeAll(log, framesOf(messages));
      expect(pathsIn(log).filter((path) => path === "/p")).to.have.lengthOf(2);
    });

    it("gives latest values no more than half of the history", async () => {
      const log = hubLog({ historyBytes: 200_000 });
      const messages = await recorded((rec) => {
        for (let i = 0; i < 400; i++) rec.log(`entity/${i}`, Scalars(i));
        noise(rec, 400);
      }, ROW_BY_ROW);
      takeAll(log, framesOf(messages));
      const paths = pathsIn(log).filter((path) => path?.startsWith("/entity") === true);
      // The newest of them.
      expect(paths).to.have.lengthOf.within(30, 70);
      expect(paths).to.deep.equal(range(400 - paths.length, 400).map((i) => `/entity/${i}`));
      expect(log.log.bytes).to.be.at.most(210_000);
    });

    it("holds nothing temporal when the limit is 0", async () => {
      const log = hubLog({ historyBytes: 0 });
      takeAll(log, framesOf(await recorded((rec) => noise(rec, 3), ROW_BY_ROW)));
      expect(kindsIn(log)).to.deep.equal(["store-info"]);
    });

    it("does not keep the memory of others alive with a few small messages", async () => {
      const log = hubLog({ historyBytes: 100_000 });
      const frames = framesOf(
        await recorded((rec) => {
          for (let i = 0; i < 20; i++) rec.log(`static/${i}`, Scalars(i), { static: true });
          for (let i = 0; i < 20; i++) rec.log(`latest/${i}`, Scalars(i));
          noise(rec);
        }, ROW_BY_ROW),
      );
      // As the network brings them: views of one large buffer.
      const all = Buffer.concat(frames);
      let at = 0;
      for (const frame of frames) {
        log.takeFrame(frame[0] as 1, all.subarray(at, at + frame.length));
        at += frame.length;
      }
      for (const item of held(log)) {
        if (item.entityPath === "/noise") continue;
        const [only] = item.parts as [Uint8Array];
        expect(only.buffer.byteLength, item.entityPath).to.be.lessThan(only.length * 2 + 100);
      }
    });
  });

  it("replaces static data component by component, as viewers do", async () => {
    const log = hubLog({ historyBytes: 0 });
    const messages = await recorded((rec) => {
      rec.log("p", Points3D([[1, 2, 3]], { radii: 1 }), { static: true });
      rec.log("q", Scalars(1), { static: true });
      rec.log("p", Points3D([[4, 5, 6]]), { static: true });
    }, ROW_BY_ROW);
    takeAll(log, framesOf(messages));
    // The first has the radii still.
    expect(pathsIn(log)).to.deep.equal([undefined, "/p", "/q", "/p"]);
    const more = await recorded(
      (rec) => rec.log("p", Points3D.updateFields({ radii: [3] }), { static: true }),
      {
        recordingId: (messages[0] as LogMsg).storeId.recordingId,
      },
    );
    takeAll(log, framesOf(more));
    expect(pathsIn(log)).to.deep.equal([undefined, "/q", "/p", undefined, "/p"]);
  });

  it("keeps the first info of a store before its data, and the latest one that differs", async () => {
    const log = hubLog({ historyBytes: 0 });
    const options = { recordingId: "same" };
    const runs = await Promise.all(
      range(0, 3).map(() => recorded((rec) => rec.log("a", Scalars(1)), options)),
    );
    for (const run of runs) takeAll(log, [...framesOf(run), ...framesOf(run)]);
    expect(log.log.nextSeq).to.equal(6);
    const infos = [runs[0], runs[2]].map((run) => framesOf(run ?? [])[0]);
    expect(held(log).map((item) => Buffer.concat(item.parts))).to.deep.equal(
      infos.map((info) => Buffer.from(info as Uint8Array)),
    );
  });

  it("lets go of blueprints whose place another has taken", async () => {
    const { Blueprint, TextDocumentView } = await import("../../../lib/blueprint/index.ts");
    const log = hubLog({ historyBytes: 0 });
    const messages = await recorded((rec) => {
      for (let i = 0; i < 5; i++) rec.sendBlueprint(Blueprint(TextDocumentView({ name: `v${i}` })));
    });
    takeAll(log, framesOf(messages));
    const stores = new Set(
      held(log).flatMap(({ storeId }) =>
        storeId?.kind === "blueprint" ? [storeId.recordingId] : [],
      ),
    );
    // Each makes itself the active and the default one.
    expect(stores.size).to.equal(1);
    expect(kindsIn(log).at(-1)).to.equal("activation");
  });

  it("takes every chunk once", async () => {
    const messages = await recorded((rec) => {
      for (let i = 0; i < 10; i++) rec.log("a", Scalars(i));
    }, ROW_BY_ROW);
    const log = hubLog();
    const frames = framesOf(messages);
    takeAll(log, frames);
    expect(new Set(takeAll(log, frames))).to.deep.equal(new Set(["known"]));
    for (const message of messages) expect(log.takeMessage(message, "none")).to.equal("known");
    expect(log.log.nextSeq).to.equal(11);
    // In another recording it is another chunk.
    const elsewhere = messages.map((message) => ({
      ...message,
      storeId: { ...message.storeId, recordingId: "copy" },
    })) as LogMsg[];
    expect(new Set(takeAll(log, framesOf(elsewhere)))).to.deep.equal(new Set(["taken"]));
  });

  it("takes a chunk that comes in order after one of the same id that was broken", async () => {
    const [info, chunk] = framesOf(await recorded((rec) => rec.log("a", Scalars(1)))) as [
      Uint8Array,
      Uint8Array,
    ];
    const broken = Uint8Array.from(chunk).fill(0xff, 300, 400);
    expect(takeAll(hubLog(), [info, broken, chunk])).to.deep.equal(["taken", "refused", "taken"]);
  });

  it("refuses what nobody could read, and goes on", async () => {
    const log = hubLog();
    const [info, chunk] = framesOf(await recorded((rec) => rec.log("a", Scalars(1)))) as [
      Uint8Array,
      Uint8Array,
    ];
    const longName = Buffer.from("x".repeat(5000));
    const storeOf = (name: Uint8Array): Buffer =>
      Buffer.concat([Buffer.from([8, 1]), field(2, name), field(3, field(1, Buffer.from("app")))]);
    for (const [kind, bytes] of [
      [1, Buffer.alloc(0)],
      [2, Buffer.alloc(0)],
      [3, Buffer.alloc(0)],
      [2, info.subarray(16)],
      [1, chunk.subarray(16)],
      [2, chunk.subarray(16, chunk.length - 40)],
      [3, field(1, storeOf(longName))],
    ] as const)
      expect(
        takeAll(log, [Buffer.concat([Buffer.from([kind]), Buffer.alloc(15), bytes])]),
      ).to.deep.equal(["refused"]);
    expect(log.log.nextSeq).to.equal(0);
    expect(takeAll(log, [info, chunk])).to.deep.equal(["taken", "taken"]);
  });

  it("keeps within its limits while 10,000 messages of all kinds come and nobody reads", async function () {
    this.timeout(30_000);
    const log = hubLog({ historyBytes: 1 * MIB });
    const rec = new RecordingStream("spec", { sendProperties: false, batch: BATCH_PRESETS.always });
    let most = 0;
    rec.attach((message) => {
      log.takeMessage(message, "none");
      most = Math.max(most, log.log.bytes - log.log.pinnedBytes);
    });
    for (let i = 0; i < 10_000; i++) {
      rec.log(`e/${(i * i) % 97}`, Scalars(i), i % 50 === 0 ? { static: true } : {});
    }
    await rec.close();
    expect(most).to.be.within(0.9 * MIB, 1.01 * MIB);
    expect(log.log.pinnedBytes).to.be.lessThan(200_000);
  });
});
