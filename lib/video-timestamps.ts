import { asBytes, type Bytes } from "./components/typed-array.ts";
import { quote, RerunError } from "./errors.ts";

/**
 * The times of all frames of a video, in nanoseconds from its start, in the order in which they are shown: what
 * `VideoFrameReference` refers to.
 *
 * Reads MP4 files, fragmented ones included, as the viewer does: without edit lists, the first frame of the table at 0,
 * fragments one after the other from where the first one begins.
 *
 * ```ts
 * const video = assetVideoFile("drive.mp4");
 * rec.log("video", video, { static: true });
 * const timestamp = videoFrameTimestamps(readFileSync("drive.mp4"));
 * rec.sendColumns("video", { video: { duration: timestamp } }, VideoFrameReference.columns({ timestamp }));
 * ```
 *
 * Source: ISO/IEC 14496-12 (boxes `moov`, `trak`, `stts`, `ctts`, `moof`, `trun`); rerun-io/re_mp4.
 *
 * @param video the content of the file
 * @throws RerunError `invalid-data` when it is broken, `unsupported-data` when it is no MP4 file with a video track
 */
export function videoFrameTimestamps(video: Bytes): BigInt64Array {
  const bytes = asBytes(video);
  if (bytes === undefined) {
    throw new RerunError(
      "invalid-argument",
      `Expected the bytes of a video, such as a Uint8Array, got ${quote(video)}`,
    );
  }
  const file = new Box(bytes);
  const movie = file.child("moov");
  const track = movie?.children("trak").find(isVideo);
  if (file.child("ftyp") === undefined || movie === undefined || track === undefined) {
    throw new RerunError(
      "unsupported-data",
      "Expected an MP4 file with a video track; convert the video, or give the timestamps yourself",
    );
  }
  const timescale = timescaleOf(track.need("mdia").need("mdhd"));
  const times = new Times(bytes.length);
  addTable(times, track.need("mdia").need("minf").need("stbl"));
  times.beginAtZero();
  addFragments(times, file, movie, trackIdOf(track.need("tkhd")));
  return BigInt64Array.from(times.sorted(), (time) => BigInt(Math.round((time / timescale) * 1e9)));
}

/** The times of frames, in any order. */
class Times {
  readonly #times: number[] = [];
  readonly #most: number;

  /** @param most frames; a file with more of them than bytes lies about itself */
  constructor(most: number) {
    this.#most = most;
  }

  add(time: number): void {
    if (this.#times.length >= this.#most) throw broken("it says to have more frames than bytes");
    this.#times.push(time);
  }

  /** Makes the first one shown so far the start. */
  beginAtZero(): void {
    let first = Infinity;
    for (const time of this.#times) first = Math.min(first, time);
    for (let i = 0; i < this.#times.length; i++)
      this.#times[i] = (this.#times[i] as number) - first;
  }

  sorted(): readonly number[] {
    return this.#times.sort((a, b) => a - b);
  }
}

/** A part of the file that may consist of parts; for numbers, read in order from the front. */
class Box {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  child(name: string): Box | undefined {
    return this.children(name)[0];
  }

  need(name: string): Box {
    const child = this.child(name);
    if (child === undefined) throw broken(`its box \`${name}\` is missing`);
    return child;
  }

  /**
   * | bytes | content |
   * | --- | --- |
   * | 4 | size, these bytes included; 0: to the end, 1: see below |
   * | 4 | name |
   * | 8 | size, where the first one is 1 |
   */
  children(name: string): Box[] {
    const found: Box[] = [];
    for (let at = 0; at + 8 <= this.#bytes.length; ) {
      let size = this.#view.getUint32(at);
      let head = 8;
      if (size === 0) size = this.#bytes.length - at;
      if (size === 1 && at + 16 <= this.#bytes.length) {
        size = Number(this.#view.getBigUint64(at + 8));
        head = 16;
      }
      const end = at + size;
      if (size < head || end > this.#bytes.length) {
        // A file that was cut off in its pictures still tells the times that come before.
        return found;
      }
      const tag = String.fromCharCode(...this.#bytes.subarray(at + 4, at + 8));
      if (tag === name) found.push(new Box(this.#bytes.subarray(at + head, end)));
      at = end;
    }
    return found;
  }

  skip(bytes: number): this {
    this.#need(bytes);
    this.#at += bytes;
    return this;
  }

  uint32(): number {
    this.#need(4);
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4);
  }

  int32(): number {
    return this.uint32() | 0;
  }

  uint64(): number {
    this.#need(8);
    this.#at += 8;
    return Number(this.#view.getBigUint64(this.#at - 8));
  }

  /** The version, and the flags in the lower 24 bits, with which many boxes begin. */
  versionAndFlags(): { readonly version: number; readonly flags: number } {
    const word = this.uint32();
    return { version: word >>> 24, flags: word & 0xff_ffff };
  }

  #need(bytes: number): void {
    if (this.left < bytes) throw broken("a box ends too early");
  }
}

function isVideo(track: Box): boolean {
  const handler = track.child("mdia")?.child("hdlr");
  // Behind version, flags and four reserved bytes: "vide".
  return handler !== undefined && handler.left >= 12 && handler.skip(8).uint32() === 0x7669_6465;
}

function timescaleOf(header: Box): number {
  const { version } = header.versionAndFlags();
  const timescale = header.skip(version === 1 ? 16 : 8).uint32();
  if (timescale === 0) throw broken("its timescale is 0");
  return timescale;
}

function trackIdOf(header: Box): number {
  const { version } = header.versionAndFlags();
  return header.skip(version === 1 ? 16 : 8).uint32();
}

/** Runs of frames that take the same time: decoding times, and by how much each is shown later. */
function addTable(times: Times, table: Box): void {
  const durations = runsOf(table.child("stts"), false);
  const offsets = runsOf(table.child("ctts"), true);
  let decoded = 0;
  for (let next = durations.next(); next.done !== true; next = durations.next()) {
    times.add(decoded + (offsets.next().value ?? 0));
    decoded += next.value;
  }
}

function* runsOf(box: Box | undefined, signed: boolean): Generator<number, undefined> {
  if (box === undefined) return undefined;
  box.versionAndFlags();
  const entries = box.uint32();
  for (let entry = 0; entry < entries; entry++) {
    const count = box.uint32();
    const value = signed ? box.int32() : box.uint32();
    for (let i = 0; i < count; i++) yield value;
  }
  return undefined;
}

// Flags of `tfhd` and `trun`: which of the optional fields are there.
const BASE_OFFSET = 0x1;
const DESCRIPTION = 0x2;
const DEFAULT_DURATION = 0x8;
const DATA_OFFSET = 0x1;
const FIRST_FLAGS = 0x4;
const DURATION = 0x100;
const SIZE = 0x200;
const FLAGS = 0x400;
const COMPOSITION_OFFSET = 0x800;

/** Frames that follow in fragments, with tables of their own. */
function addFragments(times: Times, file: Box, movie: Box, track: number): void {
  const standard = standardDuration(movie, track);
  let decoded: number | undefined;
  for (const fragment of file.children("moof")) {
    for (const part of fragment.children("traf")) {
      const header = part.need("tfhd");
      const { flags } = header.versionAndFlags();
      if (header.uint32() !== track) continue;
      header.skip((flags & BASE_OFFSET ? 8 : 0) + (flags & DESCRIPTION ? 4 : 0));
      const duration = flags & DEFAULT_DURATION ? header.uint32() : standard;
      decoded ??= startOf(part.child("tfdt"));
      for (const run of part.children("trun")) decoded = addRun(times, run, decoded, duration);
    }
  }
}

function startOf(box: Box | undefined): number {
  if (box === undefined) return 0;
  return box.versionAndFlags().version === 1 ? box.uint64() : box.uint32();
}

/** How long a frame of a fragment takes if nothing is said. */
function standardDuration(movie: Box, track: number): number {
  for (const standard of movie.child("mvex")?.children("trex") ?? []) {
    standard.versionAndFlags();
    if (standard.uint32() === track) return standard.skip(4).uint32();
  }
  return 0;
}

/** @returns when the next frame is decoded */
function addRun(times: Times, run: Box, start: number, standard: number): number {
  const { flags } = run.versionAndFlags();
  const count = run.uint32();
  run.skip((flags & DATA_OFFSET ? 4 : 0) + (flags & FIRST_FLAGS ? 4 : 0));
  let decoded = start;
  for (let i = 0; i < count; i++) {
    const duration = flags & DURATION ? run.uint32() : standard;
    run.skip((flags & SIZE ? 4 : 0) + (flags & FLAGS ? 4 : 0));
    times.add(decoded + (flags & COMPOSITION_OFFSET ? run.int32() : 0));
    decoded += duration;
  }
  return decoded;
}

function broken(why: string): RerunError {
  return new RerunError(
    "invalid-data",
    `Expected a sound MP4 file: ${why}; check that it plays elsewhere`,
  );
}
