import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { streamHeader } from "../../lib/encode/rrd.ts";
import { type DecodedRrd, decodeRrd } from "./decode-rrd.ts";
import { HubClient } from "./hub-client.ts";

/** Rows that a program has logged before its end, and those that it logged when it went on. */
export interface Rows {
  readonly values: number;
  readonly more: number;
}

/** What files hold together. */
export function rowsIn(files: readonly DecodedRrd[]): Rows {
  const count = (path: string): number =>
    files
      .flatMap(({ chunks }) => chunks.filter((chunk) => chunk.entityPath === path))
      .reduce((rows, chunk) => rows + chunk.numRows, 0);
  return { values: count("/values"), more: count("/more") };
}

export const inWords = ({ values, more }: Rows): string => `${values} rows and ${more} more`;

/** What was streamed. */
export const rowsOf = (frames: readonly Uint8Array[]): Rows =>
  rowsIn([decodeRrd(Buffer.concat([streamHeader(), ...frames]))]);

/** What a hub gives a viewer that comes now. */
export async function rowsAt(port: number): Promise<Rows> {
  const client = await HubClient.connect(port);
  await client.until(() => client.next >= client.hello.next);
  await client.close();
  return rowsOf(client.frames);
}

/** The files of a numbered row. */
export async function filesLike(path: string): Promise<Uint8Array[]> {
  const stem = path.replace(/\.rrd$/, "-");
  const folder = join(path, "..");
  const names = (await readdir(folder)).map((name) => join(folder, name));
  return Promise.all(names.filter((name) => name.startsWith(stem)).map((name) => readFile(name)));
}
