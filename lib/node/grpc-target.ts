import type { SecureClientSessionOptions } from "node:http2";
import { quote, RerunError } from "../errors.ts";
import { shown } from "./grpc-answer.ts";

/** What to trust, and how to show who one is, on an encrypted connection. As the options of `node:tls`. */
export interface TlsOptions {
  /** Certificates to trust in place of the well-known authorities; PEM. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /** Our own certificate, for servers that ask for one; PEM. */
  readonly cert?: string | Uint8Array;
  /** Private key of `cert`; PEM. */
  readonly key?: string | Uint8Array;
  /** False takes any certificate: then whoever sits in between can read and change everything. Default true. */
  readonly rejectUnauthorized?: boolean;
  /** Name that the certificate must hold; default the host of the URL. */
  readonly servername?: string;
}

/** Where to connect, and as whom. */
export interface GrpcTarget {
  /** Such as `http://127.0.0.1:9876`. */
  readonly origin: string;
  /** Sent as `authorization: Bearer TOKEN`. */
  readonly token?: string | undefined;
  readonly tls?: TlsOptions | undefined;
}

/** What a server may send ahead, of each call and of all together: the usual 64 KiB would hold back who reads. */
export const WINDOW_BYTES: number = 8 << 20;

/** Options of the connection to a target. */
export function sessionOptions({ tls = {} }: GrpcTarget): SecureClientSessionOptions {
  const { ca, cert, key, rejectUnauthorized, servername } = tls;
  return {
    settings: { enablePush: false, initialWindowSize: WINDOW_BYTES },
    ...(ca === undefined ? {} : { ca: [ca].flat().map(pem) }),
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername }),
  };
}

const pem = (text: string | Uint8Array): string | Buffer =>
  typeof text === "string" ? text : Buffer.from(text.buffer, text.byteOffset, text.byteLength);

const UNTRUSTED =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|HOSTNAME_MISMATCH)/;

/** The error for a connection that cannot be made, or broke. */
export function unreachable({ origin }: GrpcTarget, thrown: unknown): RerunError {
  if (thrown instanceof RerunError) return thrown;
  const error = thrown as NodeJS.ErrnoException;
  const code = error.code ?? "";
  if (UNTRUSTED.test(code)) {
    return new RerunError(
      "access-denied",
      `Expected a certificate that is trusted, got one that is not (${code}); give the authority as \`tls.ca\`: ${origin}`,
      { cause: thrown },
    );
  }
  const why =
    code === "ECONNREFUSED" ? "nothing listens there" : shown(error.message ?? quote(thrown));
  return new RerunError(
    "viewer-unreachable",
    `Expected a Rerun viewer at ${origin}: ${why === "" ? code : why}`,
    {
      cause: thrown,
    },
  );
}
