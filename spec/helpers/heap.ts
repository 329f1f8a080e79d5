import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes that each of many calls of a function leaves behind, once those of the first calls are there. */
export async function bytesKeptBy(work: () => Promise<unknown>, calls = 2_000): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const held = async (): Promise<number> => {
    // What was looked at in a turn of the event loop lives to its end.
    await new Promise((resolve) => setImmediate(resolve));
    collect();
    collect();
    return process.memoryUsage().heapUsed;
  };
  for (let i = 0; i < calls / 10; i++) await work();
  const before = await held();
  for (let i = 0; i < calls; i++) await work();
  return ((await held()) - before) / calls;
}
