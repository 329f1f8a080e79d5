import type { TimeType } from "../../../time.ts";

/** Thin spaces between thousands, as Rerun prints numbers. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

const UNITS = ["KiB", "MiB", "GiB"] as const;

/** Such as `12.3 KiB`, as Rerun prints sizes. */
export function formatBytes(bytes: number): string {
  if (bytes < 20 && !Number.isInteger(bytes) && bytes >= 1) return `${bytes.toFixed(1)} B`;
  if (bytes < 1024) return `${bytes < 1 ? bytes : Math.round(bytes)} B`;
  let unit = 0;
  while (unit < 2 && bytes >= 1024 ** (unit + 2)) unit++;
  const decimals = 10 * bytes < 1024 ** (unit + 2) ? 1 : 0;
  return `${(bytes / 1024 ** (unit + 1)).toFixed(decimals)} ${UNITS[unit]}`;
}

/** A time as people read it. */
export function formatTime(type: TimeType, time: bigint): string {
  switch (type) {
    case "sequence":
      return String(time);
    case "duration": {
      const sign = time < 0n ? "-" : "";
      const ns = time < 0n ? -time : time;
      const fraction = String(ns % 1_000_000_000n)
        .padStart(9, "0")
        .replace(/0+$/, "");
      return `${sign}${ns / 1_000_000_000n}${fraction === "" ? "" : `.${fraction}`} s`;
    }
    case "timestamp": {
      const ms = Number(time / 1_000_000n);
      const date = new Date(ms - (ms % 1000));
      if (Number.isNaN(date.getTime())) return `${time} ns`;
      const below = String(((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
      return `${date.toISOString().slice(0, 19)}.${below.padStart(9, "0")}Z`;
    }
  }
}

const MAX_VALUE = 60;

/** A value on one line, cut if it is long. */
export function formatValue(value: unknown): string {
  const text = oneLine(value, 12);
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1)}…` : text;
}

function oneLine(value: unknown, most: number): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number")
    return String(Math.fround(value) === value ? +value.toPrecision(7) : value);
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const all = value as unknown as ArrayLike<unknown>;
    const first = Array.from({ length: Math.min(most, all.length) }, (_, i) => oneLine(all[i], 4));
    return `[${first.join(", ")}${all.length > most ? `, … ${formatCount(all.length)}` : ""}]`;
  }
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([name, field]) => `${name}: ${oneLine(field, 4)}`);
    return `{ ${fields.join(", ")} }`;
  }
  return String(value);
}

/** Columns side by side, as wide as they have to be. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((name, i) =>
    rows.reduce((width, row) => Math.max(width, (row[i] ?? "").length), name.length),
  );
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => cell.padEnd(widths[i] as number)).join("  ")}`.trimEnd();
  const rule = `  ${widths.map((width) => "─".repeat(width)).join("  ")}`;
  return [line(header), rule, ...rows.map(line)].join("\n");
}
