import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { findPeer, peerEnv } from "./peers.ts";

/** An official program that takes what is logged. */
export interface Receiver {
  readonly port: number;
  /** Such as `rerun+http://127.0.0.1:1234/proxy`. */
  readonly url: string;
  /** What it printed so far. */
  readonly output: string;
  /** Ends it, with all its children, as by `kill -9` unless told otherwise; resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the official receivers; what still runs after a test is killed. Call it in the body of `describe`. */
export function useReceivers(): {
  /** `rerun --save FILE`: writes all it receives. The file must not exist. */
  save(file: string, port?: number): Promise<Receiver>;
  /** `rerun --serve-grpc`: keeps what it receives, for viewers that come. */
  serveGrpc(port?: number): Promise<Receiver>;
  /** `rerun URL --save FILE`: reads from another receiver and writes that. */
  read(from: Pick<Receiver, "url">, file: string): Promise<Receiver>;
} {
  let started: Receiver[] = [];

  afterEach("end the receivers", async () => {
    const receivers = started;
    started = [];
    await Promise.all(receivers.map((receiver) => receiver.kill()));
  });

  async function start(args: readonly string[], port?: number): Promise<Receiver> {
    const receiver = await startReceiver(args, port ?? (await freePort()));
    started.push(receiver);
    return receiver;
  }

  return {
    save: (file, port) => start(["--save", file], port),
    serveGrpc: (port) => start(["--serve-grpc", "--server-memory-limit", "4GiB"], port),
    read: (from, file) => start([from.url, "--save", file]),
  };
}

/** A port that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Looks every 20 ms whether something holds; rejects with what is told when it does not in time. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 20_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`Expected within ${timeoutMs} ms: ${what}`);
    await sleep(20);
  }
}

async function startReceiver(args: readonly string[], port: number): Promise<Receiver> {
  const { path } = await findPeer("rerun-cli");
  const child = spawn(path, [...args, "--port", String(port), "--bind", "127.0.0.1"], {
    // It warns of connections that break, which is what some tests are about.
    env: { ...peerEnv(), RERUN_PANIC_ON_WARN: undefined },
    stdio: ["ignore", "pipe", "pipe"],
    // The installed command starts the real one as a child: both are ended together.
    detached: true,
  });
  let output = "";
  const exit = once(child, "close");
  const endGroup = (): void => signalGroup(child, "SIGKILL");
  process.once("exit", endGroup);
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      output += data.toString();
    });
  const kill = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    process.off("exit", endGroup);
    if (child.exitCode === null && child.signalCode === null) signalGroup(child, signal);
    await exit;
  };
  try {
    await eventually(() => {
      if (child.exitCode !== null) throw new Error(`the receiver ended: ${output}`);
      return output.includes("Listening for gRPC connections");
    }, "a receiver that listens");
  } catch (error) {
    await kill();
    throw error;
  }
  return {
    port,
    url: `rerun+http://127.0.0.1:${port}/proxy`,
    get output() {
      return output;
    },
    kill,
  };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // All of it has ended by itself.
  }
}
