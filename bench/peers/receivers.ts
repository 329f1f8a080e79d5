import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findPeer, peerEnv } from "../../spec/helpers/peers.ts";

/** Programs that take what is logged by gRPC: our hub, and the official one. Neither keeps a history. */
export type ReceiverName = "hub" | "rerun --serve-grpc";

/**
 * Starts a receiver that lives as long as this process.
 *
 * @returns its URL, once it listens
 */
export function startReceiver(name: ReceiverName): Promise<string> {
  return name === "hub" ? startHub() : startOfficial();
}

async function startHub(): Promise<string> {
  const program = join(import.meta.dirname, "hub-program.js");
  // Its standard input ends with this process, however that ends.
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  child.unref();
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done === true) throw new Error("the hub ended before it listened");
  (child.stdout as unknown as { unref(): void }).unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return value;
}

async function startOfficial(): Promise<string> {
  const { path } = await findPeer("rerun-cli");
  const port = await freePort();
  const args = [
    "--serve-grpc",
    "--server-memory-limit",
    "0",
    "--port",
    `${port}`,
    "--bind",
    "127.0.0.1",
  ];
  // The installed command starts the real one as a child: a group of their own ends both.
  const child = spawn(path, args, {
    env: { ...peerEnv(), RERUN_PANIC_ON_WARN: undefined },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  process.once("exit", () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  });
  let output = "";
  await new Promise<void>((resolve, reject) => {
    child.once("exit", () => reject(new Error(`the official receiver ended: ${output}`)));
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data: Buffer) => {
        output += data.toString();
        if (output.includes("Listening for gRPC connections")) resolve();
      });
  });
  child.unref();
  for (const stream of [child.stdout, child.stderr])
    (stream as unknown as { unref(): void }).unref();
  return `rerun+http://127.0.0.1:${port}/proxy`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
