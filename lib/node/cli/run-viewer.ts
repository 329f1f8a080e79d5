import { save } from "../../../sinks/save.ts";
import { askHealth } from "../../../sinks/support/ask-health.ts";
import { RerunError } from "../../errors.ts";
import type { Hub } from "../hub.ts";
import { openBrowser } from "../open-browser.ts";
import { Interrupt } from "../script/interrupt.ts";
import type { HubArguments } from "./hub-flags.ts";
import {
  closeHub,
  type HubSettings,
  hubSettings,
  hubUrls,
  isRunning,
  openHub,
} from "./open-hub.ts";

/** What the command line says. */
export interface ViewerArguments extends HubArguments {
  readonly save?: string | undefined;
  readonly overwrite: boolean;
  /** Ends by itself when nobody watched and nobody logged for so many seconds. */
  readonly idleTimeout?: number | undefined;
  /** Ends by itself when its input does: with the program that started it. */
  readonly untilInputEnds: boolean;
}

/** Runs a hub until Ctrl-C, or leads to the one that runs. */
export async function runViewer(argv: ViewerArguments): Promise<number> {
  const settings = hubSettings(argv, "1GiB");
  if (await isRunning(settings.options)) return await showRunning(settings, argv.save);
  const interrupt = new Interrupt(async () => undefined);
  try {
    const hub = await openHub(settings);
    try {
      return await serveUntilEnd(hub, argv, interrupt);
    } catch (thrown) {
      await closeHub(hub);
      throw thrown;
    }
  } finally {
    interrupt.stop();
  }
}

/** Serves, and closes the hub in the end. */
async function serveUntilEnd(
  hub: Hub,
  argv: ViewerArguments,
  interrupt: Interrupt,
): Promise<number> {
  let failed = false;
  const file =
    argv.save === undefined ? undefined : saveTo(argv.save, { overwrite: argv.overwrite });
  const endFile = file && hub.attach(file);
  const fileFails = new Promise<void>((resolve) => {
    file?.state$.subscribe((state) => {
      if (state !== "failed") return;
      failed = true;
      resolve();
    });
  });
  if (file !== undefined) console.error(`Writing: ${argv.save}`);
  if (!argv.untilInputEnds) console.error("Press Ctrl-C to end.");
  const idle = new Idle(hub, argv.idleTimeout);
  await Promise.race([
    interrupt.come(),
    fileFails,
    idle.come,
    ...(argv.untilInputEnds ? [inputEnds()] : []),
  ]);
  idle.stop();
  if (argv.untilInputEnds) process.stdin.destroy();
  // First the hub, so that all that came in gets into the file.
  await closeHub(hub);
  try {
    await endFile?.();
  } catch (thrown) {
    failed = true;
    console.error(`rerun-rx: ${RerunError.from(thrown).message}`);
  }
  return failed ? 1 : 0;
}

/** Says of a file that exists what to do on the command line. */
function saveTo(path: string, options: { readonly overwrite: boolean }): ReturnType<typeof save> {
  try {
    return save(path, options);
  } catch (thrown) {
    if (!(thrown instanceof RerunError && thrown.code === "file-exists")) throw thrown;
    throw new RerunError(
      "file-exists",
      `Expected --save to name a new file; add --overwrite to replace the one that exists, or take another: ${path}`,
      { cause: thrown },
    );
  }
}

/** Shows the viewer that runs already. */
async function showRunning(settings: HubSettings, file: string | undefined): Promise<number> {
  const { options, open } = settings;
  if (file !== undefined)
    throw new RerunError(
      "address-in-use",
      `Expected to write what comes in on port ${options.port} to a file, but another viewer listens there; end it, or give another --port: ${file}`,
    );
  const { page, grpc } = hubUrls(options, options.port);
  const isOurs = (await askHealth(options.port, options.token)) !== undefined;
  console.error(`A viewer runs already on port ${options.port}: ${isOurs ? page : grpc}`);
  if (isOurs && open) openBrowser(page);
  return 0;
}

/** Resolves when standard input ends, or is gone. */
async function inputEnds(): Promise<void> {
  process.stdin.resume();
  await new Promise<void>((resolve) => {
    for (const event of ["end", "close", "error"]) process.stdin.once(event, () => resolve());
  });
}

/** Notices when nobody has watched or logged for a while. */
class Idle {
  /** Resolves then; never if it does not matter. */
  readonly come: Promise<void>;
  readonly #stop: () => void;

  constructor(hub: Hub, seconds: number | undefined) {
    let stop = (): void => undefined;
    this.come = new Promise((resolve) => {
      if (seconds === undefined) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const look = (): void => {
        const { browsers, producers, readers, connections } = hub.peers;
        const isIdle = browsers + producers + readers + connections === 0;
        if (!isIdle) clearTimeout(timer);
        timer = isIdle ? (timer ?? setTimeout(resolve, seconds * 1000)) : undefined;
      };
      const subscription = hub.changes$.subscribe(look);
      look();
      stop = () => {
        clearTimeout(timer);
        subscription.unsubscribe();
      };
    });
    this.#stop = stop;
  }

  stop(): void {
    this.#stop();
  }
}
