type Part = Uint8Array | string | number | readonly Part[];

/** Numbers are 32 bits wide. */
function bytesOf(part: Part): Uint8Array {
  if (part instanceof Uint8Array) return part;
  if (typeof part === "string") return Buffer.from(part, "latin1");
  if (typeof part === "number") {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(part >>> 0);
    return bytes;
  }
  return Buffer.concat(part.map(bytesOf));
}

/** A box of an MP4 file. */
export function box(name: string, ...parts: readonly Part[]): Uint8Array {
  const content = bytesOf(parts);
  return bytesOf([8 + content.length, name, content]);
}

const zeros = (count: number): Uint8Array => new Uint8Array(count);
const matrix: Part = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000];

/** What a video says of itself. */
export interface Video {
  readonly timescale: number;
  /** Runs of frames: how many, and how long each. */
  readonly durations: readonly (readonly [count: number, duration: number])[];
  /** Runs of frames: how many, and how much later than decoded each is shown. */
  readonly offsets?: readonly (readonly [count: number, offset: number])[];
  readonly version?: 0 | 1;
  readonly fragments?: readonly Uint8Array[];
  /** A track of sound comes first. */
  readonly sound?: boolean;
}

/** A VP9 video of frames of one byte each, which says nothing but its times. */
export function mp4(video: Video): Uint8Array {
  const { timescale, durations, offsets, version = 0, fragments = [], sound = false } = video;
  const count = durations.reduce((sum, [n]) => sum + n, 0);
  const total = durations.reduce((sum, [n, duration]) => sum + n * duration, 0);
  const wide = (value: number): Part => (version === 1 ? [0, value] : value);
  const head = (flags = 0): Part => (version << 24) | flags;
  const ftyp = box("ftyp", "isom", 0x200, "isom");
  const moov = (dataAt: number): Uint8Array => {
    const track = (id: number, handler: string): Uint8Array => {
      const vp09 = box(
        "vp09",
        zeros(6),
        bytesOf(1).subarray(2),
        zeros(16),
        Uint8Array.of(0, 64, 0, 48),
        0x48_0000,
        0x48_0000,
        0,
        Uint8Array.of(0, 1),
        zeros(32),
        Uint8Array.of(0, 24, 255, 255),
        box("vpcC", 0x0100_0000, Uint8Array.of(0, 10, 0x82, 2, 2, 2, 0, 0)),
      );
      const table = box(
        "stbl",
        box("stsd", 0, 1, vp09),
        box("stts", 0, durations.length, durations),
        ...(offsets === undefined ? [] : [box("ctts", 0, offsets.length, offsets)]),
        box("stsc", 0, 1, [1, Math.max(count, 1), 1]),
        box(
          "stsz",
          0,
          0,
          count,
          Array.from({ length: count }, () => 1),
        ),
        box("stco", 0, 1, dataAt),
      );
      const info = box(
        "minf",
        box("vmhd", 1, zeros(8)),
        box("dinf", box("dref", 0, 1, box("url ", 1))),
        table,
      );
      return box(
        "trak",
        box(
          "tkhd",
          head(3),
          wide(0),
          wide(0),
          id,
          0,
          wide(total),
          zeros(16),
          matrix,
          64 << 16,
          48 << 16,
        ),
        box(
          "mdia",
          box("mdhd", head(), wide(0), wide(0), timescale, wide(total), 0x55c4_0000),
          box("hdlr", 0, 0, handler, zeros(12), "x\0"),
          info,
        ),
      );
    };
    return box(
      "moov",
      box(
        "mvhd",
        0,
        0,
        0,
        timescale,
        total,
        0x10000,
        Uint8Array.of(1, 0),
        zeros(10),
        matrix,
        zeros(24),
        3,
      ),
      ...(sound ? [track(1, "soun")] : []),
      track(2, "vide"),
      ...(fragments.length > 0 ? [box("mvex", box("trex", 0, 2, 1, 40, 1, 0))] : []),
    );
  };
  const data = box("mdat", zeros(count));
  const dataAt = ftyp.length + moov(0).length + 8;
  return bytesOf([ftyp, moov(dataAt), data, ...fragments]);
}

/** Frames that follow, in a part of their own. */
export function fragment(options: {
  readonly start?: number;
  readonly duration?: number;
  readonly frames: readonly (readonly [duration: number, offset: number])[] | number;
}): Uint8Array {
  const { start, duration, frames } = options;
  const flags = typeof frames === "number" ? 0 : 0x900;
  const count = typeof frames === "number" ? frames : frames.length;
  return bytesOf([
    box(
      "moof",
      box("mfhd", 0, 1),
      box(
        "traf",
        box(
          "tfhd",
          duration === undefined ? 0 : 0x8,
          2,
          ...(duration === undefined ? [] : [duration]),
        ),
        ...(start === undefined ? [] : [box("tfdt", 0x0100_0000, [0, start])]),
        box("trun", 0x0100_0000 | flags, count, typeof frames === "number" ? [] : frames),
      ),
    ),
    box("mdat", zeros(count)),
  ]);
}
