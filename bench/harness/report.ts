import type { Machine } from "./machine.ts";
import type { CaseResult, PartResult } from "./measure.ts";
import { median, ratioOf, type Spread, spread } from "./statistics.ts";
import type { Comparison, Metric, Scale, Workload } from "./workload.ts";

/** How a goal was met. Without a goal, or without the peer, there is nothing to say. */
export type Verdict = "moonshot" | "floor" | "missed" | "-";

/** One row of the table. */
export interface ReportRow {
  readonly workload: string;
  readonly part: string;
  readonly metric: string;
  readonly unit: string;
  readonly better: Metric["better"];
  readonly ours: { readonly name: string } & Spread;
  readonly peer: ({ readonly name: string } & Spread) | undefined;
  /** Ours : peer. */
  readonly ratio: number | undefined;
  /** The same by CPU time of all threads, where it was measured: what other programs on the machine do matters less. */
  readonly cpuRatio: number | undefined;
  /** Ours for each second of CPU time, where it was measured. */
  readonly cpuRate: number | undefined;
  readonly floor: number | undefined;
  readonly moonshot: number | undefined;
  readonly verdict: Verdict;
  /** Files of both cases that `rerun rrd verify` and `rerun rrd stats` found in order. */
  readonly checkedFiles: number;
}

/** What `--json` prints. */
export interface Report {
  readonly machine: Machine;
  readonly scale: string;
  readonly rows: readonly ReportRow[];
}

/** The rows of one part; comparisons whose peer is not installed are left out. */
export function reportPart(
  workload: Workload,
  { part, cases }: PartResult,
  scale: Scale,
): ReportRow[] {
  const byName = new Map(cases.map((each) => [each.name, each]));
  return part.comparisons.flatMap((comparison) => {
    const ours = byName.get(comparison.ours);
    const peer = comparison.peer === undefined ? undefined : byName.get(comparison.peer);
    if (ours === undefined || (comparison.peer !== undefined && peer === undefined)) return [];
    const row = reportRow(workload.id, part.name, comparison, ours, peer);
    // Small sizes measure the start of things.
    return [scale === "quick" ? { ...row, verdict: "-" } : row];
  });
}

function reportRow(
  workload: string,
  part: string,
  comparison: Comparison,
  ours: CaseResult,
  peer: CaseResult | undefined,
): ReportRow {
  const { metric, floor, moonshot } = comparison;
  const values = (result: CaseResult, key = metric.key): number[] =>
    result.runs.map((run) => run.metrics[key] ?? Number.NaN);
  const ourValues = values(ours);
  const ratio = peer && ratioOf(ourValues, values(peer));
  const cpuKey = metric.key.replace("PerSecond", "PerCpuSecond");
  const hasCpu = (result: CaseResult | undefined): boolean =>
    cpuKey !== metric.key && result?.runs[0]?.metrics[cpuKey] !== undefined;
  const ourSpread = spread(ourValues);
  return {
    workload,
    part,
    metric: metric.key,
    unit: metric.unit,
    better: metric.better,
    ours: { name: ours.name, ...ourSpread },
    peer: peer && { name: peer.name, ...spread(values(peer)) },
    ratio,
    cpuRatio:
      peer !== undefined && hasCpu(ours) && hasCpu(peer)
        ? ratioOf(values(ours, cpuKey), values(peer, cpuKey))
        : undefined,
    cpuRate: hasCpu(ours) ? median(values(ours, cpuKey)) : undefined,
    floor,
    moonshot,
    verdict: judge(ratio ?? ourSpread.median, metric.better, floor, moonshot),
    checkedFiles: ours.checkedFiles + (peer?.checkedFiles ?? 0),
  };
}

function judge(
  value: number,
  better: Metric["better"],
  floor: number | undefined,
  moonshot: number | undefined,
): Verdict {
  const reaches = (goal: number): boolean => (better === "higher" ? value >= goal : value <= goal);
  if (floor === undefined) return "-";
  if (moonshot !== undefined && reaches(moonshot)) return "moonshot";
  return reaches(floor) ? "floor" : "missed";
}

const COLUMNS = [
  "workload",
  "metric",
  "ours",
  "median (p10-p90)",
  "beside",
  "median",
  "ratio",
  "by CPU time",
  "floor",
  "moonshot",
  "verdict",
] as const;

/** Lines of a table, aligned; also readable as Markdown. */
export function formatTable(rows: readonly ReportRow[]): string {
  const cells = rows.map((row): readonly string[] => {
    const { ours, peer, unit, better } = row;
    const sign = better === "higher" ? "≥" : "≤";
    const goal = (value: number | undefined): string =>
      value === undefined ? "" : `${sign} ${peer === undefined ? number(value) : `${value}×`}`;
    return [
      `${row.workload} ${row.part}`,
      `${row.metric === "rowsPerSecond" || row.metric === "megabytesPerSecond" ? "" : `${row.metric}, `}${unit}`,
      ours.name,
      `${number(ours.median)} (${number(ours.p10)}-${number(ours.p90)}) n=${ours.n}`,
      peer?.name ?? "",
      peer === undefined ? "" : number(peer.median),
      row.ratio === undefined ? "" : `${number(row.ratio)}×`,
      cpuCell(row),
      goal(row.floor),
      goal(row.moonshot),
      row.verdict,
    ];
  });
  const widths = COLUMNS.map((title, i) =>
    Math.max(title.length, ...cells.map((line) => (line[i] as string).length)),
  );
  const line = (texts: readonly string[]): string =>
    `| ${texts.map((text, i) => text.padEnd(widths[i] as number)).join(" | ")} |`;
  return [
    line(COLUMNS),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...cells.map(line),
  ].join("\n");
}

/** The ratio, or the rate where ours stands for itself. */
function cpuCell({ peer, cpuRatio, cpuRate }: ReportRow): string {
  if (peer !== undefined) return cpuRatio === undefined ? "" : `${number(cpuRatio)}×`;
  return cpuRate === undefined ? "" : `${number(cpuRate)}/s`;
}

/** Three digits, with a letter for thousands and millions. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (size >= 9.995e8) return `${digits(value / 1e9)} G`;
  if (size >= 9.995e5) return `${digits(value / 1e6)} M`;
  if (size >= 9995) return `${digits(value / 1e3)} k`;
  return digits(value);
}

function digits(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(
    Number.isInteger(value) || size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.0995 ? 2 : 3,
  );
}

export function formatMachine({
  cpu,
  cores,
  memoryGiB,
  platform,
  node,
  load,
  versions,
}: Machine): string {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}, load ${load.toFixed(1)}\n${list.join(", ")}`;
}
