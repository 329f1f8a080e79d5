import { once } from "node:events";
import { connect, createServer } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { firstValueFrom } from "rxjs";
import { ratesBetween } from "../../../examples/monitor/counters.ts";
import { networkRates$, parseNetDev } from "../../../examples/monitor/network-rates.ts";
import { activeTimers } from "./active-timers.ts";

const HEADING = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;

describe("networkRates$", () => {
  it("reads the bytes of each interface", () => {
    const text = `${HEADING}    lo:    3245      30    0    0    0     0          0         0     3245      30    0    0    0     0       0          0
  eth0: 702081720   18002    0    0    0     0          0         7  1066400    9652    0    0    0     0       0          0
br-1f0c:12345678901234 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0
eth0:1:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
`;
    expect(parseNetDev(text)).to.deep.equal(
      new Map([
        ["lo", [3245, 3245]],
        ["eth0", [702081720, 1066400]],
        ["br-1f0c", [12345678901234, 9]],
        ["eth0:1", [0, 0]],
      ]),
    );
  });

  it("refuses a text that is something else", () => {
    expect(() => parseNetDev("")).to.throw(SyntaxError);
    expect(() => parseNetDev("hello\nworld\n")).to.throw(SyntaxError, "/proc/net/dev");
  });

  it("divides by the time that really went by", () => {
    const before = { timeMs: 1000, counters: new Map([["eth0", [1000, 500] as const]]) };
    const after = { timeMs: 3000, counters: new Map([["eth0", [5000, 600] as const]]) };
    expect(ratesBetween(before, after)).to.deep.equal(new Map([["eth0", [2000, 50]]]));
    expect(ratesBetween(after, after)).to.deep.equal(new Map());
  });

  it("leaves out what is new, what was set back and what was never used", () => {
    const before = {
      timeMs: 0,
      counters: new Map([
        ["reset", [9, 9] as const],
        ["gone", [1, 1] as const],
        ["unused", [0, 0] as const],
      ]),
    };
    const after = {
      timeMs: 1000,
      counters: new Map([
        ["reset", [10, 8] as const],
        ["new", [1, 1] as const],
        ["unused", [0, 0] as const],
      ]),
    };
    expect(ratesBetween(before, after)).to.deep.equal(new Map());
  });

  it("sees bytes that really flow", async function () {
    if (process.platform !== "linux") this.skip();
    const before = await activeTimers();
    const server = createServer((socket) => socket.end(Buffer.alloc(1_000_000)));
    await once(server.listen(0, "127.0.0.1"), "listening");
    try {
      const address = server.address();
      if (address === null || typeof address === "string")
        throw new Error("expected a TCP address");
      const reading = firstValueFrom(networkRates$(300));
      await sleep(50);
      await buffer(connect(address.port, "127.0.0.1"));
      const loopback = (await reading).find(({ name }) => name === "lo");
      expect(loopback?.receivedBytesPerS).to.be.above(1_000_000);
      expect(loopback?.sentBytesPerS).to.be.above(1_000_000);
    } finally {
      server.close();
    }
    expect(await activeTimers()).to.equal(before);
  });
});
