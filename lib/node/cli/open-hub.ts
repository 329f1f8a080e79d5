import { RerunError } from "../../errors.ts";
import { VERSION } from "../../version.ts";
import { Hub } from "../hub.ts";
import type { HubOptions } from "../hub-options.ts";
import { hasDisplay, openBrowser } from "../open-browser.ts";
import { probeProxy } from "../probe-proxy.ts";
import { type HubArguments, memoryLimitOf, portOf, tlsOf, tokenOf } from "./hub-flags.ts";

const MIB = 1024 * 1024;

/** What the flags of a hub say, checked. */
export interface HubSettings {
  readonly options: HubOptions;
  /** Whether a browser is opened. */
  readonly open: boolean;
}

/**
 * Reads the flags of a hub.
 *
 * @param memoryLimit if none is given
 * @throws RerunError `invalid-argument`, `file-missing`, `permission-denied`
 */
export function hubSettings(argv: HubArguments, memoryLimit: string): HubSettings {
  const historyBytes = memoryLimitOf(argv.memoryLimit, memoryLimit);
  return {
    open: argv.open && hasDisplay(),
    options: {
      port: portOf(argv.port),
      host: argv.bind,
      token: tokenOf(argv.token),
      tls: tlsOf(argv),
      allowedOrigins: argv.allowOrigin,
      historyBytes,
      maxStaticBytes: Math.max(historyBytes, 1024 * MIB),
      replay: argv.newestFirst ? "newest-first" : "oldest-first",
      clientBudgetBytes: Math.max(historyBytes, 64 * MIB),
      windowBytes: 8 * MIB,
      maxMessageBytes: MIB,
      maxChunkBytes: Math.max(512 * MIB, historyBytes),
      maxConnections: 256,
      helloTimeoutMs: 5_000,
      stallTimeoutMs: 60_000,
      aliveMs: 5_000,
      messagesPerSecond: 1_000,
      server: { name: "rerun-rx", version: VERSION },
    },
  };
}

/** The addresses of a hub. */
export interface HubUrls {
  /** Of the page, token included. */
  readonly page: string;
  /** For programs and other viewers. */
  readonly grpc: string;
}

export function hubUrls({ host, token, tls }: HubOptions, port: number): HubUrls {
  // What one listens on is not always what one can open.
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  const address = `${name.includes(":") ? `[${name}]` : name}:${port}`;
  const origin = `${tls === undefined ? "http" : "https"}://${address}`;
  return {
    // A fragment stays in the browser: it is not in requests, logs or `Referer`.
    page: token === undefined ? origin : `${origin}/#token=${encodeURIComponent(token)}`,
    grpc: `rerun+${origin}/proxy`,
  };
}

/** Starts a hub, says where it is, and opens a browser. */
export async function openHub({ options, open }: HubSettings): Promise<Hub> {
  const hub = await Hub.listen(options);
  const { page, grpc } = hubUrls(options, hub.port);
  console.error(`Viewer: ${page}`);
  console.error(`For programs: ${grpc}`);
  if (open) openBrowser(page);
  return hub;
}

/**
 * Whether a viewer runs already where a hub would listen.
 *
 * @throws RerunError `address-in-use` when something else does
 */
export async function isRunning({ port, host, token, tls }: HubOptions): Promise<boolean> {
  if (port === 0) return false;
  const address = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  // It is asked who it is, not trusted with anything.
  const probe = { host: address, port, token, tls: tls && { rejectUnauthorized: false } };
  const found = await probeProxy(probe);
  if (found === "other")
    throw new RerunError(
      "address-in-use",
      `Expected a Rerun viewer or nothing on port ${port}, found something else; give another --port, or --port auto`,
    );
  return found === "viewer";
}

/** How long a hub delivers what is left when it ends. */
const CLOSE_MS = 5_000;

/** Delivers what is left, within a deadline, and ends a hub. */
export async function closeHub(hub: Hub): Promise<void> {
  await hub.close(AbortSignal.timeout(CLOSE_MS));
}
