import { get } from "node:http";

/** How long a hub may take to answer. */
const TIMEOUT_MS = 2_000;
/** Its answer is short; what is longer is none. */
const MAX_BYTES = 64 * 1024;

/**
 * Asks who is at a hub of ours on this machine; undefined when it is none, or one that is encrypted.
 *
 * @param token without the right one, a hub that has one does not say how many browsers there are
 */
export async function askHealth(
  port: number,
  token?: string,
): Promise<{ readonly browsers: number } | undefined> {
  try {
    const health = JSON.parse(await read(port, token)) as {
      server?: { name?: string };
      browsers?: unknown;
    };
    if (health.server?.name !== "rerun-rx") return undefined;
    return { browsers: Number(health.browsers) };
  } catch {
    return undefined;
  }
}

/** Not by `fetch`: its connection would stay open for a while, and the program with it. */
function read(port: number, token: string | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const url = `http://127.0.0.1:${port}/healthz`;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    get(url, { agent: false, signal, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
        if (text.length > MAX_BYTES) response.destroy(new Error("too long"));
      });
      response.on("end", () => resolve(text));
      response.on("error", reject);
    }).on("error", reject);
  });
}
