import { expect } from "chai";
import { Scalars, TextLog } from "../../../lib/index.ts";
import type { Hub } from "../../../lib/node/hub.ts";
import { wantsOf } from "../../../lib/node/hub-wants.ts";
import type { Subscription } from "../../../lib/protocol.ts";
import type { HubClient } from "../../helpers/hub-client.ts";
import { recorded } from "../../helpers/recorded.ts";
import { item, numbersOf, range, useHub } from "../../helpers/use-hub.ts";

describe("what a browser gets of a hub", () => {
  const start = useHub();

  describe("newest first", () => {
    const newest = (more = {}): Promise<Hub> => start.hub({ replay: "newest-first", ...more });

    it("begins with what is pinned, goes back in time, and tells how far", async () => {
      const hub = await newest({ windowBytes: 300 });
      hub.append(range(0, 12).map((i) => item(i, 100, { pinned: i === 4 })));
      const client = await start.client(hub.port);
      await client.until(() => client.frames.length === 12);
      expect(numbersOf(client)).to.deep.equal([4, 11, 10, 9, 8, 7, 6, 5, 3, 2, 1, 0]);
      const batches = client.messages.flatMap((m) => (m.type === "messages" ? [m] : []));
      expect(new Set(batches.map(({ next }) => next))).to.deep.equal(new Set([12]));
      const backs = batches.map(({ back }) => back ?? -1);
      expect(backs).to.deep.equal(backs.toSorted((a, b) => b - a));
      expect([backs.at(0), backs.at(-1)]).to.deep.equal([12, 0]);
      hub.append([item(12)]);
      await client.until(() => client.next === 13);
      expect(client.back).to.equal(0);
    });

    it("gives what comes in precedence", async () => {
      const hub = await newest({ windowBytes: 300 });
      hub.append(range(0, 10).map((i) => item(i, 100)));
      const client = await start.client(hub.port, { acknowledge: false });
      await client.until(() => client.frames.length === 3);
      hub.append([item(10, 100), item(11, 100)]);
      client.acknowledge();
      await client.until(() => client.frames.length === 6);
      expect(numbersOf(client)).to.deep.equal([9, 8, 7, 10, 11, 6]);
    });

    it("goes on after a break where it was, in both directions", async () => {
      const hub = await newest({ windowBytes: 300 });
      hub.append(range(0, 10).map((i) => item(i, 100, { pinned: i === 0 })));
      const first = await start.client(hub.port, { acknowledge: false });
      await first.until(() => first.bytes >= 300);
      await first.close();
      hub.append([item(10, 100)]);
      const { session } = first.hello;
      const again = await start.client(hub.port, {
        hello: { resume: { session, seq: first.next, back: first.back } },
      });
      await again.until(() => again.back === 0 && again.next === 11);
      expect(numbersOf(first)).to.deep.equal([0, 9, 8]);
      expect(numbersOf(again)).to.deep.equal([10, 7, 6, 5, 4, 3, 2, 1]);
    });

    it("is not misled by a point that makes no sense", async () => {
      const hub = await newest();
      hub.append(range(0, 5).map((i) => item(i)));
      const { session } = (await start.client(hub.port)).hello;
      const client = await start.client(hub.port, {
        hello: { resume: { session, seq: 3, back: 1e9 } },
      });
      await client.until(() => client.frames.length === 5);
      expect(numbersOf(client)).to.deep.equal([3, 4, 2, 1, 0]);
    });
  });

  it("tells who comes back what it missed", async () => {
    const hub = await start.hub({ historyBytes: 1000 });
    hub.append(range(0, 5).map((i) => item(i, 100)));
    const first = await start.client(hub.port);
    await first.until(() => first.frames.length === 5);
    await first.close();
    hub.append(range(5, 55).map((i) => item(i, 100, { pinned: i === 20 })));
    const resume = { session: first.hello.session, seq: first.next };
    const again = await start.client(hub.port, { hello: { resume } });
    await again.until(() => again.next === 55);
    expect((await again.message("dropped")).messages).to.equal(50 - again.frames.length);
    expect(numbersOf(again)).to.deep.equal([20, ...range(45, 55)]);
    // Also when there is nothing new for it.
    const last = await start.client(hub.port, { hello: { resume }, acknowledge: false });
    expect((await last.message("dropped")).messages).to.equal(39);
  });

  describe("that it subscribes to", () => {
    async function twoRecordings(hub: Hub): Promise<void> {
      for (const recordingId of ["a", "b"]) {
        const messages = await recorded(
          (rec) => {
            rec.log("robot/arm", Scalars(1));
            rec.log("robot2", Scalars(1));
            rec.log("camera", TextLog("static"), { static: true });
            rec.sendProperty("about", TextLog("x"));
          },
          { recordingId },
        );
        for (const message of messages) hub.take(message);
      }
      hub.append([
        item(0, 64, {
          pinned: true,
          storeId: { kind: "blueprint", applicationId: "spec_app", recordingId: "layout" },
        }),
      ]);
    }

    const framesFor = async (hub: Hub, subscribe: Subscription): Promise<HubClient> => {
      const client = await start.client(hub.port, { hello: { subscribe } });
      // Comes last, and is wanted by all.
      hub.append([
        item(99, 64, { storeId: { kind: "recording", applicationId: "x", recordingId: "a" } }),
      ]);
      await client.until(() => client.frames.at(-1)?.length === 64);
      return client;
    };

    it("are recordings, entities with what is below them, and kinds of stores", async () => {
      const hub = await start.hub();
      await twoRecordings(hub);
      const counts = async (subscribe: Subscription): Promise<number> => {
        const client = await framesFor(hub, subscribe);
        const count = client.frames.length;
        await client.close();
        return count;
      };
      // Each recording: info, two chunks, static, property; one message of the blueprint; one of those at the end.
      expect(await counts({})).to.equal(12);
      expect(await counts({ recordings: ["a"] })).to.equal(5 + 1 + 2);
      expect(await counts({ recordings: ["a"], entities: ["/robot"] })).to.equal(3 + 1 + 3);
      expect(await counts({ recordings: ["a"], stores: ["recording"], entities: [] })).to.equal(
        2 + 4,
      );
    });

    it("leaves out what is not asked for without counting it as lost", async () => {
      const hub = await start.hub();
      await twoRecordings(hub);
      const client = await framesFor(hub, { entities: ["/robot"], recordings: ["a"] });
      expect(client.messages.filter(({ type }) => type === "dropped")).to.have.lengthOf(0);
      expect(hub.clients[0]).to.deep.include({ state: "live", dropped: 0 });
    });

    it("is decided by whole parts of a path", () => {
      const wants = wantsOf({ entities: ["/robot", "/camera/"] });
      const at = (entityPath: string): boolean => wants({ ...item(1), entityPath });
      for (const path of ["/robot", "/robot/arm", "/camera", "/camera/left", "/__properties/x"])
        expect(at(path), path).to.equal(true);
      for (const path of ["/robot2", "/", "/cam", "/__warnings"])
        expect(at(path), path).to.equal(false);
      expect(wantsOf({ entities: ["/"] })({ ...item(1), entityPath: "/anything" })).to.equal(true);
    });

    for (const [name, subscribe] of [
      ["no map", 1],
      ["a kind of store that there is not", { stores: ["table"] }],
      ["names that are none", { recordings: [1] }],
      ["too many", { entities: Array.from({ length: 1001 }, String) }],
    ] as const) {
      it(`must not be ${name}`, async () => {
        const hub = await start.hub();
        const client = await start.client(hub.port, { hello: { subscribe } });
        expect((await client.closed).code).to.equal(4400);
      });
    }
  });
});
