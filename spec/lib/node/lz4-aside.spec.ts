import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { compressLz4 } from "../../../lib/node/lz4.ts";
import { compressAside } from "../../../lib/node/lz4-aside.ts";
import { usePrograms } from "../../helpers/run-program.ts";

/** Random numbers and zeros, cut into parts. */
function sample(bytes: number, parts: number): Uint8Array[] {
  const data = new Uint8Array(bytes);
  data.set(randomBytes(bytes / 2));
  const size = Math.ceil(bytes / parts);
  return Array.from({ length: parts }, (_, i) => data.subarray(i * size, (i + 1) * size));
}

describe("compressAside", () => {
  const run = usePrograms();

  it("makes the same block as this thread, of bytes in any number of parts", async () => {
    const sizes = [1000, 200_000, 100_000, 3_000_000, 150_000];
    const inputs = sizes.map((bytes, i) => sample(bytes, 1 + (i % 3)));
    const blocks = await Promise.all(inputs.map((parts, i) => compressAside(parts, sizes[i] ?? 0)));
    for (const [i, block] of blocks.entries())
      expect(block).to.deep.equal(compressLz4(Buffer.concat(inputs[i] ?? [])));
  });

  it("copies within the call: arrays may be reused when it returns", async () => {
    const [bytes] = sample(200_000, 1) as [Uint8Array];
    const expected = compressLz4(bytes);
    const block = compressAside([bytes], bytes.length);
    bytes.fill(7);
    expect(await block).to.deep.equal(expected);
  });

  it("gives blocks that stay as they are while others are made", async () => {
    const inputs = Array.from({ length: 20 }, () => sample(150_000, 2));
    const blocks = [];
    for (const parts of inputs) blocks.push(await compressAside(parts, 150_000));
    for (const [i, block] of blocks.entries())
      expect(block).to.deep.equal(compressLz4(Buffer.concat(inputs[i] ?? [])));
  });

  it("keeps no program running", async () => {
    const { code, stdout, stderr } = await run("compress-aside.ts").exit;
    expect(stderr).to.equal("");
    expect([code, stdout]).to.deep.equal([0, "0\n"]);
  });
});
