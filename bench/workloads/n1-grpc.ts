import { Points3D, RecordingStream } from "../../lib/index.ts";
import { connect } from "../../sinks/connect.ts";
import { BYTES_PER_POINT, points } from "../data.ts";
import { type Amount, timed } from "../harness/timed.ts";
import {
  type Case,
  type CaseInput,
  get,
  MB_PER_SECOND,
  type Part,
  ROWS_PER_SECOND,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { type ReceiverName, startReceiver } from "../peers/receivers.ts";
import { logWalks, walkInput } from "./s1-scalars.ts";

const RECEIVERS: readonly ReceiverName[] = ["hub", "rerun --serve-grpc"];
/** A megabyte and a bit for each call. */
const POINTS = 1 << 16;
const CLOUDS = 4;

type Body = (rec: RecordingStream) => void | Promise<void>;

/** Times what is logged until the receiver has acknowledged all of it. */
function ours(
  receiver: ReceiverName,
  prepare: (input: CaseInput) => { readonly amount: Amount; readonly body: Body },
): Case {
  return {
    name: `rerun-rx to ${receiver}`,
    prepare: async (input): Promise<Run> => {
      const url = await startReceiver(receiver);
      const { amount, body } = prepare(input);
      return async () => {
        const rec = new RecordingStream("rerun_rx_bench");
        rec.attach(connect(url));
        return await timed(amount, async () => {
          const pending = body(rec);
          if (pending !== undefined) await pending;
          const { complete } = await rec.close({ signal: AbortSignal.timeout(60_000) });
          if (!complete) throw new Error("some rows did not reach the receiver");
        });
      };
    },
  };
}

function python(receiver: ReceiverName, what: "scalars" | "clouds"): Case {
  return {
    name: `Python to ${receiver}`,
    python: { program: "n1_grpc.py", options: { receiver, what, points: POINTS } },
  };
}

const scalars: Part = {
  name: "scalars",
  sizes: {
    quick: { entities: 10, steps: 200, pythonSteps: 20 },
    normal: { entities: 10, steps: 20_000, pythonSteps: 1000 },
  },
  cases: RECEIVERS.flatMap((receiver) => [
    ours(receiver, ({ size }) => {
      const walks = walkInput(size);
      const rows = get(size, "entities") * get(size, "steps");
      return { amount: { rows }, body: (rec) => logWalks(rec, walks) };
    }),
    python(receiver, "scalars"),
  ]),
  comparisons: RECEIVERS.map((receiver) => ({
    metric: ROWS_PER_SECOND,
    ours: `rerun-rx to ${receiver}`,
    peer: `Python to ${receiver}`,
  })),
};

const bytesIn = (size: Size): number => BYTES_PER_POINT * POINTS * get(size, "calls");

const clouds: Part = {
  name: "clouds of 1.3 MB",
  sizes: { quick: { calls: 8, pythonCalls: 8 }, normal: { calls: 200, pythonCalls: 200 } },
  cases: RECEIVERS.flatMap((receiver) => [
    ours(receiver, ({ size }) => {
      const data = Array.from({ length: CLOUDS }, (_, i) => points(i, POINTS));
      return {
        amount: { bytes: bytesIn(size) },
        body: async (rec) => {
          for (let i = 0; i < get(size, "calls"); i++) {
            const cloud = data[i % CLOUDS] as (typeof data)[number];
            rec.setTime("frame", { sequence: i });
            const { colors, radii } = cloud;
            rec.log("points", Points3D(cloud.positions, { colors, radii }));
            // A program that logs megabytes does other things in between.
            await new Promise((resolve) => setImmediate(resolve));
          }
        },
      };
    }),
    python(receiver, "clouds"),
  ]),
  comparisons: RECEIVERS.map((receiver) => ({
    metric: MB_PER_SECOND,
    ours: `rerun-rx to ${receiver}`,
    peer: `Python to ${receiver}`,
  })),
};

export const workload: Workload = {
  id: "N1",
  title: "by gRPC to another process, until it has acknowledged everything",
  parts: [scalars, clouds],
};
