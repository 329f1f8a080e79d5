import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { expect } from "chai";
import type { ControlReport } from "./helpers/control-report.ts";
import { useFakeProxy } from "./helpers/fake-proxy.ts";
import { connectDeaf } from "./helpers/hub-client.ts";
import { type Program, usePrograms } from "./helpers/run-program.ts";

const MIB = 1 << 20;
/** That of every sink, unless told otherwise. */
const BUDGET = 256 * MIB;
const SMALL_BUDGET = 128 * MIB;

// Real processes: the loop in one, the peer that does not read in another. What it meets otherwise is what the
// machine does, so a run that was disturbed is tried again.
describe("a control loop of 1 kHz with two cameras, at 110 MB/s", function () {
  this.timeout(120_000);
  this.retries(2);
  const run = usePrograms();
  const proxy = useFakeProxy();
  let servers: { close(): void }[] = [];
  afterEach("end the peers", () => {
    for (const server of servers.splice(0)) server.close();
  });

  function start(where: string, seconds: number, budgetBytes: number, policy?: string): Program {
    const args = [where, `${seconds}`, `${budgetBytes}`, ...(policy === undefined ? [] : [policy])];
    return run("control-loop.ts", { args, nodeArgs: ["--expose-gc"] });
  }

  async function report(program: Program): Promise<ControlReport> {
    const { code, stdout, stderr } = await program.exit;
    expect(code, stderr).to.equal(0);
    const result = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as ControlReport;
    const { idle, late, grownBytes } = result;
    console.log(
      `        late p50 ${ms(late.p50)}, p99 ${ms(late.p99)} (of a second, typically ${ms(late.typicalP99)}), p99.9 ${ms(late.p999)}, max ${ms(late.max)} ` +
        `(idle p99 ${ms(idle.p99)}, max ${ms(idle.max)}; taken by others ${ms(late.takenMs)}); ${Math.round(grownBytes / MIB)} MiB`,
    );
    return result;
  }

  /** What must be true whatever the peer does. */
  function expectSound(result: ControlReport, budgetBytes: number): void {
    const { late, grownBytes, logged, witness, after } = result;
    expect(late.typicalP99).to.be.below(2);
    expect(grownBytes).to.be.below(1.2 * budgetBytes);
    expect(witness.rows).to.equal(logged);
    expect(after.deliveredRows + after.droppedRows).to.equal(logged);
  }

  /** That losses were of this kind alone, and told once. */
  function expectOneLoss(
    { during, witness, told }: ControlReport,
    classes: readonly string[],
  ): void {
    const lossy = Object.entries(during.classes).filter(([, { droppedRows }]) => droppedRows > 0);
    expect(lossy.map(([name]) => name).sort()).to.deep.equal(classes);
    expect(during.lossEpisodes).to.equal(1);
    expect(during.lastLoss?.droppedRows).to.equal(during.droppedRows);
    expect(witness.warnings).to.equal(1);
    expect(told.filter((code) => code === "data-dropped")).to.have.lengthOf(1);
  }

  it("is not disturbed for a minute by a viewer that accepts and never reads", async () => {
    const deaf = await proxy({
      onCall: ({ stream }) => {
        stream.pause();
        return true;
      },
    });
    const result = await report(start(deaf.url, 60, BUDGET));
    expectSound(result, BUDGET);
    // Of everything else nothing is lost as long as there is room for it.
    expectOneLoss(result, ["images"]);
    expect(result.during.state).to.equal("open");
    expect(result.during.classes.images?.droppedRows).to.be.above(7_000);
    expect(result.closeMs).to.be.below(2_000);
  });

  it("is not disturbed by one that does not even greet, with a budget that is full of images", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket.pause().on("error", () => undefined));
    }).listen(0, "127.0.0.1");
    servers.push(server, { close: () => sockets.forEach((socket) => socket.destroy()) });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const result = await report(start(`127.0.0.1:${port}`, 5, SMALL_BUDGET, "oldest"));
    expectSound(result, SMALL_BUDGET);
    expectOneLoss(result, ["images", "other"]);
    expect(result.during.state).to.equal("connecting");
    expect(result.during.queuedBytes).to.be.within(0.5 * SMALL_BUDGET, SMALL_BUDGET);
  });

  it("is not disturbed by a browser that does not read what `serve` sends", async () => {
    const program = start("serve", 5, SMALL_BUDGET);
    const socket = await connectDeaf(Number(await program.line(/^\d+$/)));
    servers.push({ close: () => socket.destroy() });
    program.stdin.end("go\n");
    const result = await report(program);
    expectSound(result, SMALL_BUDGET);
    // The hub has it all; it is the browser that misses some.
    expect(result.during.droppedRows).to.equal(0);
  });
});

const ms = (value: number): string => `${value.toFixed(2)} ms`;
