export { cpuLoad$ } from "./cpu-load.ts";
export { diskRates$ } from "./disk-rates.ts";
export { eventLoopDelay$ } from "./event-loop-delay.ts";
export { memory$ } from "./memory.ts";
export { networkRates$ } from "./network-rates.ts";
export { processEvents$ } from "./process-events.ts";
