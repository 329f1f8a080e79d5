import { askHealth } from "../../../sinks/support/ask-health.ts";
import { openInput } from "../../decode/byte-input.ts";
import { parseRerunUrl, type RerunUrl } from "../../rerun-url.ts";
import { explain } from "../fail.ts";
import { openBrowser } from "../open-browser.ts";
import { Interrupt } from "../script/interrupt.ts";
import type { HubArguments } from "./hub-flags.ts";
import { type Loaded, load } from "./load.ts";
import {
  closeHub,
  type HubSettings,
  hubSettings,
  hubUrls,
  isRunning,
  openHub,
} from "./open-hub.ts";
import { Progress } from "./progress.ts";
import { readProxy } from "./read-proxy.ts";
import { HubReceiver, ProxyReceiver, type Receiver } from "./receiver.ts";
import { inputOf, parseSource, type Source } from "./sources.ts";

/** What the command line says. */
export interface OpenArguments extends HubArguments {
  readonly sources: readonly string[];
  readonly new: boolean;
  readonly sourceToken?: string | undefined;
}

/** Exit code of what Ctrl-C ended before it was done. */
const INTERRUPTED = 130;

/** Opens recordings in the viewer that runs, or in one of its own until Ctrl-C. */
export async function runOpen(argv: OpenArguments, commands: readonly string[]): Promise<number> {
  if (argv.sources.length === 0) {
    const { runViewer } = await import("./run-viewer.ts");
    return await runViewer({ ...argv, overwrite: false, untilInputEnds: false });
  }
  // A whole recording should fit, however it came here.
  const settings = hubSettings(argv, "75%");
  const sources: Source[] = [];
  for (const text of argv.sources) sources.push(await parseSource(text, commands));
  const interrupt = new Interrupt(async () => undefined);
  // Connections alone do not keep a program alive.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    // Our own token is none of other viewers'. Asked for before anything is waited for: from now on Ctrl-C is ours.
    const work = { token: argv.sourceToken, signal: interrupt.signal };
    const running = await isRunning(settings.options);
    if (work.signal.aborted) return INTERRUPTED;
    if (running && !argv.new) return await sendToRunning(sources, settings, work);
    const own = running ? withFreePort(settings) : settings;
    return await showHere(sources, own, work, interrupt);
  } finally {
    clearInterval(alive);
    interrupt.stop();
  }
}

function withFreePort({ options, open }: HubSettings): HubSettings {
  return { options: { ...options, port: 0 }, open };
}

/** Sends all to the viewer that runs. */
async function sendToRunning(
  sources: readonly Source[],
  { options, open }: HubSettings,
  work: LoadOptions,
): Promise<number> {
  const { page, grpc } = hubUrls(options, options.port);
  const target = parseRerunUrl(grpc);
  const receiver = await ProxyReceiver.open(target, options.token);
  let code: number;
  try {
    code = await loadAll(without(sources, target), receiver, work);
    if (work.signal.aborted) return INTERRUPTED;
    await receiver.end();
  } finally {
    receiver.close();
  }
  if (code !== 0 && receiver.sent === 0) return code;
  const health = await askHealth(options.port, options.token);
  console.error(`Shown by the viewer that runs: ${health === undefined ? grpc : page}`);
  if (health?.browsers === 0 && open) openBrowser(page);
  return code;
}

/** Shows all in a viewer of its own. */
async function showHere(
  sources: readonly Source[],
  settings: HubSettings,
  work: LoadOptions,
  interrupt: Interrupt,
): Promise<number> {
  const hub = await openHub(settings);
  try {
    const receiver = new HubReceiver(hub);
    const own = parseRerunUrl(hubUrls(settings.options, hub.port).grpc);
    const code = await loadAll(without(sources, own), receiver, work);
    if (receiver.refused > 0)
      console.error(`rerun-rx: ${receiver.refused} messages could not be read and are left out`);
    if (code !== 0 && hub.peers.browsers === 0 && receiver.taken === 0) return code;
    if (!work.signal.aborted) console.error("All is loaded. Press Ctrl-C to end.");
    await interrupt.come();
    return code;
  } finally {
    await closeHub(hub);
  }
}

/** What a viewer has need not be brought to it. */
function without(sources: readonly Source[], target: RerunUrl): Source[] {
  return sources.filter((source) => source.kind !== "proxy" || source.target.url !== target.url);
}

interface LoadOptions {
  /** For viewers that are read. */
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Loads files one after the other, and what is live beside them. One that fails is told, and the others are loaded.
 *
 * @returns the exit code
 */
async function loadAll(
  sources: readonly Source[],
  receiver: Receiver,
  options: LoadOptions,
): Promise<number> {
  let code = 0;
  const one = async (source: Source): Promise<void> => {
    if (options.signal.aborted) return;
    try {
      await loadOne(source, receiver, options);
    } catch (thrown) {
      if (options.signal.aborted) return;
      code = 1;
      console.error(`rerun-rx: ${explain(thrown)}`);
    }
  };
  const isLive = ({ kind }: Source): boolean => kind === "stdin" || kind === "proxy";
  const live = sources.filter(isLive).map(one);
  for (const source of sources.filter((each) => !isLive(each))) await one(source);
  await Promise.all(live);
  return code;
}

async function loadOne(
  source: Source,
  receiver: Receiver,
  { token, signal }: LoadOptions,
): Promise<void> {
  if (source.kind === "proxy") return await readProxy(source.target, receiver, { token, signal });
  const input = await openInput(inputOf(source), signal);
  // What waits for more input would wait for ever.
  const hangUp = (): void => void process.stdin.destroy();
  if (source.kind === "stdin") {
    if (signal.aborted) hangUp();
    else signal.addEventListener("abort", hangUp);
  }
  // One that has no end yet shows nothing.
  const progress = new Progress(source.name, source.kind === "file" ? source.bytes : 0);
  try {
    const onBytes = (bytes: number): void => progress.add(bytes);
    tellDamage(source.name, await load(input, receiver, { signal, onBytes }));
  } finally {
    progress.end();
  }
}

/** Says what could not be read. */
function tellDamage(name: string, { messages, damage }: Loaded): void {
  const [first] = damage;
  if (first === undefined) return;
  const more = damage.length > 1 ? ` (and ${damage.length - 1} more)` : "";
  console.error(
    `rerun-rx: ${name}: ${first.error.message}${more}; ${messages} messages were read and are shown`,
  );
}
