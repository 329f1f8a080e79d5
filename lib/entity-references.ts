import type { ArrowArray } from "./arrow/array.ts";
import type { Chunk } from "./chunk.ts";
import { type EditedColumn, mapColumns } from "./chunk-edit.ts";
import type { ComponentDescriptor } from "./component-batch.ts";
import { textArray } from "./components/text.ts";
import { entityPath } from "./entity-path.ts";

const ENTITY_PATH = "rerun.components.EntityPath";
const FRAME = "rerun.components.TransformFrameId";
/** The transform frame that an entity has of itself is this and its path. */
const FRAME_OF_ENTITY = "tf#";

function isReference({ componentType, type }: ComponentDescriptor): boolean {
  return (componentType === ENTITY_PATH || componentType === FRAME) && type.kind === "utf8";
}

/**
 * A chunk whose values name other entities by their new paths: entity paths, as in `VideoFrameReference`, and
 * transform frames of entities (`tf#/path`), as in `Transform3D` and `CoordinateFrame`. The same chunk when there are
 * none.
 */
export function renameReferences(chunk: Chunk, rename: (path: string) => string): Chunk {
  if (!chunk.components.some(({ descriptor }) => isReference(descriptor))) return chunk;
  const source = chunk.columns();
  const columns = new Map<ComponentDescriptor, EditedColumn>();
  const all: string[][] = [];
  for (const { descriptor } of chunk.components) {
    if (!isReference(descriptor)) continue;
    const array = source.component(descriptor);
    const texts = textsIn(array.children?.[0]);
    const renamed = texts.map((text) => {
      if (descriptor.componentType === ENTITY_PATH) return rename(entityPath(text));
      if (!text.startsWith(FRAME_OF_ENTITY)) return text;
      return FRAME_OF_ENTITY + rename(entityPath(text.slice(FRAME_OF_ENTITY.length)));
    });
    if (renamed.every((text, i) => text === texts[i])) continue;
    all.push(renamed);
    const child = { ...textArray(renamed), valid: array.children?.[0]?.valid };
    columns.set(descriptor, { descriptor, array: { ...array, children: [child] } });
  }
  if (columns.size === 0) return chunk;
  const change = `references ${JSON.stringify(all)}`;
  return mapColumns(chunk, change, (column) => columns.get(column.descriptor) ?? column) ?? chunk;
}

function textsIn(array: ArrowArray | undefined): string[] {
  const { offsets, values, length = 0 } = array ?? {};
  const decoder = new TextDecoder();
  return Array.from({ length }, (_, i) =>
    decoder.decode((values as Uint8Array).subarray(offsets?.[i], offsets?.[i + 1])),
  );
}
