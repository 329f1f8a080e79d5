/** How large a workload is, by name: rows, steps, calls. */
export type Size = Readonly<Record<string, number>>;

/** Which of the sizes of a {@link Part} is run. */
export type Scale = "quick" | "normal" | "long";

/** What one run gave, by the keys of {@link Metric}. */
export interface Measured {
  readonly metrics: Readonly<Record<string, number>>;
}

/** One run, from the first call to the moment when everything is in the file. */
export type Run = () => Measured | Promise<Measured>;

export interface CaseInput {
  readonly size: Size;
  /** Where to write; does not exist when a run begins. */
  readonly file: string;
}

/** One thing that is measured, in a process of its own. */
export interface Case {
  readonly name: string;
  /** Makes the data and gives the function that is timed. Runs in Node. */
  readonly prepare?: (input: CaseInput) => Run | Promise<Run>;
  /** A program in `bench/python` that does the same, and what it is told beside size and file. */
  readonly python?: {
    readonly program: string;
    readonly options?: Readonly<Record<string, unknown>>;
  };
  /** Set when the file is in Rerun's format: it is verified, and must hold this many logged rows. */
  readonly rows?: (size: Size) => number;
}

/** What is compared. */
export interface Metric {
  readonly key: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
}

/** One row of the table. */
export interface Comparison {
  readonly metric: Metric;
  /** Name of the case that is ours. */
  readonly ours: string;
  /** Name of the case beside which it is put; left out: the value stands for itself. */
  readonly peer?: string;
  /** Of the ratio ours : peer, or of the value where there is no peer. A ceiling where lower is better. */
  readonly floor?: number;
  readonly moonshot?: number;
}

/** Cases that do the same work. They run in turns (A B C A B C …), so that all meet the same machine. */
export interface Part {
  readonly name: string;
  readonly sizes: Readonly<Record<"quick" | "normal", Size>> & { readonly long?: Size };
  readonly cases: readonly Case[];
  readonly comparisons: readonly Comparison[];
  /** Fixed numbers of runs; default: by how long a run takes. */
  readonly runs?: { readonly warmups: number; readonly runs: number };
}

export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly parts: readonly Part[];
}

export const ROWS_PER_SECOND: Metric = { key: "rowsPerSecond", unit: "rows/s", better: "higher" };
export const MB_PER_SECOND: Metric = { key: "megabytesPerSecond", unit: "MB/s", better: "higher" };
export const FILE_BYTES: Metric = { key: "fileBytes", unit: "B", better: "lower" };

/** The size of that name, or the normal one. */
export function sizeOf(part: Part, scale: Scale): Size {
  return part.sizes[scale] ?? part.sizes.normal;
}

/** A size that must be there. */
export function get(size: Size, key: string): number {
  const value = size[key];
  if (value === undefined)
    throw new RangeError(`Expected the size to have ${key}, got ${Object.keys(size).join(", ")}`);
  return value;
}
