import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { quote, RerunError } from "../../errors.ts";
import type { TlsOptions } from "../hub-port.ts";
import { parseMemoryLimit } from "../memory-limit.ts";
import { readError } from "../read-error.ts";

/** Flags of commands that run a hub. */
export const HUB_FLAGS = {
  port: {
    type: "string",
    requiresArg: true,
    default: "9876",
    describe: "Port to listen on; auto or 0 for any that is free",
  },
  bind: {
    type: "string",
    requiresArg: true,
    default: "127.0.0.1",
    describe: "Address to listen on; 0.0.0.0 lets other machines in",
  },
  "memory-limit": {
    type: "string",
    requiresArg: true,
    describe: "What is kept for viewers that come late, such as 4GB or 50%",
  },
  "newest-first": {
    type: "boolean",
    default: false,
    describe: "Viewers that come late get what is new first",
  },
  token: {
    type: "string",
    describe:
      "What viewers and programs must know; without a value one is made up (or RERUN_RX_TOKEN)",
  },
  "allow-origin": {
    type: "string",
    array: true,
    requiresArg: true,
    default: [] as string[],
    describe: "Pages that may connect, such as https://example.org",
  },
  "tls-cert": {
    type: "string",
    requiresArg: true,
    describe: "Certificate (PEM), to be reached by https",
  },
  "tls-key": {
    type: "string",
    requiresArg: true,
    describe: "Private key of the certificate (PEM)",
  },
  open: {
    type: "boolean",
    default: true,
    describe: "Open a browser where there is a display",
  },
} as const;

/** What {@link HUB_FLAGS} say. */
export interface HubArguments {
  readonly port: string;
  readonly bind: string;
  readonly memoryLimit?: string | undefined;
  readonly newestFirst: boolean;
  readonly token?: string | undefined;
  readonly allowOrigin: readonly string[];
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly open: boolean;
}

/** The port of `--port`. */
export function portOf(text: string): number {
  const port = text === "auto" ? 0 : /^\d+$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535)
    throw new RerunError(
      "invalid-argument",
      `Expected --port to be a whole number up to 65535 or "auto", got ${quote(text)}`,
    );
  return port;
}

/** Bytes of `--memory-limit`. */
export function memoryLimitOf(text: string | undefined, otherwise: string): number {
  return parseMemoryLimit(text ?? otherwise, "--memory-limit");
}

/** The token of `--token`, else that of the environment, which no list of processes shows. */
export function tokenOf(text: string | undefined): string | undefined {
  if (text === "") return randomBytes(18).toString("base64url");
  const fromVariable = process.env["RERUN_RX_TOKEN"];
  return text ?? (fromVariable === "" ? undefined : fromVariable);
}

/** Key and certificate of `--tls-key` and `--tls-cert`. */
export function tlsOf({ tlsCert, tlsKey }: HubArguments): TlsOptions | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new RerunError("invalid-argument", "Expected --tls-cert and --tls-key, got one of them");
  return { cert: readPem(tlsCert), key: readPem(tlsKey) };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    throw readError(thrown, path);
  }
}
