import { expect } from "chai";
import type { RecordingStreamOptions } from "../../lib/recording-options.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { memory } from "../../sinks/memory.ts";
import { flowCalls } from "./flow.ts";
import { marbleArgs } from "./marble-args.ts";
import type { MarbleBlock } from "./marble-doc.ts";
import { marksOf } from "./marble-lines.ts";
import { SinkStage } from "./sink-stage.ts";
import type { TempDir } from "./use-temp-dir.ts";
import { VirtualTime } from "./virtual-time.ts";

/** What a program writes that does what the letters of a line say, when they say it. */
async function written(block: MarbleBlock, line: string, beganMs: number): Promise<Uint8Array> {
  const time = new VirtualTime(beganMs);
  try {
    const [options] = marbleArgs(block.argsText) as [RecordingStreamOptions?];
    const rec = new RecordingStream("app", options);
    const sink = memory();
    rec.attach(sink);
    for (const { atMs, mark } of marksOf(block.lines.get(line) ?? "")) {
      time.advance(beganMs + atMs - time.now);
      if (mark === "|") await rec.close();
      else for (const call of flowCalls(block.legend[mark] ?? "")) rec.log(...call);
    }
    return sink.toRrd();
  } finally {
    time.end();
  }
}

/** How diagrams about sinks are run. */
export const SINK_RULES: Readonly<
  Record<string, (block: MarbleBlock, dir: TempDir) => Promise<void>>
> = {
  recording: (block, dir) => new SinkStage(block, dir).run(),

  runs: async (block) => {
    const first = await written(block, "program", 1_000_000);
    const again = await written(block, "again", 2_000_000);
    const equal = Buffer.compare(first, again) === 0;
    expect(equal ? "equal" : "different").to.equal(block.lines.get("bytes"));
  },
};
