// Makes the clip of examples/video.ts: the scanned bunny on a turntable, five seconds of AV1 in an MP4 file.
//
//     npx tsx --conditions=source scripts/make-clip.ts
//
// Frames are drawn here, Chromium encodes them (`CHROMIUM` names it, when it is not found), and the boxes around them
// are written here: ISO/IEC 14496-12, and for AV1 the "AV1 Codec ISO Media File Format Binding", section 2.3.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { scannedMesh } from "../examples/monitor/scan.ts";
import { findPeer } from "../spec/helpers/peers.ts";

const target = join(import.meta.dirname, "../examples/data/bunny.mp4");
const [WIDTH, HEIGHT, FPS, FRAMES, KEY_EVERY] = [480, 360, 24, 120, 24];
/** Each pixel is the mean of this many by this many. */
const FINER = 2;
const [SEQUENCE_HEADER, TEMPORAL_DELIMITER] = [1, 2];

interface Sample {
  readonly data: Buffer;
  readonly isKey: boolean;
}

const { positions, normals, colors, triangleIndices } = scannedMesh();

/** Draws one frame as RGBA, rows from the top: parallel rays, light from the upper left, the nearest wins. */
function draw(turn: number): Uint8Array {
  const [width, height] = [WIDTH * FINER, HEIGHT * FINER];
  const depth = new Float32Array(width * height).fill(-Infinity);
  const fine = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const shade = 40 - (24 * y) / height;
      fine.set([shade, shade + 4, shade + 12], (y * width + x) * 3);
    }
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const scale = height * 0.82;
  const count = positions.length / 3;
  const [px, py, pz, light] = [0, 1, 2, 3].map(() => new Float32Array(count)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  for (let v = 0; v < count; v++) {
    const at = (a: Float32Array, axis: number): number => a[v * 3 + axis]!;
    px[v] = width / 2 + scale * (cos * at(positions, 0) - sin * at(positions, 1));
    pz[v] = -(sin * at(positions, 0) + cos * at(positions, 1));
    py[v] = height / 2 - scale * at(positions, 2);
    const normal = [
      cos * at(normals, 0) - sin * at(normals, 1),
      at(normals, 2),
      -(sin * at(normals, 0) + cos * at(normals, 1)),
    ] as const;
    light[v] = 0.22 + 0.78 * Math.max(0, -0.45 * normal[0] + 0.6 * normal[1] + 0.66 * normal[2]);
  }
  for (let t = 0; t < triangleIndices.length; t += 3) {
    const [a, b, c] = triangleIndices.subarray(t, t + 3) as unknown as [number, number, number];
    const area = (px[b]! - px[a]!) * (py[c]! - py[a]!) - (px[c]! - px[a]!) * (py[b]! - py[a]!);
    if (area >= 0) continue;
    for (
      let y = Math.ceil(Math.min(py[a]!, py[b]!, py[c]!));
      y <= Math.max(py[a]!, py[b]!, py[c]!);
      y++
    )
      for (
        let x = Math.ceil(Math.min(px[a]!, px[b]!, px[c]!));
        x <= Math.max(px[a]!, px[b]!, px[c]!);
        x++
      ) {
        const wb = ((x - px[a]!) * (py[c]! - py[a]!) - (px[c]! - px[a]!) * (y - py[a]!)) / area;
        const wc = ((px[b]! - px[a]!) * (y - py[a]!) - (x - px[a]!) * (py[b]! - py[a]!)) / area;
        const wa = 1 - wb - wc;
        if (wa < 0 || wb < 0 || wc < 0) continue;
        const z = wa * pz[a]! + wb * pz[b]! + wc * pz[c]!;
        const pixel = y * width + x;
        if (z <= depth[pixel]!) continue;
        depth[pixel] = z;
        const shade = wa * light[a]! + wb * light[b]! + wc * light[c]!;
        const color = colors[a]!;
        fine.set(
          [24, 16, 8].map((shift) => ((color >>> shift) & 255) * shade),
          pixel * 3,
        );
      }
  }
  const rgba = new Uint8Array(WIDTH * HEIGHT * 4).fill(255);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let dy = 0; dy < FINER; dy++)
          for (let dx = 0; dx < FINER; dx++)
            sum += fine[((y * FINER + dy) * width + x * FINER + dx) * 3 + channel]!;
        rgba[(y * WIDTH + x) * 4 + channel] = sum / FINER ** 2;
      }
  return rgba;
}

/** Runs in the page: an encoder that takes frames as base64 and gives what it made of them. */
const page = `
  const samples = [];
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      samples.push({ data: btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join("")), isKey: chunk.type === "key" });
    },
    error: (error) => { throw error; },
  });
  encoder.configure({
    codec: "av01.0.04M.08", width: ${WIDTH}, height: ${HEIGHT}, framerate: ${FPS}, bitrate: 160_000, latencyMode: "quality",
  });
  globalThis.encode = (base64, index) => {
    const data = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const frame = new VideoFrame(data, {
      format: "RGBA", codedWidth: ${WIDTH}, codedHeight: ${HEIGHT}, timestamp: Math.round(index * 1e6 / ${FPS}),
    });
    encoder.encode(frame, { keyFrame: index % ${KEY_EVERY} === 0 });
    frame.close();
  };
  globalThis.finish = async () => { await encoder.flush(); return samples; };
`;

async function encode(): Promise<Sample[]> {
  const { path } = await findPeer("chromium");
  const browser = await chromium.launch({ executablePath: path, args: ["--no-sandbox"] });
  try {
    const tab = await browser.newPage();
    // Encoders are there for secure pages only.
    await tab.route("https://clip.example/", (route) =>
      route.fulfill({ contentType: "text/html", body: "" }),
    );
    await tab.goto("https://clip.example/");
    await tab.evaluate(page);
    for (let i = 0; i < FRAMES; i++) {
      const base64 = Buffer.from(draw((2 * Math.PI * i) / FRAMES)).toString("base64");
      await tab.evaluate(`encode("${base64}", ${i})`);
    }
    const samples = await tab.evaluate<{ data: string; isKey: boolean }[]>("finish()");
    return samples.map(({ data, isKey }) => ({ data: Buffer.from(data, "base64"), isKey }));
  } finally {
    await browser.close();
  }
}

const u8 = (...values: number[]): Buffer => Buffer.from(values);
const u16 = (...values: number[]): Buffer => Buffer.from(values.flatMap((v) => [v >> 8, v & 255]));
const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, i * 4);
  return bytes;
};
const box = (type: string, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([u32(content.length + 8), Buffer.from(type, "latin1"), content]);
};
const text = (value: string): Buffer => Buffer.from(`${value}\0`, "latin1");
const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

/** The units of a frame: AV1 bitstream, section 5.3; each has a size field here. */
function* units(frame: Buffer): Generator<{ readonly type: number; readonly bytes: Buffer }> {
  for (let at = 0; at < frame.length; ) {
    let [size, end] = [0, at + 1];
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = frame[end++]!;
      size |= (byte & 127) << shift;
      more = byte >= 128;
    }
    yield { type: (frame[at]! >> 3) & 15, bytes: frame.subarray(at, end + size) };
    at = end + size;
  }
}

/** Files leave out the delimiters between frames. */
function withoutDelimiters({ data, isKey }: Sample): Sample {
  const kept = [...units(data)].filter(({ type }) => type !== TEMPORAL_DELIMITER);
  return { data: Buffer.concat(kept.map(({ bytes }) => bytes)), isKey };
}

function mp4(samples: readonly Sample[]): Buffer {
  const ftyp = box("ftyp", Buffer.from("isom"), u32(512), Buffer.from("isomav01iso2mp41"));
  // Each key frame brings one.
  const sequenceHeader = [...units(samples[0]!.data)].find(({ type }) => type === SEQUENCE_HEADER);
  // Version 1, profile 0, level 3.0, 8 bits, 4:2:0.
  const av1C = box("av1C", u8(0x81, 0x04, 0x0c, 0), sequenceHeader!.bytes);
  const entry = box(
    "av01",
    ...[u32(0), u16(0, 1), u32(0, 0, 0, 0), u16(WIDTH, HEIGHT), u32(72 << 16, 72 << 16, 0), u16(1)],
    ...[Buffer.alloc(32), u16(24, 0xffff), av1C],
  );
  const keys = samples.flatMap(({ isKey }, i) => (isKey ? [i + 1] : []));
  const moov = (dataAt: number): Buffer =>
    box(
      "moov",
      box(
        "mvhd",
        u32(0, 0, 0, FPS, FRAMES, 0x10000),
        u16(0x100, 0),
        u32(0, 0),
        MATRIX,
        u32(0, 0, 0, 0, 0, 0, 2),
      ),
      box(
        "trak",
        box(
          "tkhd",
          u32(3, 0, 0, 1, 0, FRAMES, 0, 0),
          u16(0, 0, 0, 0),
          MATRIX,
          u32(WIDTH << 16, HEIGHT << 16),
        ),
        box(
          "mdia",
          box("mdhd", u32(0, 0, 0, FPS, FRAMES), u16(0x55c4, 0)),
          box("hdlr", u32(0, 0), Buffer.from("vide"), u32(0, 0, 0), text("video")),
          box(
            "minf",
            box("vmhd", u32(1), u16(0, 0, 0, 0)),
            box("dinf", box("dref", u32(0, 1), box("url ", u32(1)))),
            box(
              "stbl",
              box("stsd", u32(0, 1), entry),
              box("stts", u32(0, 1, FRAMES, 1)),
              box("stss", u32(0, keys.length, ...keys)),
              box("stsc", u32(0, 1, 1, FRAMES, 1)),
              box("stsz", u32(0, 0, FRAMES, ...samples.map(({ data }) => data.length))),
              box("stco", u32(0, 1, dataAt)),
            ),
          ),
        ),
      ),
    );
  const dataAt = ftyp.length + moov(0).length + 8;
  return Buffer.concat([ftyp, moov(dataAt), box("mdat", ...samples.map(({ data }) => data))]);
}

const samples = (await encode()).map(withoutDelimiters);
if (samples.length !== FRAMES) throw new Error(`expected ${FRAMES} frames, got ${samples.length}`);
await writeFile(target, mp4(samples));
console.log(`Wrote ${target}`);
