import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { expect } from "chai";
import { streamHeader } from "../../../../lib/encode/rrd.ts";
import { Scalars } from "../../../../lib/index.ts";
import { decodeRrd } from "../../../helpers/decode-rrd.ts";
import { GrpcPeer } from "../../../helpers/grpc-peer.ts";
import { messagesOf, oldRrd, rrdOf } from "../../../helpers/make-rrd.ts";
import { usePeer } from "../../../helpers/peers.ts";
import { until } from "../../../helpers/processes.ts";
import { eventually, freePort, useReceivers } from "../../../helpers/receivers.ts";
import { compare, verify } from "../../../helpers/rerun-cli.ts";
import type { Program } from "../../../helpers/run-program.ts";
import { portOf, useCli } from "../../../helpers/use-cli.ts";
import { useHub } from "../../../helpers/use-hub.ts";
import { useTempDir } from "../../../helpers/use-temp-dir.ts";

describe("rerun-rx FILE…", function () {
  this.timeout(60_000);
  const cli = useCli();
  const dir = useTempDir();
  const start = useHub();

  /** Writes a recording of that many chunks; the rows of `/NAME` are 0, 1, 2… */
  async function recording(name: string, chunks = 3): Promise<Uint8Array> {
    const messages = await messagesOf(
      (rec) => {
        for (let i = 0; i < chunks; i++) {
          rec.setTime("step", { sequence: i });
          rec.log(name, Scalars(i));
        }
      },
      { recordingId: name, batch: { flushNumRows: 1 } },
    );
    const bytes = rrdOf(messages, { compression: "lz4" });
    await writeFile(dir.file(`${name}.rrd`), bytes);
    return bytes;
  }

  /** The messages of a stream, as hex: each with kind, length and payload. */
  function framesOf(rrd: Uint8Array): string[] {
    const view = new DataView(rrd.buffer, rrd.byteOffset, rrd.length);
    const frames: string[] = [];
    for (let at = 12; view.getUint32(at, true) !== 0; ) {
      const end = at + 16 + view.getUint32(at + 8, true);
      frames.push(Buffer.from(rrd.subarray(at, end)).toString("hex"));
      at = end;
    }
    return frames;
  }

  /** What a hub hands out to one that comes late, until it has so many messages. */
  async function shownAt(port: number, count: number): Promise<string[]> {
    const peer = await GrpcPeer.connect(port);
    start.onEnd(() => peer.close());
    const call = peer.read();
    await call.until(() => call.frames.length >= count);
    return call.frames.map((frame) => Buffer.from(frame).toString("hex"));
  }

  const rowsOf = (frames: readonly string[]): number => {
    const bytes = [streamHeader(), ...frames.map((frame) => Buffer.from(frame, "hex"))];
    return decodeRrd(Buffer.concat(bytes)).chunks.reduce((rows, chunk) => rows + chunk.numRows, 0);
  };

  /** A web server of one file, which is given after the request came. */
  async function web(
    answer: (url: string) => { status: number; body: Uint8Array },
  ): Promise<string> {
    const server: Server = createServer((request, response) => {
      const { status, body } = answer(request.url ?? "");
      response.writeHead(status, { "Content-Length": body.length }).end(body);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    start.onEnd(() => new Promise((resolve) => server.close(resolve)));
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  async function loaded(program: Program): Promise<number> {
    const port = await portOf(program);
    await program.line("All is loaded");
    return port;
  }

  it("shows files in a viewer of its own until Ctrl-C, each message as it is", async () => {
    const all = [await recording("a"), await recording("b", 20)];
    const program = cli([dir.file("a.rrd"), dir.file("b.rrd"), "--port", "0"]);
    const port = await loaded(program);
    const expected = all.flatMap(framesOf);
    expect(await shownAt(port, expected.length)).to.have.members(expected);
    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect(await page.text()).to.match(/<!doctype html>/i);
    expect(await program.kill("SIGINT")).to.include({ code: 0, signal: null });
  });

  it("sends files to the viewer that runs, and ends", async () => {
    const expected = [await recording("a"), await recording("b")].flatMap(framesOf);
    const hub = await start.hub();
    const files = [dir.file("a.rrd"), dir.file("b.rrd")];
    const { code, stdout, stderr } = await cli([...files, "--port", String(hub.port)]).exit;
    expect({ code, stdout, stderr }).to.deep.equal({
      code: 0,
      stdout: "",
      stderr: `Shown by the viewer that runs: rerun+http://127.0.0.1:${hub.port}/proxy\n`,
    });
    expect(await shownAt(hub.port, expected.length)).to.deep.equal(expected);
  });

  it("opens another viewer beside the one that runs with --new", async () => {
    await recording("a");
    const hub = await start.hub();
    const program = cli([dir.file("a.rrd"), "--port", String(hub.port), "--new"]);
    expect(await loaded(program)).not.to.equal(hub.port);
    await program.kill("SIGTERM");
  });

  it("reads standard input, and shows what came before the end", async () => {
    const bytes = await recording("a", 10);
    const program = cli(["-", "--port", "0"]);
    const port = await portOf(program);
    const frames = framesOf(bytes);
    const half = 12 + frames.slice(0, 5).join("").length / 2;
    program.stdin.write(bytes.subarray(0, half));
    expect(await shownAt(port, 5)).to.deep.equal(frames.slice(0, 5));
    program.stdin.end(bytes.subarray(half));
    await program.line("All is loaded");
    expect(await shownAt(port, frames.length)).to.deep.equal(frames);
    expect((await program.kill("SIGINT")).code).to.equal(0);
  });

  it("ends on Ctrl-C while standard input is still open", async () => {
    const program = cli(["-", "--port", "0"]);
    await portOf(program);
    expect(await program.kill("SIGINT")).to.include({ code: 0, signal: null });
  });

  it("opens the URL of a recording", async () => {
    const bytes = await recording("a");
    const url = await web((path) => ({
      status: 200,
      body: path === "/a.rrd" ? bytes : bytes.subarray(0, 0),
    }));
    const program = cli([`${url}/a.rrd`, "--port", "0"]);
    const port = await loaded(program);
    expect(await shownAt(port, 4)).to.deep.equal(framesOf(bytes));
    await program.kill("SIGINT");
  });

  it("shows what another viewer has, and what comes to it", async () => {
    const bytes = await recording("a");
    const hub = await start.hub();
    const writer = await GrpcPeer.connect(hub.port);
    start.onEnd(() => writer.close());
    const [first, ...rest] = framesOf(bytes).map((frame) => Buffer.from(frame, "hex"));
    await writer.write([first as Buffer]);
    const program = cli([`rerun+http://127.0.0.1:${hub.port}/proxy`, "--port", "0"]);
    const port = await portOf(program);
    expect(await shownAt(port, 1)).to.have.lengthOf(1);
    await writer.write(rest);
    expect(await shownAt(port, 4)).to.deep.equal(framesOf(bytes));
    expect((await program.kill("SIGINT")).code).to.equal(0);
  });

  it("gives the viewer that it reads from a token of its own, and not the one of its own viewer", async () => {
    await recording("a");
    const hub = await start.hub({ token: "theirs" });
    const url = `rerun+http://127.0.0.1:${hub.port}/proxy`;
    const denied = await cli([url, "--port", "0", "--token", "theirs"]).exit;
    expect(denied.code).to.equal(1);
    expect(denied.stderr).to.match(/UNAUTHENTICATED/);
    const args = [url, dir.file("a.rrd"), "--port", "0", "--source-token", "theirs"];
    const program = cli(args);
    expect(await shownAt(await portOf(program), 4)).to.have.lengthOf(4);
    await until(() => hub.peers.readers === 1);
    expect((await program.kill("SIGINT")).code).to.equal(0);
  });

  it("ends with code 130 when Ctrl-C comes before all is sent", async () => {
    const hub = await start.hub();
    const program = cli(["-", "--port", String(hub.port)]);
    await until(() => hub.peers.producers === 1);
    expect(await program.kill("SIGINT")).to.include({ code: 130, signal: null });
  });

  it("brings files of old versions into a form that viewers read", async () => {
    for (const version of ["0.23", "0.24", "0.28"]) {
      const bytes = await oldRrd(version);
      await writeFile(dir.file("old.rrd"), bytes);
      const program = cli([dir.file("old.rrd"), "--port", "0"]);
      const port = await loaded(program);
      const health = (await (await fetch(`http://127.0.0.1:${port}/healthz`)).json()) as {
        messages: number;
      };
      expect(health.messages, version).to.be.above(2);
      expect(program.stderr, version).not.to.match(/could not be read/);
      await program.kill("SIGINT");
    }
  });

  it("shows what is whole of a damaged file, and says what is not", async () => {
    const bytes = await recording("a", 10);
    await writeFile(dir.file("cut.rrd"), bytes.subarray(0, bytes.length / 2));
    const program = cli([dir.file("cut.rrd"), "--port", "0"]);
    const port = await loaded(program);
    expect(program.stderr).to.match(/cut\.rrd: .*cut off.*; \d+ messages were read and are shown/);
    expect(rowsOf(await shownAt(port, 3))).to.be.at.least(1);
    expect((await program.kill("SIGINT")).code).to.equal(0);
  });

  it("tells what it cannot open, and opens the rest", async () => {
    const bytes = await recording("a");
    const url = await web(() => ({ status: 404, body: new Uint8Array(0) }));
    const program = cli([`${url}/none.rrd`, dir.file("a.rrd"), "--port", "0"]);
    const port = await loaded(program);
    expect(program.stderr).to.match(/rerun-rx: .*answered 404.*none\.rrd/);
    expect(await shownAt(port, 4)).to.deep.equal(framesOf(bytes));
    expect((await program.kill("SIGINT")).code).to.equal(1);
  });

  it("opens no viewer when there is nothing to show in it", async () => {
    await writeFile(dir.file("note.txt"), "not a recording");
    await mkdir(dir.file("folder"));
    const url = await web(() => ({ status: 404, body: new Uint8Array(0) }));
    const wrong: [string, RegExp][] = [
      [dir.file("none.rrd"), /found no .*none\.rrd/],
      [dir.file("note.txt"), /neither; .*note\.txt/],
      [dir.file("folder"), /a folder; name files, as in .*folder\/\*\.rrd/],
      [`${url}/none.rrd`, /answered 404/],
      ["http://[", /URL of a recording/],
    ];
    const results = await Promise.all(wrong.map(([source]) => cli([source, "--port", "0"]).exit));
    for (const [i, { code, stderr }] of results.entries()) {
      const [source, message] = wrong[i] as [string, RegExp];
      expect(code, source).to.equal(/folder|\[$/.test(source) ? 2 : 1);
      expect(stderr).to.match(message);
      expect(stderr).not.to.match(/^ {4}at /m);
    }
  });

  it("does not take something else on the port for a viewer", async () => {
    await recording("a");
    const server = createTcpServer((socket) => socket.on("error", () => {}).end("?"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { code, stderr } = await cli([dir.file("a.rrd"), "--port", String(port)]).exit;
    server.close();
    expect(code).to.equal(1);
    expect(stderr).to.match(/found something else; give another --port/);
  });

  it("gives the token to the viewer that runs, and says when it is missing", async () => {
    const bytes = await recording("a");
    const hub = await start.hub({ token: "secret" });
    const args = [dir.file("a.rrd"), "--port", String(hub.port)];
    const [denied, taken] = await Promise.all([
      cli(args).exit,
      cli(args, { env: { RERUN_RX_TOKEN: "secret" } }).exit,
    ]);
    expect(denied?.code).to.equal(1);
    expect(denied?.stderr).to.match(/UNAUTHENTICATED.*give --token/);
    expect(taken?.code).to.equal(0);
    const peer = await GrpcPeer.connect(hub.port, { headers: { authorization: "Bearer secret" } });
    start.onEnd(() => peer.close());
    const call = peer.read();
    await call.until(() => call.frames.length >= framesOf(bytes).length);
  });

  describe("and the official viewer", () => {
    usePeer("rerun-cli");
    const receivers = useReceivers();

    it("sends it files when it is the one that runs", async () => {
      await recording("a", 50);
      const file = dir.file("received.rrd");
      const receiver = await receivers.save(file, await freePort());
      const { code } = await cli([dir.file("a.rrd"), "--port", String(receiver.port)]).exit;
      expect(code).to.equal(0);
      await eventually(async () => (await readFile(file)).length > 10_000, "all data");
      await receiver.kill("SIGINT");
      const same = await compare(dir.file("a.rrd"), file);
      expect(same, same.stderr).to.include({ code: 0 });
    });

    it("shows what its proxy has", async () => {
      const bytes = await recording("a");
      const receiver = await receivers.serveGrpc();
      const writer = await GrpcPeer.connect(receiver.port);
      start.onEnd(() => writer.close());
      await writer.write(framesOf(bytes).map((frame) => Buffer.from(frame, "hex")));
      const program = cli([receiver.url, "--port", "0"]);
      const port = await portOf(program);
      const frames = await shownAt(port, 4);
      expect(rowsOf(frames)).to.equal(3);
      const rrd = Buffer.concat([
        streamHeader(),
        ...frames.map((frame) => Buffer.from(frame, "hex")),
      ]);
      await writeFile(dir.file("shown.rrd"), rrd);
      const same = await compare(dir.file("a.rrd"), dir.file("shown.rrd"));
      expect(same, same.stderr).to.include({ code: 0 });
      // It went away: what it had stays.
      await receiver.kill();
      await program.line(/rerun-rx: .*Expected a Rerun viewer|ended/);
      expect(await shownAt(port, 4)).to.have.lengthOf(4);
      expect((await verify(dir.file("a.rrd"))).code).to.equal(0);
    });
  });
});
