import type { ArrowArray } from "../arrow/array.ts";
import { strideOf } from "../arrow/array.ts";
import type { Chunk } from "../chunk.ts";
import { PROPERTIES_PATH } from "../recording-info.ts";
import { Tuid } from "../tuid.ts";

/** Timelines whose values no two runs share. */
const VOLATILE_TIMELINES = new Set(["log_time", "sim_time"]);
const START_TIME = "RecordingInfo:start_time";

/**
 * Says how two chunks differ, by the rules of `rerun rrd compare`: ids do not count, nor do values of `log_time` and
 * `sim_time`, nor when the recording began; floats may differ by a thousandth (16 and 32 bits) or 1e-8 (64 bits).
 *
 * Source: rerun crates/store/re_chunk/src/chunk.rs (`ensure_similar`), crates/utils/re_arrow_util/src/compare.rs
 *
 * @returns undefined when they are similar
 */
export function chunkDifference(a: Chunk, b: Chunk): string | undefined {
  if (a.entityPath !== b.entityPath) return `entity ${a.entityPath} against ${b.entityPath}`;
  if (a.numRows !== b.numRows) return `${a.numRows} rows against ${b.numRows}`;
  const names = (chunk: Chunk): string => chunk.timelines.map((t) => t.timeline.name).join(", ");
  if (names(a) !== names(b)) return `timelines [${names(a)}] against [${names(b)}]`;
  const components = (chunk: Chunk): string =>
    chunk.components.map((c) => c.descriptor.component).join(", ");
  if (components(a) !== components(b))
    return `components [${components(a)}] against [${components(b)}]`;
  const [columnsA, columnsB] = [a.columns(), b.columns()];
  for (const [i, { timeline }] of a.timelines.entries()) {
    const other = b.timelines[i]?.timeline;
    if (timeline.type !== other?.type)
      return `timeline ${timeline.name}: ${timeline.type} against ${other?.type}`;
    if (VOLATILE_TIMELINES.has(timeline.name)) continue;
    const [timesA, timesB] = [columnsA.times(timeline), columnsB.times(other)];
    for (let row = 0; row < a.numRows; row++)
      if (timesA[row] !== timesB[row])
        return `timeline ${timeline.name}, row ${row}: ${timesA[row]} against ${timesB[row]}`;
  }
  for (const [i, { descriptor }] of a.components.entries()) {
    const other = b.components[i]?.descriptor;
    if (other === undefined) return `no ${descriptor.component}`;
    const { component } = descriptor;
    if (descriptor.archetype !== other.archetype)
      return `${component}: archetype ${descriptor.archetype} against ${other.archetype}`;
    if (descriptor.componentType !== other.componentType)
      return `${component}: component type ${descriptor.componentType} against ${other.componentType}`;
    if (descriptor.type !== other.type)
      return `${component}: Arrow type ${descriptor.type.key} against ${other.type.key}`;
    if (a.entityPath === PROPERTIES_PATH && component === START_TIME) continue;
    const at = arrayDifference(columnsA.component(descriptor), columnsB.component(other));
    if (at !== undefined) return `${component}${at}`;
  }
  return undefined;
}

/** Where two arrays of one type differ first, such as `[3][0].x: 1 against 2`; undefined if they do not. */
export function arrayDifference(a: ArrowArray, b: ArrowArray): string | undefined {
  if (a.length !== b.length) return `: ${a.length} slots against ${b.length}`;
  return slotsDifference(a, b, 0, 0, a.length);
}

function slotsDifference(
  a: ArrowArray,
  b: ArrowArray,
  fromA: number,
  fromB: number,
  count: number,
): string | undefined {
  const { kind } = a.type;
  for (let i = 0; i < count; i++) {
    const [atA, atB] = [fromA + i, fromB + i];
    const isNullA = a.valid?.[atA] === 0;
    if (isNullA !== (b.valid?.[atB] === 0))
      return `[${i}]: ${isNullA ? "null against a value" : "a value against null"}`;
    if (isNullA || kind === "null") continue;
    const different = slotDifference(a, b, atA, atB);
    if (different !== undefined) return `[${i}]${different}`;
  }
  return undefined;
}

function slotDifference(
  a: ArrowArray,
  b: ArrowArray,
  atA: number,
  atB: number,
): string | undefined {
  const { type } = a;
  switch (type.kind) {
    case "utf8":
    case "binary":
      return bytesOf(a, atA) === bytesOf(b, atB)
        ? undefined
        : `: ${JSON.stringify(bytesOf(a, atA))} against ${JSON.stringify(bytesOf(b, atB))}`;
    case "list": {
      const [startA, startB] = [a.offsets?.[atA] ?? 0, b.offsets?.[atB] ?? 0];
      const lengthA = (a.offsets?.[atA + 1] ?? 0) - startA;
      const lengthB = (b.offsets?.[atB + 1] ?? 0) - startB;
      if (lengthA !== lengthB) return `: ${lengthA} instances against ${lengthB}`;
      return slotsDifference(childOf(a, 0), childOf(b, 0), startA, startB, lengthA);
    }
    case "fixed-size-list":
      if (a.values === undefined || b.values === undefined) {
        const { size } = type;
        return slotsDifference(childOf(a, 0), childOf(b, 0), atA * size, atB * size, size);
      }
      return numbersDifference(a, b, atA, atB);
    case "struct":
      for (const [k, { name }] of type.children.entries()) {
        const different = slotsDifference(childOf(a, k), childOf(b, k), atA, atB, 1);
        if (different !== undefined) return `.${name}${different.replace(/^\[0\]/, "")}`;
      }
      return undefined;
    case "dense-union": {
      const [idA, idB] = [a.typeIds?.[atA] ?? 0, b.typeIds?.[atB] ?? 0];
      if (idA !== idB) return `: variant ${idA} against ${idB}`;
      const [offsetA, offsetB] = [a.offsets?.[atA] ?? 0, b.offsets?.[atB] ?? 0];
      return slotsDifference(childOf(a, idA), childOf(b, idB), offsetA, offsetB, 1);
    }
    default:
      return numbersDifference(a, b, atA, atB);
  }
}

function numbersDifference(
  a: ArrowArray,
  b: ArrowArray,
  atA: number,
  atB: number,
): string | undefined {
  const stride = strideOf(a.type);
  const element = a.type.kind === "fixed-size-list" ? a.type.children[0]?.type : a.type;
  for (let k = 0; k < stride; k++) {
    const x = a.values?.[atA * stride + k];
    const y = b.values?.[atB * stride + k];
    if (x === y || isSimilar(x, y, element?.kind)) continue;
    return `${stride > 1 ? `[${k}]` : ""}: ${x} against ${y}`;
  }
  return undefined;
}

function isSimilar(x: unknown, y: unknown, kind: string | undefined): boolean {
  let [p, q] = [x as number, y as number];
  if (kind === "float16") [p, q] = [fromHalf(p), fromHalf(q)];
  else if (kind !== "float32" && kind !== "float64") return false;
  if (Number.isNaN(p) && Number.isNaN(q)) return true;
  const tolerance = kind === "float64" ? 1e-8 : 1e-3;
  const largest = Math.max(Math.abs(p), Math.abs(q));
  return largest <= tolerance || Math.abs(p - q) / largest <= tolerance;
}

/** The number that the bits of a half float say. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0
    ? sign * 2 ** -24 * fraction
    : sign * 2 ** (exponent - 25) * (0x400 + fraction);
}

const latin1 = new TextDecoder("latin1");

function bytesOf({ values, offsets }: ArrowArray, at: number): string {
  return latin1.decode((values as Uint8Array).subarray(offsets?.[at], offsets?.[at + 1]));
}

const childOf = (array: ArrowArray, index: number): ArrowArray =>
  array.children?.[index] as ArrowArray;

/** What becomes of the chunks of one recording in Rerun's store: no chunk twice, no static data that was replaced. */
export class ComparedRecording {
  readonly #chunks = new Map<string, Chunk>();
  /** By entity and component, the largest row id of static data. */
  readonly #latest = new Map<string, string>();

  add(chunk: Chunk): void {
    const id = chunk.id.toString();
    if (chunk.numRows === 0 || this.#chunks.has(id)) return;
    this.#chunks.set(id, chunk);
    if (!chunk.isStatic) return;
    for (const [key, rowId] of staticCells(chunk)) {
      const latest = this.#latest.get(key);
      if (latest === undefined || latest < rowId) this.#latest.set(key, rowId);
    }
  }

  /** In the order in which they were made. */
  chunks(): Chunk[] {
    return [...this.#chunks]
      .filter(([, chunk]) => {
        if (!chunk.isStatic || chunk.components.length === 0) return true;
        return [...staticCells(chunk)].some(([key, rowId]) => this.#latest.get(key) === rowId);
      })
      .sort(([a], [b]) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
      .map(([, chunk]) => chunk);
  }
}

function* staticCells(chunk: Chunk): Generator<readonly [key: string, rowId: string]> {
  const columns = chunk.columns();
  const rowIds = columns.rowIds();
  for (const { descriptor } of chunk.components) {
    const { valid } = columns.component(descriptor);
    for (let row = 0; row < chunk.numRows; row++) {
      if (valid?.[row] === 0) continue;
      const rowId = Tuid.read(rowIds, 16 * row)
        .toString()
        .toLowerCase();
      yield [`${chunk.entityPath}\n${descriptor.component}`, rowId];
    }
  }
}
