import { expect } from "chai";
import { from, lastValueFrom, toArray } from "rxjs";
import { type DeviceReading, inOnePlot } from "../../../examples/monitor/measurements.ts";

describe("inOnePlot", () => {
  const plot = (...readings: DeviceReading[][]) =>
    lastValueFrom(from(readings).pipe(inOnePlot("disk", ["read", "written"]), toArray()));

  it("keeps the lines of each device in their place, while devices come and go", async () => {
    const [first, second, third] = await plot(
      [{ name: "sda", values: [1, 2] }],
      [
        { name: "new", values: [3, 4] },
        { name: "sda", values: [5, 6] },
      ],
      [{ name: "new", values: [7, 8] }],
    );
    expect(first).to.deep.equal({
      path: ["disk"],
      labels: ["sda read", "sda written"],
      values: [1, 2],
    });
    expect(second?.labels).to.deep.equal(["sda read", "sda written", "new read", "new written"]);
    expect(second?.values).to.deep.equal([5, 6, 3, 4]);
    expect(third?.labels).to.deep.equal(second?.labels);
    expect(third?.values).to.deep.equal([Number.NaN, Number.NaN, 7, 8]);
  });

  it("plots nothing before there is a device", async () => {
    expect(await plot([], [])).to.deep.equal([]);
  });
});
