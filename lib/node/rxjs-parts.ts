// The same as `../rxjs-parts.ts`, for Node: RxJS is CommonJS there, and to import such a file as a module costs
// Node an analysis of its text and of all that it loads. To require it takes half the time, and gives the same
// classes. `docs/dependencies.md` has the figures.
import { createRequire } from "node:module";
import type * as rxjs from "rxjs";
import type * as timestamps from "rxjs/internal/scheduler/dateTimestampProvider";
import type * as timeouts from "rxjs/internal/scheduler/timeoutProvider";

const require = createRequire(import.meta.url);

/** One export of one file of RxJS. */
function part(file: string, name: string): unknown {
  return (require(`rxjs/internal/${file}`) as Readonly<Record<string, unknown>>)[name];
}

export type BehaviorSubject<T> = rxjs.BehaviorSubject<T>;
export type Observable<T> = rxjs.Observable<T>;
export type Subject<T> = rxjs.Subject<T>;
export type Subscription = rxjs.Subscription;

type Rx = typeof rxjs;
type Timestamps = typeof timestamps;
type Timeouts = typeof timeouts;

export const Observable: Rx["Observable"] = part("Observable", "Observable") as Rx["Observable"];
export const Subject: Rx["Subject"] = part("Subject", "Subject") as Rx["Subject"];
export const BehaviorSubject: Rx["BehaviorSubject"] = part(
  "BehaviorSubject",
  "BehaviorSubject",
) as Rx["BehaviorSubject"];
export const Subscription: Rx["Subscription"] = part(
  "Subscription",
  "Subscription",
) as Rx["Subscription"];
export const map: Rx["map"] = part("operators/map", "map") as Rx["map"];
export const dateTimestampProvider: Timestamps["dateTimestampProvider"] = part(
  "scheduler/dateTimestampProvider",
  "dateTimestampProvider",
) as Timestamps["dateTimestampProvider"];
export const timeoutProvider: Timeouts["timeoutProvider"] = part(
  "scheduler/timeoutProvider",
  "timeoutProvider",
) as Timeouts["timeoutProvider"];
