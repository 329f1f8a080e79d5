import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { FileWriter } from "../../../sinks/support/file-writer.ts";
import { useTempDir } from "../../helpers/use-temp-dir.ts";

const fail = (error: unknown): never => {
  throw error;
};

describe("FileWriter", () => {
  const dir = useTempDir();
  let count = 0;
  const open = (): { path: string; fd: number } => {
    const path = dir.file(`${count++}`);
    return { path, fd: openSync(path, "wx") };
  };

  it("writes pieces of all sizes in order", () => {
    // Around the sizes at which pieces are written at once, and at which the buffer is full.
    const size = fc.oneof(
      fc.nat(100),
      fc.integer({ min: 32_767, max: 32_769 }),
      fc.integer({ min: 100_000, max: 300_000 }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(size, { maxLength: 4 }), { maxLength: 12 }),
        fc.nat(12),
        (records, flushAt) => {
          const { path, fd } = open();
          const writer = new FileWriter(fd, fail);
          const all: Uint8Array[] = [];
          let value = 0;
          records.forEach((sizes, i) => {
            const pieces = sizes.map((bytes) => new Uint8Array(bytes).fill(++value));
            writer.write(pieces);
            all.push(...pieces.map((piece) => piece.slice()));
            for (const piece of pieces) piece.fill(0);
            if (i === flushAt) {
              writer.flush();
              expect(readFileSync(path).length).to.equal(writer.position);
            }
          });
          expect(writer.position).to.equal(all.reduce((sum, piece) => sum + piece.length, 0));
          writer.close();
          writer.close();
          expect(readFileSync(path).equals(Buffer.concat(all))).to.equal(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it("writes what waits on the next turn of the event loop", async () => {
    const { path, fd } = open();
    const writer = new FileWriter(fd, fail);
    writer.write([Uint8Array.of(1, 2, 3)]);
    expect(readFileSync(path)).to.have.lengthOf(0);
    await new Promise((resolve) => setImmediate(resolve));
    expect([...readFileSync(path)]).to.deep.equal([1, 2, 3]);
    writer.close();
  });

  it("refuses everything after a failure, with the same error, and tells of one that nobody waits for", async () => {
    const told: unknown[] = [];
    const writer = new FileWriter(openSync("/dev/full", "w"), (error) => told.push(error));
    writer.write([Uint8Array.of(1)]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(told).to.have.lengthOf(1);
    expect(told[0]).to.have.property("code", "ENOSPC");
    expect(() => writer.write([Uint8Array.of(1)]))
      .to.throw(Error)
      .that.equals(told[0]);
    expect(() => writer.flush())
      .to.throw(Error)
      .that.equals(told[0]);
    writer.close();
    expect(told).to.have.lengthOf(1);
  });

  it("closes its file, but never a standard stream", () => {
    const { fd } = open();
    new FileWriter(fd, fail).close();
    expect(() => closeSync(fd)).to.throw("EBADF");
    new FileWriter(2, fail).close();
    expect(fstatSync(2)).to.be.an("object");
  });
});
