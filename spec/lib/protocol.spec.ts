import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { decodeCbor, encodeCbor } from "../../lib/encode/cbor.ts";
import {
  CLOSE_CODE,
  type ClientMessage,
  SUBPROTOCOL,
  type ViewerCommand,
} from "../../lib/protocol.ts";
import { readClientMessage, readServerMessage } from "../../lib/protocol-reader.ts";
import { CddlSchema } from "../helpers/cddl.ts";
import { projectRoot } from "../helpers/run-program.ts";
import { item, range, useHub } from "../helpers/use-hub.ts";

const schema = new CddlSchema(join(projectRoot, "docs/protocol.cddl"));
const recording = { applicationId: "app", recordingId: "rec" };

const commands: readonly ViewerCommand[] = [
  { action: "set-recording", recordingId: "r" },
  { action: "set-timeline", recordingId: "r", timeline: "t" },
  { action: "set-time", recordingId: "r", timeline: "t", time: 1.5e18 },
  { action: "play", recordingId: "r" },
  { action: "pause", recordingId: "r" },
  { action: "open", url: "https://example.org/a.rrd" },
  { action: "close", url: "https://example.org/a.rrd" },
  { action: "set-panel", panel: "time", state: "collapsed" },
];

const clientMessages: readonly ClientMessage[] = [
  { type: "hello", version: 1, role: "viewer" },
  { type: "hello", version: 1, role: "viewer", token: "t", resume: { session: "s", seq: 2 ** 40 } },
  { type: "hello", version: 1, role: "viewer", resume: { session: "s", seq: 9, back: 3 } },
  { type: "hello", version: 1, role: "viewer", subscribe: {} },
  {
    type: "hello",
    version: 1,
    role: "viewer",
    subscribe: { stores: ["recording", "blueprint"], recordings: ["r"], entities: ["/a", "/b"] },
  },
  { type: "hello", version: 1, role: "producer", token: "t" },
  { type: "data", bytes: Uint8Array.of(1, 2, 3) },
  { type: "ack", seq: 2 ** 33, bytes: 2 ** 52 },
  { type: "viewer-event", event: { type: "play", ...recording } },
  { type: "viewer-event", event: { type: "pause", ...recording } },
  { type: "viewer-event", event: { type: "time_update", ...recording, time: -0.5 } },
  { type: "viewer-event", event: { type: "time_update", ...recording, time: 1.7e18 } },
  {
    type: "viewer-event",
    event: { type: "timeline_change", ...recording, timeline: "t", time: 1 },
  },
  { type: "viewer-event", event: { type: "recording_open", ...recording, source: "x" } },
  {
    type: "viewer-event",
    event: { type: "recording_open", ...recording, source: "x", version: "1" },
  },
  { type: "viewer-event", event: { type: "selection_change", ...recording, items: [] } },
  {
    type: "viewer-event",
    event: {
      type: "selection_change",
      ...recording,
      items: [
        { type: "entity", entityPath: "/a", instanceId: 3, viewName: "v", position: [0, -1.5, 2] },
        { type: "entity", entityPath: "/a" },
        { type: "view", viewId: "1", viewName: "v" },
        { type: "container", containerId: "1", containerName: "c" },
      ],
    },
  },
];

describe("protocol", () => {
  const start = useHub();

  it("is what a hub sends, of every type, to the letter of the schema", async () => {
    const hub = await start.hub({ windowBytes: 100, clientBudgetBytes: 100, aliveMs: 20 });
    const slow = await start.client(hub.port, { acknowledge: false });
    const producer = await start.client(hub.port, { hello: { role: "producer" } });
    producer.send({ type: "data", bytes: Uint8Array.of(2) });
    await producer.message("taken");
    hub.append([item(0, 100)]);
    await slow.message("messages");
    hub.append(range(1, 10).map((i) => item(i, 100)));
    slow.acknowledge();
    await slow.message("dropped");
    await slow.message("alive");
    for (const command of commands) hub.command(command);
    await slow.until(() => slow.messages.filter(({ type }) => type === "command").length === 8);
    slow.send({ type: "nonsense" });
    await slow.closed;
    const last = await start.client(hub.port);
    const newest = await start.hub({ replay: "newest-first" });
    newest.append([item(0)]);
    const backwards = await start.client(newest.port);
    await backwards.message("messages");
    await hub.close(AbortSignal.timeout(1000));
    await last.closed;
    const seen = new Set<string>();
    for (const bytes of [slow, last, producer, backwards].flatMap(({ raw }) => raw)) {
      expect(schema.check(decodeCbor(bytes), "server-message")).to.deep.equal([]);
      seen.add(readServerMessage(bytes)?.type ?? "?");
    }
    expect([...seen].sort()).to.deep.equal(
      ["alive", "bye", "command", "dropped", "error", "hello", "messages", "taken"].sort(),
    );
  });

  it("reads what browsers may send as they wrote it, and the schema has it", () => {
    for (const message of clientMessages) {
      const bytes = encodeCbor(message);
      expect(schema.check(decodeCbor(bytes), "client-message"), message.type).to.deep.equal([]);
      expect(readClientMessage(bytes)).to.deep.equal(message);
    }
  });

  it("reads what a hub announces, and does without where an older one does not", async () => {
    const hub = await start.hub({ aliveMs: 30_000 });
    const { hello } = await start.client(hub.port);
    expect(hello.alive).to.equal(30_000);
    const { alive: _, ...older } = hello;
    const bytes = encodeCbor(older);
    expect(schema.check(decodeCbor(bytes), "server-message")).to.deep.equal([]);
    expect(readServerMessage(bytes)).to.deep.equal(older);
    expect(() => readServerMessage(encodeCbor({ ...hello, alive: -1 }))).to.throw(/alive/);
    const announced = { type: "alive", next: 2 ** 40 } as const;
    expect(readServerMessage(encodeCbor(announced))).to.deep.equal(announced);
  });

  it("ignores keys that it does not know, and drops them", () => {
    const message = { type: "ack", seq: 1, bytes: 2, mood: "good" };
    expect(readClientMessage(encodeCbor(message))).to.deep.equal({ type: "ack", seq: 1, bytes: 2 });
    expect(readServerMessage(encodeCbor({ type: "of-a-later-version" }))).to.equal(undefined);
  });

  for (const [name, message] of [
    ["no map", [1]],
    ["null", null],
    ["no type", {}],
    ["a type that is no text", { type: 1 }],
    ["a fraction for a count", { type: "ack", seq: 0.5, bytes: 0 }],
    ["a count beyond 2^53", { type: "ack", seq: 0, bytes: 2n ** 60n }],
    ["a text that is too long", { type: "hello", version: 1, role: "x".repeat(5000) }],
    ["no event", { type: "viewer-event" }],
    ["an event of no known type", { type: "viewer-event", event: { type: "x", ...recording } }],
    [
      "a time that is NaN",
      { type: "viewer-event", event: { type: "time_update", ...recording, time: NaN } },
    ],
    [
      "too many items",
      {
        type: "viewer-event",
        event: {
          type: "selection_change",
          ...recording,
          items: Array(1001).fill({ type: "view" }),
        },
      },
    ],
    [
      "a position of two numbers",
      {
        type: "viewer-event",
        event: {
          type: "selection_change",
          ...recording,
          items: [{ type: "entity", entityPath: "/", position: [1, 2] }],
        },
      },
    ],
  ] as const) {
    it(`refuses ${name} from a browser`, () => {
      expect(() => readClientMessage(encodeCbor(message))).to.throw(/Expected/);
    });
  }

  it("is described with its subprotocol and every close code", () => {
    const text = readFileSync(join(projectRoot, "docs/protocol.md"), "utf8");
    expect(text).to.include(`\`${SUBPROTOCOL}\``);
    for (const code of Object.values(CLOSE_CODE))
      expect(text).to.match(new RegExp(`\\| ${code}\\b`));
  });
});
