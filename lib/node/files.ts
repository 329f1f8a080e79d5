import { readFileSync } from "node:fs";
import type { Archetype } from "../archetype.ts";
import { AssetVideo } from "../archetypes/asset-video.ts";
import { Asset3D } from "../archetypes/asset3d.ts";
import { EncodedDepthImage } from "../archetypes/encoded-depth-image.ts";
import { EncodedImage } from "../archetypes/encoded-image.ts";
import type { AssetVideoOptions } from "../archetypes/extensions/asset-video.ts";
import type { Asset3DOptions } from "../archetypes/extensions/asset3d.ts";
import type { EncodedDepthImageOptions } from "../archetypes/extensions/encoded-depth-image.ts";
import type { EncodedImageOptions } from "../archetypes/extensions/encoded-image.ts";
import { TextDocument, type TextDocumentOptions } from "../archetypes/text-document.ts";
import { MediaType } from "../components/media-type.ts";
import { RerunError, type RerunErrorCode } from "../errors.ts";

/** Where a file is: a path, relative to the working directory, or a `file:` URL such as `new URL("a.png", import.meta.url)`. */
export type FilePath = string | URL;

/** Source: rerun rerun_sdk/rerun/components/media_type_ext.py; the content tells of all others. */
const BY_EXTENSION: Readonly<Record<string, string>> = {
  jpg: MediaType.JPEG,
  jpeg: MediaType.JPEG,
  png: MediaType.PNG,
  glb: MediaType.GLB,
  gltf: MediaType.GLTF,
  obj: MediaType.OBJ,
  stl: MediaType.STL,
  mp4: MediaType.MP4,
};

const TEXT_BY_EXTENSION: Readonly<Record<string, string>> = {
  md: MediaType.MARKDOWN,
  markdown: MediaType.MARKDOWN,
  txt: MediaType.TEXT,
};

const FAILURES: Readonly<Record<string, readonly [RerunErrorCode, string]>> = {
  ENOENT: ["file-missing", "it does not exist; check the path"],
  ENOTDIR: ["directory-missing", "a part of the path is not a directory"],
  EISDIR: ["io-failed", "it is a directory; name a file"],
  EACCES: ["permission-denied", "it may not be read; check its permissions"],
  EPERM: ["permission-denied", "it may not be read; check its permissions"],
};

/**
 * An {@link EncodedImage} from a file, which is read at once.
 *
 * ```ts
 * rec.log("camera", encodedImageFile("photo.jpg"));
 * ```
 *
 * @param options the media type follows from the extension, or from the content, unless it is given here
 * @throws RerunError `file-missing`, `directory-missing`, `permission-denied`, `io-failed`; `invalid-component`
 */
export function encodedImageFile(path: FilePath, options?: EncodedImageOptions): Archetype {
  return EncodedImage(read(path, "an image"), typed(path, options));
}

/**
 * An {@link EncodedDepthImage} from a file, which is read at once: a PNG of one channel, or RVL as in ROS 2.
 *
 * @param options the media type follows from the extension, or from the content, unless it is given here
 * @throws RerunError `file-missing`, `directory-missing`, `permission-denied`, `io-failed`; `invalid-component`
 */
export function encodedDepthImageFile(
  path: FilePath,
  options?: EncodedDepthImageOptions,
): Archetype {
  return EncodedDepthImage(read(path, "a depth image"), typed(path, options));
}

/**
 * An {@link Asset3D} from a file, which is read at once: glTF, OBJ, STL or COLLADA. Files that it refers to, such
 * as textures of an OBJ, are not read.
 *
 * ```ts
 * rec.log("world/robot", asset3dFile("robot.glb"), { static: true });
 * ```
 *
 * @param options the media type follows from the extension, or from the content, unless it is given here
 * @throws RerunError `file-missing`, `directory-missing`, `permission-denied`, `io-failed`; `invalid-component`
 */
export function asset3dFile(path: FilePath, options?: Asset3DOptions): Archetype {
  return Asset3D(read(path, "a 3D model"), typed(path, options));
}

/**
 * An {@link AssetVideo} from a file, which is read at once and whole. Log it static, and a `VideoFrameReference` for
 * each frame.
 *
 * @param options the media type follows from the extension, or from the content, unless it is given here
 * @throws RerunError `file-missing`, `directory-missing`, `permission-denied`, `io-failed`; `invalid-component`
 */
export function assetVideoFile(path: FilePath, options?: AssetVideoOptions): Archetype {
  return AssetVideo(read(path, "a video"), typed(path, options));
}

/**
 * A {@link TextDocument} from a file in UTF-8, which is read at once.
 *
 * @param options the media type is Markdown for `.md` and `.markdown`, plain text for `.txt`, none for others,
 *   unless it is given here
 * @throws RerunError `file-missing`, `directory-missing`, `permission-denied`, `io-failed`; `invalid-data` when
 *   the content is not UTF-8
 */
export function textDocumentFile(path: FilePath, options?: TextDocumentOptions): Archetype {
  const bytes = read(path, "a text");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const message = `Expected the text of ${String(path)} to be UTF-8; decode it and give it to TextDocument`;
    throw new RerunError("invalid-data", message, { cause });
  }
  return TextDocument(text, typed(path, options, TEXT_BY_EXTENSION));
}

function read(path: FilePath, what: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code: errno = "", message } = cause as NodeJS.ErrnoException;
    const [code, advice] = FAILURES[errno] ?? ["io-failed", message];
    throw new RerunError(code, `Expected to read ${what} from ${String(path)}: ${advice}`, {
      cause,
    });
  }
}

/** The options with the media type of the extension, unless they have one or the extension tells none. */
function typed<O extends { readonly mediaType?: string | undefined }>(
  path: FilePath,
  options: O | undefined,
  byExtension = BY_EXTENSION,
): O {
  const extension = /\.([^./\\]+)$/.exec(path instanceof URL ? path.pathname : path)?.[1];
  const mediaType = options?.mediaType ?? byExtension[extension?.toLowerCase() ?? ""];
  // The spread loses the type of the options.
  return (mediaType === undefined ? { ...options } : { ...options, mediaType }) as O;
}
