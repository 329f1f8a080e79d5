/**
 * Video in both its forms: an MP4 file whose frames are shown by reference, and a stream of encoded frames, as cameras
 * send them; and the size of each frame.
 *
 *     npm run example -- video
 */
import { readFileSync } from "node:fs";
import { createFile, MP4BoxBuffer, type Sample } from "mp4box";
import {
  AssetVideo,
  Scalars,
  VideoFrameReference,
  VideoStream,
  videoFrameTimestamps,
} from "rerun-rx";
import {
  Blueprint,
  Horizontal,
  Spatial2DView,
  TimeRangeBoundary,
  TimeSeriesView,
  Vertical,
} from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { lastValueFrom, Observable, tap } from "rxjs";

const { infinite } = TimeRangeBoundary;
const axisX = { viewRange: { start: infinite(), end: infinite() } };
const { rec, end } = await scriptSetup("rerun_example_video", {
  defaultBlueprint: Blueprint(
    Vertical(
      Horizontal(
        Spatial2DView({ origin: "file", name: "Frames of a file" }),
        Spatial2DView({ origin: "camera", name: "Stream of a camera" }),
      ),
      TimeSeriesView({ origin: "bytes", name: "Bytes of each frame", axisX }),
      { rowShares: [3, 1] },
    ),
    { collapsePanels: true },
  ),
});

/** The encoded frames of an MP4 file, in order. */
function frames$(file: Uint8Array): Observable<Sample> {
  return new Observable((subscriber) => {
    const mp4 = createFile();
    mp4.onReady = ({ tracks: [track] }) => {
      mp4.setExtractionOptions(track!.id);
      mp4.start();
    };
    mp4.onSamples = (_track, _user, samples) => {
      for (const sample of samples) subscriber.next(sample);
    };
    mp4.onError = (_module, message) => subscriber.error(new Error(message));
    mp4.appendBuffer(MP4BoxBuffer.fromArrayBuffer(Uint8Array.from(file).buffer, 0), true);
    mp4.flush();
    subscriber.complete();
  });
}

const clip = readFileSync(new URL("data/bunny.mp4", import.meta.url));
rec.log("file", AssetVideo(clip), { static: true });
const timestamp = videoFrameTimestamps(clip);
const references = VideoFrameReference.columns({ timestamp });
rec.sendColumns("file", { video: { duration: timestamp } }, references);
rec.log("camera", VideoStream("AV1"), { static: true });

const seconds = ({ cts, timescale }: Sample): number => cts / timescale;
const played$ = frames$(clip).pipe(
  tap((frame) => rec.setTime("video", { duration: seconds(frame) })),
  logTo(rec, "camera", ({ data, is_sync: isKeyframe }) =>
    VideoStream.updateFields({ sample: data, isKeyframe }),
  ),
  logTo(rec, "bytes", ({ size }) => Scalars(size)),
);
await lastValueFrom(played$);
await end();
