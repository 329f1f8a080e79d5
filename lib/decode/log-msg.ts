import type { LogMsg, StoreOrigin } from "../log-msg.ts";
import { decodeChunk, decodeLz4Chunk } from "./chunk.ts";
import type { Envelope } from "./envelope.ts";
import { ProtobufReader } from "./protobuf.ts";

/**
 * Decodes a message completely: what `fromRrd` emits.
 *
 * A chunk keeps views of the bytes of its envelope. It is checked as a whole: whatever is read from it later, no read
 * leaves its buffers.
 *
 * @throws RerunError `invalid-data`, `unsupported-data`
 */
export function decodeLogMsg(envelope: Envelope): LogMsg {
  switch (envelope.kind) {
    case "set-store-info": {
      const { kind, storeId, rowId, origin, versionBits } = envelope;
      const version = versionBits === undefined ? undefined : versionText(versionBits);
      return { kind, storeId, rowId, source: sourceText(origin), origin, version };
    }
    case "blueprint-activation":
      return envelope;
    case "arrow-msg": {
      const { storeId, compression, payload, uncompressedSize } = envelope;
      const chunk =
        compression === "none" ? decodeChunk(payload) : decodeLz4Chunk(payload, uncompressedSize);
      return { kind: "chunk", storeId, chunk };
    }
  }
}

/** A version of four bytes, such as `0.33.0` or `0.34.0-alpha.1+dev`. */
export function versionText(bits: number): string {
  const [major, minor, patch, meta] = [bits, bits >>> 8, bits >>> 16, bits >>> 24].map(
    (byte) => byte & 0xff,
  ) as [number, number, number, number];
  const suffix = ["", "-rc.", "-alpha.", "-alpha."][meta >> 6] as string;
  const number = suffix === "" ? "" : `${meta & 0x3f}`;
  return `${major}.${minor}.${patch}${suffix}${number}${meta >> 6 === 3 ? "+dev" : ""}`;
}

const SOURCES = ["unknown", "C++ SDK", "Python SDK", "Rust SDK", "file", "viewer", "other"];

/** A source in words, such as `Python SDK 3.11.7`. Details that cannot be read are left out. */
function sourceText({ kind, extra }: StoreOrigin): string {
  const name = SOURCES[kind] ?? `source ${kind}`;
  try {
    if (name === "other" && extra.length > 0) return new TextDecoder().decode(extra);
    if (name === "Python SDK") return `${name} ${pythonVersion(extra)}`.trimEnd();
    if (name === "Rust SDK") return `${name} ${rustVersion(extra)}`.trimEnd();
  } catch {
    // Nothing but a name for people to read.
  }
  return name;
}

function pythonVersion(extra: Uint8Array): string {
  const message = new ProtobufReader(extra, "PythonVersion");
  const numbers = [0, 0, 0];
  let suffix = "";
  if (extra.length === 0) return "";
  while (message.next()) {
    if (message.field >= 1 && message.field <= 3) numbers[message.field - 1] = message.int32();
    else if (message.field === 4) suffix = message.string();
  }
  return numbers.join(".") + suffix;
}

function rustVersion(extra: Uint8Array): string {
  const message = new ProtobufReader(extra, "RustSdk");
  let version = "";
  while (message.next()) if (message.field === 1) version = message.string();
  return version;
}
