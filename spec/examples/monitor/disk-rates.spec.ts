import { expect } from "chai";
import { firstValueFrom } from "rxjs";
import { diskRates$, parseDiskStats } from "../../../examples/monitor/disk-rates.ts";
import { activeTimers } from "./active-timers.ts";

describe("diskRates$", () => {
  it("reads the bytes of whole disks, in sectors of 512", () => {
    const text = `   7       0 loop0 5 0 10 0 0 0 0 0 0 0 0 0 0 0 0 0 0
   8       0 sda 57109 9806 1000 56237 27544 38205 2000 33366 0 37112 93543 8227 26 958224 3656 3143 283
   8       1 sda1 100 0 900 10 100 0 1800 10 0 10 20
 259       0 nvme0n1 1 0 8 1 1 0 16 1 0 1 2 0 0 0 0 0 0
 259       1 nvme0n1p1 1 0 8 1 1 0 16 1 0 1 2 0 0 0 0 0 0
 259       2 nvme0n1p12 1 0 8 1 1 0 16 1 0 1 2 0 0 0 0 0 0
 179       0 mmcblk0 1 0 4 1 1 0 2 1 0 1 2
 179       8 mmcblk0boot0 1 0 3 1 1 0 1 1 0 1 2
 253       0 dm-0 1 0 8 1 1 0 16 1 0 1 2
 252       0 zram0 1 0 8 1 1 0 16 1 0 1 2
   9     127 md127 1 0 8 1 1 0 16 1 0 1 2
  11       0 sr0 1 0 8 1 1 0 16 1 0 1 2
`;
    expect(parseDiskStats(text)).to.deep.equal(
      new Map([
        ["sda", [512_000, 1_024_000]],
        ["nvme0n1", [4096, 8192]],
        ["mmcblk0", [2048, 1024]],
        ["mmcblk0boot0", [1536, 512]],
      ]),
    );
  });

  it("takes a partition for a disk where the disk itself is not listed", () => {
    expect([...parseDiskStats(" 202 1 xvda1 1 0 8 1 1 0 16 1 0 1 2\n").keys()]).to.deep.equal([
      "xvda1",
    ]);
  });

  it("refuses a text that is something else", () => {
    expect(() => parseDiskStats("no such thing\n")).to.throw(SyntaxError, "/proc/diskstats");
    expect(parseDiskStats("")).to.deep.equal(new Map());
  });

  it("reads this system", async function () {
    if (process.platform !== "linux") this.skip();
    const before = await activeTimers();
    const rates = await firstValueFrom(diskRates$(50));
    for (const { readBytesPerS, writtenBytesPerS } of rates) {
      expect(readBytesPerS).to.be.within(0, 1e12);
      expect(writtenBytesPerS).to.be.within(0, 1e12);
    }
    expect(await activeTimers()).to.equal(before);
  });
});
