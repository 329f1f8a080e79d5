import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { which } from "./peers.ts";

/**
 * A display that nobody looks at, for the tests of the surrounding suite: call it in the body of `describe`.
 *
 * Without Xvfb they are skipped, with the reason; with `RERUN_RX_REQUIRE_PEERS=1` they fail. Native viewers also need a
 * Vulkan driver, such as that of the package `mesa-vulkan-drivers`.
 *
 * @returns what gives the value of `DISPLAY`
 */
export function useDisplay(): () => string {
  let server: ChildProcess | undefined;
  let display: string | undefined;

  before("start a display", async function () {
    this.timeout(20_000);
    const path = which("Xvfb");
    if (path === undefined) {
      const reason = "Expected Xvfb; install it with `apt-get install xvfb mesa-vulkan-drivers`";
      if (process.env["RERUN_RX_REQUIRE_PEERS"] === "1") throw new Error(reason);
      console.warn(`Skipped: ${reason}`);
      return this.skip();
    }
    const args = ["-displayfd", "3", "-screen", "0", "1280x800x24", "-nolisten", "tcp"];
    server = spawn(path, args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const [number] = (await once(server.stdio[3] as Readable, "data")) as [Buffer];
    display = `:${number.toString().trim()}`;
  });

  after("end the display", async () => {
    if (server === undefined || server.exitCode !== null) return;
    const gone = once(server, "exit");
    server.kill();
    await gone;
  });

  return () => {
    if (display === undefined) throw new Error("A display exists only while tests run");
    return display;
  };
}
