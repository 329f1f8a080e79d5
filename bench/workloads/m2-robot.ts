import {
  EncodedImage,
  Points3D,
  type RecordingStream,
  Scalars,
  Transform3D,
} from "../../lib/index.ts";
import { bytesOf, Lcg, noise, points } from "../data.ts";
import {
  type Case,
  type CaseInput,
  get,
  MB_PER_SECOND,
  type Run,
  type Size,
  type Workload,
} from "../harness/workload.ts";
import { writeLimit } from "../peers/limits.ts";
import { type RerunRxOptions, rerunRx } from "../peers/rerun-rx.ts";

// The mixed robot of foxglove/mcap PR 1611: rates in Hz, sizes in bytes.
const IMU = { topic: "imu", hz: 200, values: 96 / 8 } as const;
const ODOM = { topic: "odom", hz: 50, values: 296 / 8 } as const;
const TF = { topic: "tf", hz: 100, bytes: 80, most: 20 } as const;
const LIDAR = { topic: "lidar", hz: 10, points: Math.floor((230 * 1024) / 12) } as const;
const CAMERA = { topic: "camera", hz: 15, bytes: 512 * 1024 } as const;
const TOPICS = [IMU, ODOM, TF, LIDAR, CAMERA].map(({ topic }) => topic);

interface RobotMessage {
  readonly channel: number;
  readonly timeNs: bigint;
  /** Transforms in a message of `tf`, 80 bytes each. */
  readonly transforms: number;
}

/** All messages in the order of their times. */
function schedule(size: Size): readonly RobotMessage[] {
  const seconds = get(size, "milliseconds") / 1000;
  const lcg = new Lcg(7);
  return [IMU, ODOM, TF, LIDAR, CAMERA]
    .flatMap(({ hz }, channel) =>
      Array.from({ length: Math.round(hz * seconds) }, (_, i) => ({
        channel,
        timeNs: BigInt(Math.round((i * 1e9) / hz)),
        transforms: channel === 2 ? 1 + (lcg.next() % TF.most) : 0,
      })),
    )
    .sort((a, b) => Number(a.timeNs - b.timeNs));
}

const messageBytes = ({ channel, transforms }: RobotMessage): number =>
  [8 * IMU.values, 8 * ODOM.values, TF.bytes * transforms, 12 * LIDAR.points, CAMERA.bytes][
    channel
  ] as number;
const bytesIn = (size: Size): number =>
  schedule(size).reduce((sum, message) => sum + messageBytes(message), 0);
/** A transform is a row of its own. */
const rowsOf = (size: Size): number =>
  schedule(size).reduce((sum, { transforms }) => sum + Math.max(1, transforms), 0);

interface RobotData {
  readonly imu: Float64Array;
  readonly odom: Float64Array;
  readonly cloud: Float32Array;
  readonly jpeg: Uint8Array;
}

const robotData = (): RobotData => ({
  imu: Float64Array.from({ length: IMU.values }, (_, i) => Math.sin(i)),
  odom: Float64Array.from({ length: ODOM.values }, (_, i) => Math.cos(i)),
  cloud: points(3, LIDAR.points).positions,
  jpeg: noise(4, CAMERA.bytes),
});

/** 12 + 16 + 26 + 26 = 80 bytes. */
const FRAMES = Array.from({ length: TF.most }, (_, i) => ({
  path: `tf/${i}`,
  childFrame: `robot/arm/joint_${i}/link`.padEnd(26, "_"),
  parentFrame: `robot/arm/joint_${i}/base`.padEnd(26, "_"),
}));

function logMessage(
  rec: RecordingStream,
  data: RobotData,
  { channel, timeNs, transforms }: RobotMessage,
  i: number,
): void {
  rec.setTime("time", { timestamp: timeNs });
  switch (channel) {
    case 0:
      data.imu[0] = i;
      rec.log(IMU.topic, Scalars(data.imu));
      break;
    case 1:
      data.odom[0] = i;
      rec.log(ODOM.topic, Scalars(data.odom));
      break;
    case 2:
      for (let n = 0; n < transforms; n++) {
        const { path, childFrame, parentFrame } = FRAMES[n] as (typeof FRAMES)[number];
        rec.log(
          path,
          Transform3D({
            translation: [i, n, 0],
            quaternion: [0, 0, 0, 1],
            childFrame,
            parentFrame,
          }),
        );
      }
      break;
    case 3:
      data.cloud[0] = i;
      rec.log(LIDAR.topic, Points3D(data.cloud));
      break;
    default:
      data.jpeg[i % 1000] = i & 0xff;
      rec.log(CAMERA.topic, EncodedImage(data.jpeg, { mediaType: "image/jpeg" }));
  }
}

function ours(name: string, options: RerunRxOptions): Case {
  return {
    name,
    rows: rowsOf,
    prepare: (input) => {
      const messages = schedule(input.size);
      const data = robotData();
      return rerunRx(input, { bytes: bytesIn(input.size) }, options, (rec) => {
        for (let i = 0; i < messages.length; i++)
          logMessage(rec, data, messages[i] as RobotMessage, i);
      });
    },
  };
}

/** The bytes as they are: what it takes to serialise a message is not counted for MCAP. */
async function mcapRobot(input: CaseInput): Promise<Run> {
  const { mcap } = await import("../peers/mcap.ts");
  const messages = schedule(input.size);
  const { imu, odom, cloud, jpeg } = robotData();
  const tf = noise(5, TF.bytes * TF.most);
  const payloads = [bytesOf(imu), bytesOf(odom), tf, bytesOf(cloud), jpeg] as const;
  return mcap(input, { bytes: bytesIn(input.size) }, TOPICS, "raw", async (add) => {
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i] as RobotMessage;
      const payload = payloads[message.channel] as Uint8Array;
      await add(message.channel, i, payload.subarray(0, messageBytes(message)));
    }
  });
}

const metric = MB_PER_SECOND;

export const workload: Workload = {
  id: "M2",
  title: "10 s of a mixed robot (foxglove/mcap PR 1611), unpaced",
  parts: [
    {
      name: "mixed robot",
      sizes: { quick: { milliseconds: 500 }, normal: { milliseconds: 10_000 } },
      cases: [
        ours("rerun-rx, uncompressed", { compression: "none" }),
        { name: "@mcap/core, uncompressed", prepare: mcapRobot },
        {
          name: "fs.write of the bytes",
          prepare: (input) =>
            writeLimit(input, { bytes: bytesIn(input.size) }, bytesIn(input.size)),
        },
        ours("rerun-rx, LZ4", {}),
        { name: "Python log, LZ4", rows: rowsOf, python: { program: "m2_robot.py" } },
      ],
      comparisons: [
        {
          metric,
          ours: "rerun-rx, uncompressed",
          peer: "@mcap/core, uncompressed",
          floor: 2,
          moonshot: 4,
        },
        { metric, ours: "rerun-rx, uncompressed", peer: "fs.write of the bytes" },
        { metric, ours: "rerun-rx, LZ4", peer: "Python log, LZ4" },
      ],
    },
  ],
};
