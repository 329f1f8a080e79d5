import { RerunError } from "../../errors.ts";
import { DEFAULT_RERUN_URL, parseRerunUrl } from "../../rerun-url.ts";
import { isLoopback } from "../hub-access.ts";
import { type RerunArguments, valuesOf } from "./flags.ts";

/** Where standard flags send the data. */
export interface Targets {
  /** Port of the viewer to start or use; 0 for any that is free, undefined for none. */
  readonly spawnPort: number | undefined;
  /** URLs of viewers to connect to; empty for the default one. */
  readonly urls: readonly string[];
  /** Port to serve on; 0 for any that is free, undefined for none. */
  readonly servePort: number | undefined;
  readonly files: readonly string[];
  readonly stdout: boolean;
}

/** Port of viewers and hubs when none is given. */
export const DEFAULT_PORT = 9876;

/**
 * What the flags say together. A viewer is spawned if nothing else is asked for, `--headless` included.
 *
 * Serving and a viewer elsewhere on this machine want the same port: whose was not chosen makes way.
 *
 * @throws RerunError `invalid-argument` when a URL is none, or the data would come back to the program itself
 */
export function targetsOf(argv: RerunArguments): Targets {
  const { port } = argv;
  const named = [argv.connect, argv.url, argv.addr].flatMap(valuesOf);
  const urls = [...new Set(named.filter((url) => url !== ""))];
  // `--connect --url URL`, as with the official SDKs, means one viewer.
  if (urls.length === 0 && named.length > 0) urls.push("");
  const serve = argv.serve === true;
  const files = valuesOf(argv.save);
  const stdout = argv.stdout === true;
  const other = urls.length > 0 || serve || files.length > 0 || stdout || argv.headless === true;
  const spawn = argv.spawn ?? !other;

  const viewers = urls.map(localPortOf);
  if (serve && port !== undefined && port !== 0 && viewers.includes(port))
    throw new RerunError(
      "invalid-argument",
      `Expected --serve and --connect to use different ports, got ${port} for both; the data would come back to this program: leave --port away`,
    );
  const taken = spawn || viewers.includes(DEFAULT_PORT);
  return {
    spawnPort: !spawn
      ? undefined
      : serve
        ? port === DEFAULT_PORT
          ? 0
          : DEFAULT_PORT
        : (port ?? DEFAULT_PORT),
    urls,
    servePort: serve ? (port ?? (taken ? 0 : DEFAULT_PORT)) : undefined,
    files,
    stdout,
  };
}

/** The port of this machine that a URL leads to, if it does. */
function localPortOf(url: string): number | undefined {
  const { host, port } = parseRerunUrl(url === "" ? DEFAULT_RERUN_URL : url);
  return isLoopback(host) ? port : undefined;
}
