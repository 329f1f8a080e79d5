// The parts of RxJS that this package needs at import time, each from its own file: the main entry of RxJS loads
// some two hundred files. For bundlers and browsers; `node/rxjs-parts.ts` is the same for Node.
export { BehaviorSubject } from "rxjs/internal/BehaviorSubject";
export { Observable } from "rxjs/internal/Observable";
export { map } from "rxjs/internal/operators/map";
export { Subject } from "rxjs/internal/Subject";
export { Subscription } from "rxjs/internal/Subscription";
export { dateTimestampProvider } from "rxjs/internal/scheduler/dateTimestampProvider";
export { timeoutProvider } from "rxjs/internal/scheduler/timeoutProvider";
