/**
 * A map: the busiest air routes of the United States, as great circles between airports.
 *
 * The viewer loads the tiles of the map from OpenStreetMap. Without a network the routes are seen all the same.
 *
 *     npm run example -- map
 */
import { GeoLineStrings, GeoPoints, Scalars } from "rerun-rx";
import { Blueprint, MapView, TimeSeriesView, Vertical } from "rerun-rx/blueprint";
import { scriptSetup } from "rerun-rx/node";
import { logTo } from "rerun-rx/operators";
import { bufferCount, from, lastValueFrom, map, scan, take, tap } from "rxjs";
import { airports, type Route, routes } from "./data/datasets.ts";

type LatLon = readonly [latitude: number, longitude: number];

const { rec, end } = await scriptSetup("rerun_example_map", {
  defaultBlueprint: Blueprint(
    Vertical(
      MapView({ origin: "air", name: "Busiest routes" }),
      TimeSeriesView({ origin: "flights", name: "Flights in the year" }),
      { rowShares: [4, 1] },
    ),
    { collapsePanels: true },
  ),
});

const places = airports();
const at = (code: string): LatLon => places.get(code)!.position;

/** The shortest way over the sphere: the plane through both places and its centre. */
function greatCircle(a: LatLon, b: LatLon, steps = 24): LatLon[] {
  const [p, q] = [a, b].map(([latitude, longitude]) => {
    const [lat, lon] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
    return [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)];
  }) as [number[], number[]];
  const angle = Math.acos(p.reduce((sum, x, i) => sum + x * q[i]!, 0));
  return Array.from({ length: steps + 1 }, (_, step) => {
    const [v, w] = [Math.sin((1 - step / steps) * angle), Math.sin((step / steps) * angle)];
    const [x, y, z] = p.map((coordinate, i) => (v * coordinate + w * q[i]!) / Math.sin(angle)) as [
      number,
      number,
      number,
    ];
    return [(Math.asin(z) * 180) / Math.PI, (Math.atan2(y, x) * 180) / Math.PI];
  });
}

await lastValueFrom(
  from(routes()).pipe(
    take(400),
    bufferCount(20),
    scan((all: readonly Route[], more) => [...all, ...more], []),
    tap((all) => rec.setTime("routes", { sequence: all.length })),
    logTo(rec, "air/routes", (all) =>
      GeoLineStrings(
        all.map(({ from: a, to: b }) => greatCircle(at(a), at(b))),
        {
          colors: all.map(({ flights }) => (flights > 8000 ? "#ff5040ff" : "#ffa04080")),
          radii: all.map(({ flights }) => -flights / 8000),
        },
      ),
    ),
    map((all) => [...new Set(all.flatMap(({ from: a, to: b }) => [a, b]))]),
    logTo(rec, "air/ports", (codes) => GeoPoints(codes.map(at), { colors: "#2060d0", radii: -5 })),
    logTo(rec, "flights", (codes) => Scalars(codes.length)),
  ),
);
await end();
