import { map, type Observable } from "rxjs";
import { type CounterOptions, type Counters, counterRates$ } from "./counters.ts";

/** What one network interface moved. */
export interface NetworkRate {
  readonly name: string;
  readonly receivedBytesPerS: number;
  readonly sentBytesPerS: number;
}

/**
 * Reads the bytes received and sent by each interface from the text of `/proc/net/dev`.
 *
 * @throws SyntaxError when the text is something else
 */
export function parseNetDev(text: string): Counters {
  const counters = new Map<string, readonly [number, number]>();
  const [, heading = "", ...lines] = text.split("\n");
  if (!heading.includes("|bytes")) throw new SyntaxError("expected the table of /proc/net/dev");
  for (const line of lines) {
    // An alias such as `eth0:1` has a colon in its name: the last one ends it.
    const colon = line.lastIndexOf(":");
    if (colon < 0) continue;
    const fields = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/)
      .map(Number);
    const [received = Number.NaN, sent = Number.NaN] = [fields[0], fields[8]];
    if (Number.isFinite(received) && Number.isFinite(sent)) {
      counters.set(line.slice(0, colon).trim(), [received, sent]);
    }
  }
  return counters;
}

/** Bytes per second of each network interface that was ever used, over the last period. */
export function networkRates$(
  periodMs: number,
  options: CounterOptions = {},
): Observable<NetworkRate[]> {
  return counterRates$("network rates", parseNetDev, periodMs, {
    path: "/proc/net/dev",
    ...options,
  }).pipe(
    map((rates) =>
      Array.from(rates, ([name, [receivedBytesPerS, sentBytesPerS]]) => ({
        name,
        receivedBytesPerS,
        sentBytesPerS,
      })),
    ),
  );
}
