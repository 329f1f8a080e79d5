// What this package needs of RxJS at import time, each from its own file: the main entry of RxJS loads some
// two hundred files, which took three times as long as everything else in this package together. These are
// the same modules, so the classes are the same; `docs/dependencies.md` has the figures.
export { BehaviorSubject } from "rxjs/internal/BehaviorSubject";
export { Observable } from "rxjs/internal/Observable";
export { asyncScheduler } from "rxjs/internal/scheduler/async";
export { Subject } from "rxjs/internal/Subject";
