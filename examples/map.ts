/**
 * A map: the busiest air routes of the United States, as great circles between airports.
 *
 * The viewer loads the tiles of the map from OpenStreetMap. Without a network, routes and borders are seen all the same.
 *
 *     npm run example -- map
 */
import { GeoLineStrings, GeoPoints, Scalars, SeriesLines } from "rerun-rx";
import { Blueprint, MapView, TimeSeriesView, Vertical } from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { bufferCount, filter, from, lastValueFrom, map, scan, take, tap } from "rxjs";
import { airports, borders, type Route, routes } from "./data/datasets.ts";
import { greatCircle, type LatLon } from "./data/great-circle.ts";

const { rec, end } = await scriptSetup("rerun_example_map", {
  defaultBlueprint: Blueprint(
    Vertical(
      MapView({ origin: "usa", name: "The busiest routes", zoom: 4.1 }),
      TimeSeriesView({ origin: "reached", name: "Airports reached by so many routes" }),
      { rowShares: [4, 1] },
    ),
    { collapsePanels: true },
  ),
});

const places = airports();
const at = (code: string): LatLon => places.get(code)!.position;
/** Without Alaska and the islands. */
const isMainland = ([latitude, longitude]: LatLon): boolean =>
  latitude > 24 && latitude < 50 && longitude > -126;

const lines = borders().filter((line) => line.every(isMainland));
rec.log("usa/borders", GeoLineStrings(lines, { colors: "#8098b0a0", radii: -0.8 }), {
  static: true,
});
rec.log("reached", SeriesLines({ names: "airports", widths: 2 }), { static: true });

const busiest$ = from(routes()).pipe(
  filter(({ from: a, to: b }) => isMainland(at(a)) && isMainland(at(b))),
  take(500),
  bufferCount(20),
  scan((all: readonly Route[], more) => [...all, ...more], []),
  tap((all) => rec.setTime("routes", { sequence: all.length })),
  logTo(rec, "usa/routes", (all) =>
    GeoLineStrings(
      all.map(({ from: a, to: b }) => greatCircle(at(a), at(b))),
      {
        colors: all.map(({ flights }) => (flights > 7000 ? "#ff4030" : "#f0902070")),
        radii: all.map(({ flights }) => -flights / 7000),
      },
    ),
  ),
  map((all) => new Set(all.flatMap(({ from: a, to: b }) => [a, b]))),
  logTo(rec, "usa/airports", (codes) =>
    GeoPoints(Array.from(codes, at), { colors: "#2060d0", radii: -4 }),
  ),
  logTo(rec, "reached", ({ size }) => Scalars(size)),
);
await lastValueFrom(busiest$);
await end();
