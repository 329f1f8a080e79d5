import type { ArrowArray } from "../arrow/array.ts";
import type { SchemaField } from "./arrow-schema.ts";
import { readSchema } from "./arrow-schema.ts";
import { type ArrowStream, openBatch, openSchema } from "./arrow-stream.ts";
import { type ColumnPlace, checkBatch, placeColumns } from "./batch-check.ts";
import { readColumn } from "./batch-columns.ts";
import { plainView } from "./ipc-source.ts";

/** An Arrow IPC stream of one record batch, of any columns. Checked as a whole; columns are read when asked for. */
export class ArrowTable {
  readonly fields: readonly SchemaField[];
  readonly #ipc: Uint8Array;
  readonly #stream: ArrowStream;
  readonly #places: readonly ColumnPlace[];

  /** @throws RerunError `invalid-data`, `unsupported-data` */
  constructor(ipc: Uint8Array) {
    this.#ipc = plainView(ipc);
    const { table, end } = openSchema(this.#ipc);
    this.fields = readSchema(table).fields;
    this.#stream = openBatch(this.#ipc, end);
    checkBatch(this.#ipc, this.#stream, this.fields);
    this.#places = placeColumns(this.fields);
  }

  get numRows(): number {
    return this.#stream.rows;
  }

  /** A column by its index among {@link fields}. */
  column(index: number): ArrowArray {
    const field = this.fields[index];
    const place = this.#places[index];
    if (field === undefined || place === undefined)
      throw new RangeError(`Expected a column below ${this.fields.length}, got ${index}`);
    return readColumn(this.#ipc, this.#stream, field, place);
  }
}
