import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { RerunError } from "../errors.ts";
import { RERUN_VERSION } from "../version.ts";

/** Encodings of a response body. */
export type ContentEncoding = "identity" | "gzip" | "br";

/** One file that browsers may have. */
export interface PageAsset {
  readonly file: string;
  readonly type: string;
  /** Bytes as they are, uncompressed. */
  readonly size: number;
  readonly etag: string;
  /** True when another content would have another URL. */
  readonly immutable: boolean;
  /** The content, compressed once when first asked for. Only small files and compressed ones are kept. */
  content(encoding: ContentEncoding): Promise<Uint8Array>;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".map": "application/json",
  // Without this very type browsers compile only once all 47 MB are there.
  ".wasm": "application/wasm",
};

/**
 * Finds the page that `npm run build` made and the web viewer that npm installed.
 *
 * Returns them by URL path. Only what is in the map can be had, so a path cannot lead anywhere else.
 *
 * @throws RerunError `server-failed` when one of them is missing
 */
export function findPageAssets(): ReadonlyMap<string, PageAsset> {
  const assets = new Map<string, PageAsset>();
  const pageFolder = join(packageRoot(), "dist/web");
  if (!existsSync(join(pageFolder, "index.html")))
    throw new RerunError(
      "server-failed",
      `The page for browsers is not built; run \`npm run build\`: ${pageFolder}`,
    );
  for (const name of filesUnder(pageFolder)) {
    // What the bundler splits off has a hash of the content in its name.
    assets.set(`/${name}`, asset(join(pageFolder, name), name.startsWith("chunks/")));
  }
  const index = assets.get("/index.html");
  if (index !== undefined) assets.set("/", index);
  const viewer = findViewer();
  assets.set(
    `/viewer/${viewer.version}/re_viewer_bg.wasm`,
    asset(join(viewer.folder, "re_viewer_bg.wasm"), true, viewer.version),
  );
  return assets;
}

/** The installed web viewer. */
export function findViewer(): { readonly folder: string; readonly version: string } {
  // Its package can be imported but not required, and not every loader has `import.meta.resolve`: so the folders
  // are looked through that Node would look through.
  const places = createRequire(import.meta.url).resolve.paths(VIEWER_PACKAGE) ?? [];
  for (const place of places) {
    const folder = join(place, VIEWER_PACKAGE);
    if (!existsSync(join(folder, "re_viewer_bg.wasm"))) continue;
    const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
      version: string;
    };
    return { folder, version: about.version };
  }
  throw new RerunError(
    "server-failed",
    `The web viewer is not installed; run \`npm install ${VIEWER_PACKAGE}@${RERUN_VERSION}\``,
  );
}

const VIEWER_PACKAGE = "@rerun-io/web-viewer";

/** The folder of our own package.json, wherever this file ends up in a build. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) return import.meta.dirname;
    folder = parent;
  }
  return folder;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"));
}

const KEEP_BYTES = 4 * 1024 * 1024;

/** Without a version, files are told apart by their content. */
function asset(file: string, immutable: boolean, version?: string): PageAsset {
  const size = statSync(file).size;
  const kept = new Map<ContentEncoding, Promise<Uint8Array>>();
  return {
    file,
    type: types[extname(file)] ?? "application/octet-stream",
    size,
    etag: `"${version === undefined ? digest(file) : `${version}-${size.toString(36)}`}"`,
    immutable,
    content(encoding) {
      const known = kept.get(encoding);
      if (known !== undefined) return known;
      const content = compress(file, encoding);
      if (encoding !== "identity" || size <= KEEP_BYTES) {
        kept.set(encoding, content);
        content.catch(() => kept.delete(encoding));
      }
      return content;
    },
  };
}

const toGzip = promisify(gzip);
const toBrotli = promisify(brotliCompress);

// The 47 MB of the viewer: brotli 1 makes 14.9 MB in 0.4 s, brotli 5 makes 11.6 MB in 4 s; gzip 1 makes
// 16.0 MB in 0.6 s, gzip 6 makes 14.5 MB in 1.3 s. Somebody waits for the first byte, so the quick ones.
async function compress(file: string, encoding: ContentEncoding): Promise<Uint8Array> {
  const bytes = await readFile(file);
  switch (encoding) {
    case "identity":
      return bytes;
    case "gzip":
      return await toGzip(bytes, { level: 1 });
    case "br":
      return await toBrotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });
  }
}

function digest(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("base64url").slice(0, 16);
}
