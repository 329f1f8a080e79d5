import { mkdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import * as catalogue from "../../lib/catalogue/index.ts";
import type { ComponentType } from "../../lib/component-type.ts";
import { encodeRrd } from "../../lib/encode/rrd-stream.ts";
import type { LogMsg } from "../../lib/log-msg.ts";
import { chunkColumns } from "../../lib/query/chunk-rows.ts";
import { valuesIn } from "../helpers/arrow-arbitraries.ts";
import { readAll } from "../helpers/make-rrd.ts";
import { requirePeer } from "../helpers/peers.ts";
import { compare, verify } from "../helpers/rerun-cli.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";
import { mapPool, writeOfficial } from "./suite.ts";

const components = new Map(
  Object.values(catalogue as Readonly<Record<string, unknown>>)
    .filter((each): each is ComponentType<never> => typeof each === "function")
    .map((component) => [component.componentType, component]),
);

/** Gives the values of every cell to the component again: what is not taken, or becomes something else. */
function unequalCells(messages: readonly LogMsg[]): string[] {
  const unequal: string[] = [];
  for (const message of messages) {
    if (message.kind !== "chunk") continue;
    for (const column of chunkColumns(message.chunk)) {
      const component = components.get(column.descriptor.componentType ?? "");
      for (let row = 0; row < column.numRows; row++) {
        const cell = column.cell(row);
        if (component === undefined || cell === undefined || cell.length === 0) continue;
        const stored = valuesIn(cell.instances).slice(cell.from, cell.to);
        // There is no input for an instance that is missing.
        if (stored.includes(null)) continue;
        try {
          expect(valuesIn(component(cell.values as never).array)).to.deep.equal(stored);
        } catch (error) {
          unequal.push(`${column.descriptor.component}: ${(error as Error).message}`);
        }
      }
    }
  }
  return unequal;
}

describe("files of the official SDK, every archetype and more", function () {
  this.timeout(300_000);
  const dir = useTempDir();

  before(async function () {
    await requirePeer(this, "python");
    await requirePeer(this, "rerun-cli");
  });

  it("are read and written so that the official tool finds no difference, and each value can be logged again", async () => {
    const [official, own] = [dir.file("official"), dir.file("own")];
    await Promise.all([mkdir(official), mkdir(own)]);
    const problems = await writeOfficial(official);
    const names = Object.keys(problems)
      .filter((name) => problems[name] === null)
      .map((name) => `${name.replaceAll("/", "__")}.rrd`);
    expect(names.length).to.be.above(250);

    const recordings: string[] = [];
    const unequal: string[] = [];
    for (const name of names) {
      const messages = await readAll(new Uint8Array(await readFile(join(official, name))));
      await writeFile(join(own, name), encodeRrd(messages));
      unequal.push(...unequalCells(messages).map((reason) => `${name}: ${reason}`));
      // The tool wants a recording in each file that it compares.
      if (messages.some(({ storeId }) => storeId.kind === "recording")) recordings.push(name);
    }
    expect(unequal).to.deep.equal([]);

    const verified = await verify(...names.map((name) => join(own, name)));
    expect(verified.code, verified.stderr).to.equal(0);
    const different = await mapPool(recordings, availableParallelism(), async (name) => {
      const { code, stdout, stderr } = await compare(join(official, name), join(own, name));
      return code === 0 ? [] : [`${name}: ${stdout}${stderr}`];
    });
    expect(different.flat()).to.deep.equal([]);
  });
});
