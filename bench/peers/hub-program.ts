// A hub in a process of its own: prints where it listens, ends with its standard input.
import { serve } from "../../sinks/serve.ts";

// Without history, as the official receiver beside it is told.
const hub = await serve({ port: 0, historyBytes: 0 });
console.log(hub.grpcUrl);
process.stdin.on("end", () => void hub.close()).resume();
