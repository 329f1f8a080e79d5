import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import fc from "fast-check";
import { RerunError } from "../../lib/errors.ts";
import { videoFrameTimestamps } from "../../lib/video-timestamps.ts";
import { box, fragment, mp4 } from "../helpers/mp4.ts";
import { usePeer } from "../helpers/peers.ts";
import { python } from "../helpers/rerun-cli.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

const timesOf = (video: Uint8Array): number[] => Array.from(videoFrameTimestamps(video), Number);

/** Frames in fragments alone; the last one claims to begin later. */
const fragmented = mp4({
  timescale: 1000,
  durations: [],
  fragments: [
    fragment({
      start: 100,
      frames: [
        [10, 0],
        [10, 20],
        [10, 5],
      ],
    }),
    fragment({ duration: 7, frames: 2 }),
    fragment({ start: 1000, frames: 2 }),
  ],
});

describe("the times of the frames of a video", () => {
  it("follow from the durations of the frames", () => {
    const video = mp4({
      timescale: 90_000,
      durations: [
        [3, 3003],
        [1, 6006],
        [2, 3003],
      ],
    });
    expect(timesOf(video)).to.deep.equal([
      0, 33_366_667, 66_733_333, 100_100_000, 166_833_333, 200_200_000,
    ]);
  });

  it("are in the order in which frames are shown, where that is not the order in the file", () => {
    const video = mp4({
      timescale: 1000,
      durations: [[4, 40]],
      offsets: [
        [1, 40],
        [1, 120],
        [2, 0],
      ],
    });
    expect(timesOf(video)).to.deep.equal([0, 40, 80, 120].map((ms) => ms * 1e6));
  });

  it("begin at 0 wherever they begin in the file, be it wide and behind a track of sound", () => {
    const video = mp4({
      timescale: 1000,
      durations: [[2, 40]],
      offsets: [[2, -20]],
      version: 1,
      sound: true,
    });
    expect(timesOf(video)).to.deep.equal([0, 40e6]);
  });

  it("go on in fragments, one after the other from where the first one says", () => {
    expect(timesOf(fragmented)).to.deep.equal(
      [100, 125, 130, 130, 137, 144, 184].map((ms) => ms * 1e6),
    );
  });

  it("take any form of bytes", () => {
    const video = new Uint8Array(mp4({ timescale: 1000, durations: [[2, 40]] }));
    for (const bytes of [video, video.buffer, new DataView(video.buffer)])
      expect(videoFrameTimestamps(bytes)).to.deep.equal(BigInt64Array.of(0n, 40_000_000n));
  });

  it("are not to be had of what is no MP4 file, or has no video", () => {
    for (const bytes of [new Uint8Array(0), Buffer.from("RIFF....WEBP"), box("ftyp", "isom")])
      expect(() => videoFrameTimestamps(bytes))
        .to.throw("Expected an MP4 file with a video track")
        .with.property("code", "unsupported-data");
    expect(() => videoFrameTimestamps("x" as never))
      .to.throw()
      .with.property("code", "invalid-argument");
  });

  it("never make a program hang or fail otherwise, however broken the file is", () => {
    const videos = [
      mp4({ timescale: 1000, durations: [[3, 40]], offsets: [[3, 5]] }),
      mp4({ timescale: 1000, durations: [], fragments: [fragment({ frames: [[1, 1]] })] }),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...videos),
        fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 6 }),
        fc.nat(2000),
        (video, changes, cut) => {
          const bytes = Uint8Array.from(video);
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          try {
            videoFrameTimestamps(bytes.subarray(0, bytes.length - (cut % 50)));
          } catch (error) {
            expect(error).to.be.instanceOf(RerunError);
            expect((error as RerunError).code).to.be.oneOf(["invalid-data", "unsupported-data"]);
          }
        },
      ),
      { numRuns: 2000 },
    );
    const liar = mp4({ timescale: 1000, durations: [[1, 40]] });
    const at = Buffer.from(liar).indexOf("stts") + 12;
    new DataView(liar.buffer, liar.byteOffset).setUint32(at, 0xffff_ffff);
    expect(() => videoFrameTimestamps(liar))
      .to.throw("more frames than bytes")
      .with.property("code", "invalid-data");
  }).timeout(20_000);

  describe("beside the official SDK", function () {
    this.timeout(30_000);
    usePeer("python");
    const dir = useTempDir();

    it("are the same", async () => {
      const videos = {
        plain: mp4({
          timescale: 90_000,
          durations: [
            [30, 3003],
            [5, 1501],
          ],
        }),
        reordered: mp4({
          timescale: 12_800,
          durations: [[6, 512]],
          offsets: [
            [1, 1024],
            [1, 2560],
            [1, 1024],
            [2, 0],
            [1, 512],
          ],
        }),
        early: mp4({
          timescale: 1000,
          durations: [[4, 40]],
          offsets: [
            [2, -20],
            [2, 0],
          ],
        }),
        fragmented,
        wide: mp4({ timescale: 7, durations: [[9, 2]], version: 1, sound: false }),
      };
      for (const [name, video] of Object.entries(videos)) await writeFile(dir.file(name), video);
      const program = `
import json, rerun as rr
print(json.dumps([
    rr.AssetVideo(contents=open(name, "rb").read(), media_type="video/mp4").read_frame_timestamps_nanos().tolist()
    for name in ${JSON.stringify(Object.keys(videos))}
]))`;
      const { code, stdout, stderr } = await python(["-c", program], { cwd: dir.path });
      expect(code, stderr).to.equal(0);
      expect(Object.values(videos).map(timesOf)).to.deep.equal(JSON.parse(stdout));
    });
  });
});
