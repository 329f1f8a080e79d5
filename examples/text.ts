/**
 * Text: a log of the earthquakes of one week, with levels, and a document in Markdown that tells the strongest so far.
 *
 *     npm run example -- text
 */
import { TextDocument, TextLog } from "rerun-rx";
import { Blueprint, Horizontal, TextDocumentView, TextLogView } from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { connect, distinctUntilChanged, filter, from, lastValueFrom, merge, scan, tap } from "rxjs";
import { type Quake, quakes } from "./data/datasets.ts";

const columns = {
  timelineColumns: [{ timeline: "time", visible: false }],
  textLogColumns: [{ kind: "LogLevel" }, { kind: "Body" }],
} as const;
const { rec, end } = await scriptSetup("rerun_example_text", {
  defaultBlueprint: Blueprint(
    Horizontal(
      TextDocumentView({ origin: "strongest", name: "The strongest" }),
      TextLogView({ origin: "quakes", name: "From magnitude 2.5", columns }),
    ),
    { collapsePanels: true },
  ),
});

const levelOf = ({ magnitude }: Quake): string =>
  magnitude >= 6 ? "CRITICAL" : magnitude >= 5 ? "ERROR" : magnitude >= 4 ? "WARN" : "INFO";

const report = (strongest: readonly Quake[]): string => `# Earthquakes of a week

The **${strongest.length} strongest** so far, as the _USGS_ lists them.

| magnitude | where | when | depth |
| --- | --- | --- | --- |
${strongest
  .map(({ magnitude, place, time, depth }) => {
    const when = time.toISOString().slice(5, 16).replace("T", " ");
    return `| **${magnitude.toFixed(1)}** | ${place} | ${when} | ${depth.toFixed(0)} km |`;
  })
  .join("\n")}

Magnitudes are logarithmic: one step means about **32 times** the energy.`;

const all$ = from(quakes()).pipe(
  filter(({ magnitude }) => magnitude >= 2.5),
  tap(({ time }) => rec.setTime("time", { timestamp: time })),
  connect((quake$) =>
    merge(
      quake$.pipe(
        logTo(rec, "quakes", (quake) =>
          TextLog(`${quake.magnitude.toFixed(1)} · ${quake.place}`, { level: levelOf(quake) }),
        ),
      ),
      quake$.pipe(
        scan((best: readonly Quake[], quake) => {
          const ranked = [...best, quake].sort((a, b) => b.magnitude - a.magnitude).slice(0, 8);
          return ranked.includes(quake) ? ranked : best;
        }, []),
        distinctUntilChanged(),
        logTo(rec, "strongest", (best) =>
          TextDocument(report(best), { mediaType: "text/markdown" }),
        ),
      ),
    ),
  ),
);
await lastValueFrom(all$);
await end();
