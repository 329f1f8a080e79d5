import { chmod, mkdir, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import type { Archetype } from "../../../lib/archetypes/index.ts";
import { RerunError, type RerunErrorCode } from "../../../lib/errors.ts";
import {
  asset3dFile,
  assetVideoFile,
  encodedDepthImageFile,
  encodedImageFile,
  textDocumentFile,
} from "../../../lib/node/index.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";
import { batchValues } from "../components/arrow-values.ts";

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2);
const GIF = Uint8Array.from("GIF89a", (c) => c.charCodeAt(0));
const WORDS = Uint8Array.from("words", (c) => c.charCodeAt(0));

/** All values by identifier, each of a single instance. */
const fieldsOf = (archetype: Archetype): Record<string, unknown> =>
  Object.fromEntries(
    archetype.batches.map((batch) => [
      batch.descriptor.component.split(":")[1] ?? "",
      batchValues(batch)[0],
    ]),
  );

describe("archetypes from files", () => {
  const dir = useTempDir();

  async function written(name: string, content: Uint8Array): Promise<string> {
    await writeFile(dir.file(name), content);
    return dir.file(name);
  }

  function expectError(call: () => unknown, code: RerunErrorCode, ...words: string[]): void {
    let thrown: unknown;
    try {
      call();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).to.be.instanceOf(RerunError).with.property("code", code);
    for (const word of words) expect((thrown as RerunError).message).to.include(word);
    expect((thrown as RerunError).cause).to.be.instanceOf(Error);
  }

  // The first row is F227 of `input-facts.spec.ts`.
  for (const [make, name, mediaType] of [
    [asset3dFile, "cube.glb", "model/gltf-binary"],
    [asset3dFile, "cube.gltf", "model/gltf+json"],
    [asset3dFile, "cube.obj", "model/obj"],
    [asset3dFile, "cube.STL", "model/stl"],
    [assetVideoFile, "a.b.mp4", "video/mp4"],
    [encodedImageFile, "photo.jpg", "image/jpeg"],
    [encodedImageFile, "photo.jpeg", "image/jpeg"],
    [encodedImageFile, "photo.png", "image/png"],
    [encodedDepthImageFile, "depth.png", "image/png"],
  ] as const) {
    it(`tell by the extension that ${name} is ${mediaType}`, async () => {
      expect(fieldsOf(make(await written(name, WORDS)))).to.deep.equal({
        blob: [...WORDS],
        media_type: mediaType,
      });
    });
  }

  it("tell by the content where the extension says nothing", async () => {
    expect(fieldsOf(encodedImageFile(await written("photo", PNG)))["media_type"]).to.equal(
      "image/png",
    );
    expect(fieldsOf(encodedImageFile(await written("a.dat", GIF)))["media_type"]).to.equal(
      "image/gif",
    );
  });

  it("leave the media type out when neither tells", async () => {
    expect(fieldsOf(asset3dFile(await written("a.unknown", WORDS)))).to.have.all.keys("blob");
  });

  it("keep the options, and a given media type before all others", async () => {
    const path = await written("a.png", PNG);
    expect(fieldsOf(encodedImageFile(path, { mediaType: "image/own", opacity: 0.5 }))).to.include({
      media_type: "image/own",
      opacity: 0.5,
    });
  });

  it("take a URL", async () => {
    const url = pathToFileURL(await written("ä b.glb", WORDS));
    expect(fieldsOf(asset3dFile(url))["media_type"]).to.equal("model/gltf-binary");
  });

  it("read texts, with Markdown told by the extension", async () => {
    const text = new TextEncoder().encode("# Grüße");
    expect(fieldsOf(textDocumentFile(await written("a.md", text)))).to.deep.equal({
      text: "# Grüße",
      media_type: "text/markdown",
    });
    expect(fieldsOf(textDocumentFile(await written("a.log", text)))).to.have.all.keys("text");
    const path = await written("latin.txt", Uint8Array.of(0x47, 0xfc));
    expectError(() => textDocumentFile(path), "invalid-data", "latin.txt", "UTF-8");
  });

  it("say which file could not be read, and why", async () => {
    const missing = dir.file("missing.glb");
    expectError(() => asset3dFile(missing), "file-missing", "read a 3D model", missing);
    const inside = `${await written("a", WORDS)}/b.mp4`;
    expectError(() => assetVideoFile(inside), "directory-missing", "read a video", inside);
    await mkdir(dir.file("folder.png"));
    expectError(() => encodedImageFile(dir.file("folder.png")), "io-failed", "is a directory");
  });

  it("say when a file may not be read", async () => {
    const path = await written("secret.png", PNG);
    await chmod(path, 0);
    // The administrator may read everything: become nobody for the moment.
    const root = process.geteuid?.() === 0;
    if (root) {
      await chmod(dir.path, 0o755);
      process.seteuid?.(65_534);
    }
    try {
      expectError(() => encodedImageFile(path), "permission-denied", path);
    } finally {
      if (root) process.seteuid?.(0);
    }
  });
});
