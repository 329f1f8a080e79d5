import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { csvParse } from "d3-dsv";
import { mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";

// What `vega-datasets` ships; where each table comes from is told in its `datapackage.json`.

/** The package's own entry offers addresses on the web; its files are beside it. */
const entry = pathToFileURL(createRequire(import.meta.url).resolve("vega-datasets"));
const read = (name: string): string => readFileSync(new URL(`../data/${name}`, entry), "utf8");
// Types below are given by `as`: the package is pinned, so its files are known.
const readJson = (name: string): unknown => JSON.parse(read(name));

/** One day of weather in Seattle. */
export interface WeatherDay {
  readonly date: Date;
  /** Rain or snow, in mm. */
  readonly rain: number;
  /** In °C. */
  readonly highest: number;
  readonly lowest: number;
  /** In m/s. */
  readonly wind: number;
  readonly kind: "sun" | "fog" | "drizzle" | "rain" | "snow";
}

/** 2012 to 2015, day by day. Source: NOAA. */
export function weather(): WeatherDay[] {
  return csvParse(read("seattle-weather.csv"), (row) => ({
    date: new Date(row["date"]!),
    rain: Number(row["precipitation"]),
    highest: Number(row["temp_max"]),
    lowest: Number(row["temp_min"]),
    wind: Number(row["wind"]),
    kind: row["weather"] as WeatherDay["kind"],
  }));
}

/** What an hour of the year is like in Seattle: °C, hPa, m/s. */
export interface NormalHour {
  /** From 0 to 364, and from 0 to 23. */
  readonly day: number;
  readonly hour: number;
  readonly temperature: number;
  readonly pressure: number;
  readonly wind: number;
}

/** Means of 1981 to 2010, hour by hour. Source: NOAA. */
export function normalHours(): NormalHour[] {
  const start = Date.UTC(2010, 0, 1);
  return csvParse(read("seattle-weather-hourly-normals.csv"), (row) => {
    const hours = Math.round((Date.parse(`${row["date"]}Z`) - start) / 3_600_000);
    return {
      day: Math.floor(hours / 24),
      hour: hours % 24,
      temperature: Number(row["temperature"]),
      pressure: Number(row["pressure"]),
      wind: Number(row["wind"]),
    };
  });
}

/** An earthquake. */
export interface Quake {
  readonly time: Date;
  readonly magnitude: number;
  readonly place: string;
  /** Latitude and longitude in degrees. */
  readonly position: readonly [number, number];
  /** In km. */
  readonly depth: number;
}

/** A week of earthquakes, in order of time. Source: USGS. */
export function quakes(): Quake[] {
  const { features } = readJson("earthquakes.json") as {
    readonly features: readonly {
      readonly properties: { readonly mag: number; readonly place: string; readonly time: number };
      readonly geometry: { readonly coordinates: readonly [number, number, number] };
    }[];
  };
  return features
    .map(({ properties: { mag, place, time }, geometry: { coordinates } }) => ({
      time: new Date(time),
      magnitude: mag,
      place,
      position: [coordinates[1], coordinates[0]] as const,
      depth: coordinates[2],
    }))
    .sort((a, b) => a.time.getTime() - b.time.getTime());
}

/** Who meets whom in "Les Misérables". */
export interface Characters {
  /** Groups are numbers from 0. */
  readonly nodes: readonly { readonly name: string; readonly group: number }[];
  /** By index; the value counts the chapters that both are in. */
  readonly links: readonly {
    readonly source: number;
    readonly target: number;
    readonly value: number;
  }[];
}

/** Source: D. E. Knuth, The Stanford GraphBase. */
export function characters(): Characters {
  return readJson("miserables.json") as Characters;
}

/** Heights in m, row by row from the north; cells are 10 m wide. */
export interface Elevation {
  readonly width: number;
  readonly height: number;
  readonly values: readonly number[];
}

/** The volcano Maunga Whau in Auckland. Source: Ross Ihaka, from a topographic map. */
export function volcano(): Elevation {
  return readJson("volcano.json") as Elevation;
}

/** A penguin; lengths in mm, mass in g. */
export interface Penguin {
  readonly species: string;
  readonly island: string;
  readonly beakLength: number;
  readonly beakDepth: number;
  readonly flipperLength: number;
  readonly bodyMass: number;
}

/** Those of which everything was measured. Source: K. Gorman, Palmer Station LTER. */
export function penguins(): Penguin[] {
  const rows = readJson("penguins.json") as readonly Readonly<Record<string, string & number>>[];
  return rows
    .map((row) => ({
      species: row["Species"]!,
      island: row["Island"]!,
      beakLength: row["Beak Length (mm)"]!,
      beakDepth: row["Beak Depth (mm)"]!,
      flipperLength: row["Flipper Length (mm)"]!,
      bodyMass: row["Body Mass (g)"]!,
    }))
    .filter(({ bodyMass }) => bodyMass !== null);
}

/** An airport of the United States. */
export interface Airport {
  readonly name: string;
  /** Latitude and longitude in degrees. */
  readonly position: readonly [number, number];
}

/** By their code, such as `SFO`. Source: data.gov. */
export function airports(): ReadonlyMap<string, Airport> {
  const rows = csvParse(read("airports.csv"), (row) => {
    const position = [Number(row["latitude"]), Number(row["longitude"])] as const;
    return [row["iata"]!, { name: row["name"]!, position }] as const;
  });
  return new Map(rows);
}

/** How often was flown between two airports in 2008, one way. */
export interface Route {
  readonly from: string;
  readonly to: string;
  readonly flights: number;
}

/** The busiest first. Source: US Bureau of Transportation Statistics. */
export function routes(): Route[] {
  return csvParse(read("flights-airport.csv"), (row) => ({
    from: row["origin"]!,
    to: row["destination"]!,
    flights: Number(row["count"]),
  })).sort((a, b) => b.flights - a.flights);
}

/** Borders of the United States and of its states: lines of latitude and longitude. Source: US Census Bureau. */
export function borders(): (readonly [number, number])[][] {
  const topology = readJson("us-10m.json") as Topology<{ states: GeometryCollection }>;
  return mesh(topology, topology.objects.states).coordinates.map((line) =>
    line.map(([longitude, latitude]) => [latitude!, longitude!] as const),
  );
}
