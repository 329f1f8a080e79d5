import { quote, RerunError } from "./errors.ts";

/** Where a viewer or its proxy listens; see {@link parseRerunUrl}. */
export interface RerunUrl {
  /** Whether the connection is encrypted (TLS). */
  readonly secure: boolean;
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** What HTTP connects to, such as `http://127.0.0.1:9876`; `/proxy` is no part of any HTTP request. */
  readonly origin: string;
  /** The same in Rerun's notation, such as `rerun+http://127.0.0.1:9876/proxy`. */
  readonly url: string;
}

/** Where viewers listen unless told otherwise. */
export const DEFAULT_RERUN_URL = "rerun+http://127.0.0.1:9876/proxy";

const DEFAULT_LOCAL_PORT = 9876;

/** What stands before `://`, and whether that is encrypted. */
const SECURE: Readonly<Record<string, boolean>> = {
  "rerun+http": false,
  "rerun+https": true,
  rerun: true,
};

/**
 * Understands the URL of a viewer: `rerun+http://HOST:PORT/proxy` (not encrypted), `rerun+https://…` and
 * `rerun://…` (TLS), or just `HOST:PORT` (not encrypted; TLS for `rerun.io`).
 *
 * The path `/proxy` may be left out. Without a port it is 9876 on this machine, and 80 or 443 elsewhere. `0.0.0.0` means
 * `127.0.0.1`, and a `+` that was decoded to a space on its way is put back.
 *
 * Source: rerun crates/store/re_uri/src/origin.rs, redap_uri.rs
 *
 * @throws RerunError `invalid-argument`
 */
export function parseRerunUrl(text: string): RerunUrl {
  if (typeof text !== "string") throw refused(text, "it is not a string");
  const repaired = text.trim().replace(/^rerun (?=https?:\/\/)/, "rerun+");
  const [, scheme, rest = ""] = /^(?:([^/?#]*):\/\/)?(.*)$/s.exec(repaired) ?? [];
  let secure: boolean;
  if (scheme === undefined) {
    secure = /^([a-z0-9-]+\.)*rerun\.io(?=[:/?#]|$)/i.test(rest);
  } else {
    const known = Object.hasOwn(SECURE, scheme.toLowerCase())
      ? SECURE[scheme.toLowerCase()]
      : undefined;
    if (known === undefined) {
      const hint = /^https?$/i.test(scheme)
        ? `; did you mean "rerun+${scheme.toLowerCase()}://"?`
        : "";
      throw refused(text, `its scheme is ${quote(scheme)}${hint}`);
    }
    secure = known;
  }
  const { hostname, port, path } = split(text, rest);
  const host = hostname === "0.0.0.0" || hostname === "[::]" ? "127.0.0.1" : hostname;
  if (path !== "" && path !== "proxy")
    throw refused(text, `only the path /proxy is served to programs that log, not /${path}`);
  const bare = host.replace(/^\[|\]$/g, "");
  const number = port ?? (isLocal(bare) ? DEFAULT_LOCAL_PORT : secure ? 443 : 80);
  const address = `${host}:${number}`;
  return {
    secure,
    host: bare,
    port: number,
    origin: `${secure ? "https" : "http"}://${address}`,
    url: `${secure ? "rerun" : "rerun+http"}://${address}/proxy`,
  };
}

/** Takes apart what follows the scheme. */
function split(
  text: string,
  rest: string,
): { readonly hostname: string; readonly port: number | undefined; readonly path: string } {
  let url: URL;
  try {
    // A scheme of web pages, so that hosts are checked and written the usual way.
    url = new URL(`http://${rest}`);
  } catch {
    throw refused(text, "its host or port is none");
  }
  if (url.username !== "" || url.password !== "")
    throw refused(text, "it holds a user name or a password; give a token as an option");
  if (url.hostname === "") throw refused(text, "it has no host");
  // The class leaves out a port that is the usual one of its scheme.
  const written = /^[^/?#]*:(\d+)(?=[/?#]|$)/.exec(rest)?.[1];
  const port = written === undefined ? undefined : Number(written);
  if (port === 0) throw refused(text, "port 0 is none");
  const path = url.pathname.replace(/^\/+|\/+$/g, "");
  return { hostname: url.hostname, port, path };
}

function isLocal(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

function refused(text: unknown, why: string): RerunError {
  // Messages are printed: no passwords in them.
  const shown = typeof text === "string" ? text.replace(/\/\/[^/]*@/, "//…@") : text;
  return new RerunError(
    "invalid-argument",
    `Expected the URL of a viewer such as "${DEFAULT_RERUN_URL}", got ${quote(shown)}: ${why}`,
  );
}
