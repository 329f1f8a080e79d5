import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { hostname } from "node:os";

/** Who may talk to a hub. */
export interface AccessRules {
  /** Address or name that the hub listens on. */
  readonly host: string;
  /** Origins, such as `https://example.org`, whose pages may connect; their hosts are taken as `Host` too. */
  readonly allowedOrigins: readonly string[];
  readonly token: string | undefined;
}

/**
 * Decides by `Host`, `Origin` and token.
 *
 * A hub on a loopback address is still within reach of every web page that its user visits. Two ways in are
 * closed here: a page from elsewhere that opens a WebSocket to it (browsers do not stop that; `Origin`
 * gives it away), and a page whose own name is made to point to 127.0.0.1 (DNS rebinding; it is of the same
 * origin then, but its name stands in `Host`).
 */
export class Access {
  readonly #rules: AccessRules;
  readonly #names: ReadonlySet<string>;
  readonly #origins: ReadonlySet<string>;

  constructor(rules: AccessRules) {
    this.#rules = rules;
    this.#origins = new Set(rules.allowedOrigins.map((origin) => origin.toLowerCase()));
    const names = ["localhost", rules.host.toLowerCase()];
    // Not on loopback: other machines call this one by its name.
    if (!isLoopback(rules.host)) names.push(hostname().toLowerCase());
    for (const origin of rules.allowedOrigins) {
      if (URL.canParse(origin)) names.push(new URL(origin).hostname);
    }
    this.#names = new Set(names);
  }

  /** True for addresses, which cannot be rebound, and for names known to be this hub's. */
  hostAllowed(host: string | undefined): boolean {
    const name = hostnameOf(host);
    if (name === undefined) return false;
    return isIP(name) !== 0 || name.endsWith(".localhost") || this.#names.has(name);
  }

  /**
   * True for no origin (not a browser), for the hub's own page, for allowed ones, and for pages that this machine
   * serves itself: who can serve those can connect without a browser too.
   */
  originAllowed(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined) return true;
    const lower = origin.toLowerCase();
    if (this.#origins.has(lower)) return true;
    if (!/^https?:/.test(lower) || !URL.canParse(lower)) return false;
    const { host: own, hostname: name } = new URL(lower);
    return own === host?.toLowerCase() || isLoopback(name.replace(/^\[|\]$/g, ""));
  }

  /** True when no token is asked for, or this is it. Takes the same time whatever was given. */
  tokenAllowed(token: string | undefined): boolean {
    if (this.#rules.token === undefined) return true;
    return timingSafeEqual(digest(token ?? ""), digest(this.#rules.token)) && token !== undefined;
  }
}

/** The token of `authorization: Bearer TOKEN`. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
}

/** True for names and addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^::ffff:/, "");
  return (
    name === "localhost" ||
    name.endsWith(".localhost") ||
    name === "::1" ||
    (isIP(name) === 4 && name.startsWith("127."))
  );
}

/** Says who can reach a hub that is not on a loopback address, and what they can do; undefined for one that is. */
export function exposure(
  { host, token, tls }: Pick<AccessRules, "host" | "token"> & { readonly tls?: unknown },
  port: number,
): string | undefined {
  if (isLoopback(host)) return undefined;
  const who =
    token === undefined
      ? "everyone who reaches this machine can see the data and log more; give a token to change that"
      : "those who reach this machine and know the token can see the data and log more";
  const how =
    tls === undefined ? ", and it is not encrypted: TLS needs a key and a certificate" : "";
  return `The hub listens on ${host}, port ${port}: ${who}${how}`;
}

/** The name in a `Host` header: without port, address brackets removed, lower case. */
function hostnameOf(host: string | undefined): string | undefined {
  if (host === undefined || !/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`))
    return undefined;
  // The URL parser would also take user names, paths and odd spellings of numbers; the pattern above does not.
  return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
