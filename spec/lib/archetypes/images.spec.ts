import { expect } from "chai";
import {
  AssetVideo,
  DepthImage,
  EncodedImage,
  GridMap,
  Image,
  Mesh3D,
  PixelFormat,
  SegmentationImage,
} from "../../../lib/archetypes/index.ts";
import { expectRefused, fieldValues } from "./helpers.ts";

const format = (values: Readonly<Record<string, number>>): unknown[] => [
  { width: 4, height: 2, pixel_format: null, color_model: null, channel_datatype: null, ...values },
];
const size = { width: 4, height: 2 };

describe("images", () => {
  it("are read from what a canvas gives", () => {
    const imageData = { data: new Uint8ClampedArray(32).fill(9), colorSpace: "srgb", ...size };
    const { buffer, format: got } = fieldValues(Image(imageData));
    expect(buffer).to.deep.equal([new Array(32).fill(9)]);
    expect(got).to.deep.equal(format({ color_model: 3, channel_datatype: 6 }));
  });

  it("find the colour model by the number of channels", () => {
    const models = [8, 24, 32].map(
      (bytes) => fieldValues(Image({ data: new Uint8Array(bytes), ...size }))["format"],
    );
    expect(models).to.deep.equal(
      [1, 2, 3].map((model) => format({ color_model: model, channel_datatype: 6 })),
    );
  });

  it("find the type of a channel by the typed array", () => {
    const arrays = [
      Int8Array,
      Uint16Array,
      Int16Array,
      Uint32Array,
      Int32Array,
      BigUint64Array,
      BigInt64Array,
      Float32Array,
      Float64Array,
    ];
    const types = [7, 8, 9, 10, 11, 12, 13, 34, 35];
    arrays.forEach((Typed, i) => {
      const image = Image({ data: new Typed(8), ...size });
      expect(fieldValues(image)["format"]).to.deep.equal(
        format({ color_model: 1, channel_datatype: types[i] ?? 0 }),
      );
    });
  });

  it("take half floats and plain bytes when told", () => {
    const half = Image({ data: new Uint16Array(8), channelDatatype: "F16", ...size });
    expect(fieldValues(half)["format"]).to.deep.equal(
      format({ color_model: 1, channel_datatype: 33 }),
    );
    const bytes = Image({ data: new ArrayBuffer(32), channelDatatype: "f32", ...size });
    expect(fieldValues(bytes)["format"]).to.deep.equal(
      format({ color_model: 1, channel_datatype: 34 }),
    );
  });

  it("take other orders of channels", () => {
    const image = Image(
      { data: new Uint8Array(24), colorModel: "bgr", ...size },
      { opacity: 0.5, drawOrder: 1 },
    );
    expect(fieldValues(image)).to.deep.include({
      format: format({ color_model: 4, channel_datatype: 6 }),
      opacity: [0.5],
      draw_order: [1],
    });
  });

  it("take formats with subsampled colour", () => {
    const bytes = {
      NV12: 12,
      YUY2: 16,
      Y_U_V24_LimitedRange: 24,
      Y8_FullRange: 8,
      Y_U_V12_FullRange: 12,
      Y_U_V16_LimitedRange: 16,
    } as const;
    for (const [name, count] of Object.entries(bytes)) {
      const pixelFormat = PixelFormat[name as keyof typeof bytes];
      const image = Image({ data: new Uint8Array(count), pixelFormat, ...size });
      expect(fieldValues(image)["format"]).to.deep.equal(format({ pixel_format: pixelFormat }));
      expectRefused(
        () => Image({ data: new Uint8Array(count + 1), pixelFormat, ...size }),
        `expected ${count} bytes`,
      );
    }
  });

  it("are refused when the bytes do not fit the size", () => {
    const data = new Uint8Array(25);
    expectRefused(
      () => Image({ data, colorModel: "RGB", ...size }),
      "Image: expected 24 bytes for 4x2x3 channels of 1 bytes, got 25",
    );
    expectRefused(
      () => Image({ data, ...size }),
      "Image: expected 1, 3 or 4 channels, got 25 bytes for 4x2 pixels",
    );
    expectRefused(
      () => Image({ data: new Uint8Array(23), shape: [2, 4, 3] }),
      "Image: expected 24 bytes for 4x2x3 channels of 1 bytes, got 23",
    );
    expectRefused(() => Image({ data, shape: [2, 4, 2] }), "Image: expected 1, 3 or 4 channels");
  });

  it("are refused when something is missing or contradicts", () => {
    const data = new Uint8Array(24);
    expectRefused(
      () => Image({ data, width: 4 }),
      "Image: expected `height` in whole pixels, got `undefined`",
    );
    expectRefused(() => Image({ data, width: 4.5, height: 2 }), "expected `width` in whole pixels");
    expectRefused(() => Image({ data, width: 0, height: 2 }), "expected `width` in whole pixels");
    expectRefused(() => Image({ data, width: 5, shape: [2, 4, 3] }), "to agree with the shape");
    expectRefused(
      () => Image({ data: [1, 2] as never, ...size }),
      "expected `data` to be a typed array or an ArrayBuffer",
    );
    expectRefused(
      () => Image({ data, colorModel: "CMYK" as never, ...size }),
      "expected `colorModel` to be one of L (1)",
    );
    expectRefused(
      () => Image({ data, colorModel: "RGB", pixelFormat: "NV12", ...size }),
      "`pixelFormat` excludes",
    );
    expectRefused(
      () => Image({ data: new Uint16Array(24), channelDatatype: "U8", ...size }),
      "leave it out",
    );
    expectRefused(() => Image(undefined as never), "Image: expected { data, width, height }");
    expectRefused(
      () => Image({ data, ...size }, { opaque: 1 } as never),
      'Image: unknown option "opaque"',
    );
  });
});

describe("depth and segmentation images", () => {
  it("have one channel and no colour model", () => {
    const depth = DepthImage(
      { data: new Uint16Array(8), ...size },
      { meter: 1000, colormap: "viridis", depthRange: [0, 5] },
    );
    expect(fieldValues(depth)).to.deep.include({
      format: format({ channel_datatype: 8 }),
      meter: [1000],
      colormap: [6],
      depth_range: [[0, 5]],
    });
    const segmentation = SegmentationImage({ data: new Uint8Array(8), shape: [2, 4] });
    expect(fieldValues(segmentation)["format"]).to.deep.equal(format({ channel_datatype: 6 }));
  });

  it("are refused with more channels", () => {
    expectRefused(
      () => DepthImage({ data: new Uint16Array(24), ...size }),
      "DepthImage: expected 16 bytes for 4x2 pixels of 2 bytes, got 48",
    );
    expectRefused(
      () => SegmentationImage({ data: new Uint8Array(24), shape: [2, 4, 3] }),
      "SegmentationImage: expected one channel, got 3",
    );
  });
});

describe("files", () => {
  const bytes = (text: string, length = 32): Uint8Array => {
    const array = new Uint8Array(length);
    for (let i = 0; i < text.length; i++) array[i] = text.charCodeAt(i);
    return array;
  };

  const types: readonly (readonly [string, string])[] = [
    ["\xff\xd8\xff\xe0", "image/jpeg"],
    ["\x89PNG\r\n\x1a\n", "image/png"],
    ["RIFF\0\0\0\0WEBP", "image/webp"],
    ["GIF89a", "image/gif"],
    ["BM", "image/bmp"],
    ["II*\0", "image/tiff"],
    ["\0\0\0\x20ftypisom", "video/mp4"],
    ["\0\0\0\x20ftypavif", "image/avif"],
    ["glTF", "model/gltf-binary"],
    ["solid cube\n facet normal 0 0 1", "model/stl"],
  ];
  for (const [head, mediaType] of types) {
    it(`are known by content: ${mediaType}`, () => {
      expect(fieldValues(EncodedImage(bytes(head)))["media_type"]).to.deep.equal([mediaType]);
    });
  }

  it("get no media type when the content tells none", () => {
    expect(fieldValues(EncodedImage(bytes("what")))).to.have.all.keys("blob");
  });

  it("keep the media type that is given", () => {
    expect(
      fieldValues(AssetVideo(bytes("GIF89a"), { mediaType: "video/mp4" }))["media_type"],
    ).to.deep.equal(["video/mp4"]);
  });

  it("are referenced", () => {
    const blob = bytes("GIF89a");
    expect(EncodedImage(blob).batches[0]?.array.children?.[0]?.values).to.equal(blob);
    const buffer = new ArrayBuffer(8);
    const values = EncodedImage(buffer).batches[0]?.array.children?.[0]?.values as Uint8Array;
    expect(values.buffer).to.equal(buffer);
  });

  it("are refused when they are no bytes", () => {
    expectRefused(
      () => EncodedImage("cat.jpg" as never),
      'EncodedImage.blob: expected bytes such as a Uint8Array or an ArrayBuffer, got "cat.jpg"',
    );
    expectRefused(
      () => EncodedImage(undefined as never),
      "EncodedImage: expected `blob`, got nothing",
    );
    expectRefused(
      () => EncodedImage([1, 2] as never),
      "EncodedImage.blob: expected bytes such as a Uint8Array, got `1` at index 0",
    );
  });
});

describe("meshes", () => {
  const positions = [
    [0, 0, 0],
    [1, 0, 0],
    [0, 1, 0],
  ];

  it("take a texture as pixels", () => {
    const albedoTexture = { data: new Uint8Array(24), ...size };
    const mesh = fieldValues(
      Mesh3D(positions, { albedoTexture, triangleIndices: [0, 1, 2], faceRendering: "front" }),
    );
    expect(mesh).to.deep.include({
      vertex_positions: positions,
      triangle_indices: [[0, 1, 2]],
      face_rendering: [2],
      albedo_texture_buffer: [new Array(24).fill(0)],
      albedo_texture_format: format({ color_model: 2, channel_datatype: 6 }),
    });
  });

  it("take everything by name too", () => {
    expect(fieldValues(Mesh3D({ vertexPositions: positions, albedoFactor: "red" }))).to.deep.equal({
      vertex_positions: positions,
      albedo_factor: [0xff0000ff],
    });
  });

  it("refuse two textures, and no vertices", () => {
    const albedoTexture = { data: new Uint8Array(24), ...size };
    expectRefused(
      () => Mesh3D(positions, { albedoTexture, albedoTextureBuffer: new Uint8Array(1) }),
      "excludes",
    );
    expectRefused(
      () => Mesh3D({ triangleIndices: [0, 1, 2] }),
      "Mesh3D: expected `vertexPositions`, got nothing",
    );
    expectRefused(() => Mesh3D(undefined as never), "Mesh3D");
  });
});

describe("a grid map", () => {
  const u8 = { ...size, colorModel: "L", channelDatatype: "U8" } as const;

  it("takes cells, format and the size of a cell", () => {
    expect(fieldValues(GridMap(new Uint8Array(8), u8, 0.5, { opacity: 1 }))).to.deep.equal({
      data: [new Array(8).fill(0)],
      format: format({ color_model: 1, channel_datatype: 6 }),
      cell_size: [0.5],
      opacity: [1],
    });
    const f32 = { ...size, channelDatatype: "F32" } as const;
    expect(fieldValues(GridMap(new Uint8Array(32), f32, 1))).to.include.keys("data");
  });

  it("refuses bytes that do not fit its format", () => {
    for (const wrong of [u8, { ...size, pixelFormat: "Y8_FullRange" } as const]) {
      expectRefused(
        () => GridMap(new Uint8Array(7), wrong, 1),
        "GridMap: expected 8 bytes for 4x2 pixels of this format, got 7",
      );
    }
    expectRefused(() => GridMap(new Uint8Array(8), undefined as never, 1), "GridMap");
    expectRefused(() => GridMap(new Uint8Array(8), u8, undefined as never), "`cellSize`");
    expectRefused(() => GridMap("12345678" as never, u8, 1), "GridMap.data");
  });
});
