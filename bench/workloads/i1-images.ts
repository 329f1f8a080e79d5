import { Image } from "../../lib/index.ts";
import { noise } from "../data.ts";
import {
  type Case,
  type CaseInput,
  get,
  MB_PER_SECOND,
  type Part,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { copyLimit, lz4Limit, writeArrays } from "../peers/limits.ts";
import { type RerunRxOptions, rerunRx } from "../peers/rerun-rx.ts";

const SIDE = 1024;
const IMAGE_BYTES = SIDE * SIDE * 4;

const callsOf = (size: Size): number => get(size, "calls");
const bytesIn = (size: Size): number => IMAGE_BYTES * callsOf(size);
const pixelsOf = (): Uint8Array => noise(42, IMAGE_BYTES);

/** The buffer is the program's: it changes a byte of it before each call. */
function ours(name: string, options: RerunRxOptions): Case {
  return {
    name,
    rows: callsOf,
    prepare: (input) => {
      const pixels = pixelsOf();
      const calls = callsOf(input.size);
      return rerunRx(input, { bytes: bytesIn(input.size) }, options, (rec) => {
        for (let i = 0; i < calls; i++) {
          pixels[i] = ((pixels[i] as number) + 1) & 0xff;
          rec.setTime("frame", { sequence: i });
          rec.log("image", Image({ data: pixels, width: SIDE, height: SIDE, colorModel: "RGBA" }));
        }
      });
    },
  };
}

async function mcapImages(input: CaseInput): Promise<Run> {
  const { mcap } = await import("../peers/mcap.ts");
  const pixels = pixelsOf();
  const calls = callsOf(input.size);
  return mcap(input, { bytes: bytesIn(input.size) }, ["image"], "raw", async (add) => {
    for (let i = 0; i < calls; i++) await add(0, i, pixels);
  });
}

const metric = MB_PER_SECOND;

const uncompressed: Part = {
  name: "uncompressed",
  sizes: { quick: { calls: 4 }, normal: { calls: 500 } },
  cases: [
    ours("rerun-rx", { compression: "none" }),
    {
      name: "fs.writev of the image",
      prepare: (input) =>
        writeArrays(input, { bytes: bytesIn(input.size) }, [pixelsOf()], callsOf(input.size)),
    },
    ours("rerun-rx, historyBytes 0", { compression: "none", historyBytes: 0 }),
    { name: "@mcap/core", prepare: mcapImages },
    {
      name: "memory copy",
      prepare: ({ size }) => copyLimit({ bytes: bytesIn(size) / callsOf(size) }, IMAGE_BYTES),
    },
  ],
  comparisons: [
    { metric, ours: "rerun-rx", peer: "fs.writev of the image", floor: 0.8, moonshot: 0.95 },
    {
      metric,
      ours: "rerun-rx, historyBytes 0",
      peer: "fs.writev of the image",
      floor: 0.8,
      moonshot: 0.95,
    },
    { metric, ours: "rerun-rx", peer: "@mcap/core" },
    { metric, ours: "rerun-rx", peer: "memory copy" },
  ],
};

const lz4: Part = {
  name: "LZ4",
  sizes: { quick: { calls: 2 }, normal: { calls: 50 } },
  cases: [
    ours("rerun-rx", {}),
    { name: "Python log", rows: callsOf, python: { program: "i1_images.py" } },
    {
      name: "LZ4 alone",
      prepare: (input) => {
        const pixels = pixelsOf();
        return lz4Limit(input, { bytes: bytesIn(input.size) }, () =>
          Array.from({ length: callsOf(input.size) }, () => pixels),
        );
      },
    },
  ],
  comparisons: [
    { metric, ours: "rerun-rx", peer: "Python log" },
    { metric, ours: "rerun-rx", peer: "LZ4 alone" },
  ],
};

export const workload: Workload = {
  id: "I1",
  title: "images of 1024 x 1024 RGBA, the buffer reused",
  parts: [uncompressed, lz4],
};
