/**
 * A graph: who meets whom in "Les Misérables". Groups of characters join one after the other, and the viewer arranges
 * them by forces.
 *
 *     npm run example -- graph
 */
import { GraphEdges, GraphNodes, TextLog } from "rerun-rx";
import { Blueprint, GraphView, Horizontal, TextLogView } from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { lastValueFrom, map, range, tap } from "rxjs";
import { characters } from "./data/datasets.ts";

const columns = { textLogColumns: ["Body"] } as const;
const { rec, end } = await scriptSetup("rerun_example_graph", {
  defaultBlueprint: Blueprint(
    Horizontal(
      GraphView({
        origin: "novel",
        name: "Les Misérables",
        forceLink: { distance: 45 },
        forceManyBody: { strength: -60 },
        forceCollisionRadius: { enabled: true },
      }),
      TextLogView({ origin: "joined", name: "Who joins", columns }),
      { columnShares: [3, 1] },
    ),
    { collapsePanels: true },
  ),
});

const PALETTE = [
  "#8a8f98",
  "#4c8bf5",
  "#e0503c",
  "#38a169",
  "#b05bd0",
  "#e89b2c",
  "#2bb3b1",
  "#d4508c",
  "#7a6ae6",
  "#a0a030",
  "#8c6a4f",
];

const { nodes, links } = characters();
const meetings = nodes.map(
  (_, i) => links.filter(({ source, target }) => source === i || target === i).length,
);
const ids = nodes.map(({ name }) => name);

const groups$ = range(0, PALETTE.length).pipe(
  tap((group) => rec.setTime("group", { sequence: group })),
  map((group) => ({
    joined: ids.filter((_, i) => nodes[i]!.group === group),
    members: nodes.map((_, i) => i).filter((i) => nodes[i]!.group <= group),
  })),
  logTo(rec, "novel", ({ members }) => [
    GraphNodes(
      members.map((i) => ids[i]!),
      {
        showLabels: false,
        colors: members.map((i) => PALETTE[nodes[i]!.group]!),
        radii: members.map((i) => 4 + Math.sqrt(meetings[i]!) * 2),
      },
    ),
    GraphEdges(
      links
        .filter(({ source, target }) => members.includes(source) && members.includes(target))
        .map(({ source, target }) => [ids[source]!, ids[target]!]),
      { graphType: "Undirected" },
    ),
  ]),
  logTo(rec, "joined", ({ joined }) => TextLog(joined.join(", "))),
);
await lastValueFrom(groups$);
await end();
