import { setTimeout as sleep } from "node:timers/promises";
import bunny from "bunny";
import { expect } from "chai";
import { firstValueFrom, take, toArray } from "rxjs";
import {
  centred,
  heightColors,
  type ScanPart,
  scan$,
  scannedMesh,
  sweepOrder,
  turntable$,
  vertexNormals,
} from "../../../examples/monitor/scan.ts";
import { activeTimers } from "./active-timers.ts";

/** Each point with its colour as text, sorted: what a cloud holds, whatever its order. */
function contents({
  positions,
  colors,
}: Pick<ScanPart["fresh"], "positions" | "colors">): string[] {
  return Array.from(
    colors,
    (color, v) => `${positions.subarray(v * 3, v * 3 + 3).join()} ${color}`,
  ).sort();
}

function joined(parts: readonly ScanPart[]) {
  return {
    positions: Float32Array.from(parts.flatMap(({ fresh }) => [...fresh.positions])),
    colors: Uint32Array.from(parts.flatMap(({ fresh }) => [...fresh.colors])),
  };
}

describe("scannedMesh", () => {
  const mesh = scannedMesh();

  it("holds every vertex and every triangle of the scan", () => {
    expect(mesh.positions).to.have.lengthOf(bunny.positions.length * 3);
    expect(mesh.colors).to.have.lengthOf(bunny.positions.length);
    expect(mesh.triangleIndices).to.have.lengthOf(bunny.cells.length * 3);
    expect(Math.max(...mesh.triangleIndices)).to.be.below(bunny.positions.length);
  });

  it("is one unit in size, about the origin, upright", () => {
    for (const axis of [0, 1, 2]) {
      const values = mesh.positions.filter((_, i) => i % 3 === axis);
      expect(Math.max(...values) + Math.min(...values)).to.be.closeTo(0, 1e-6);
      expect(Math.max(...values)).to.be.at.most(0.5);
    }
    // The tips of the ears are up, far from the broad base.
    const top = mesh.positions.findLastIndex((z, i) => i % 3 === 2 && z > 0.45);
    expect(top).to.be.above(-1);
  });

  it("has normals of length 1 that point outward", () => {
    let outward = 0;
    for (let i = 0; i < mesh.normals.length; i += 3) {
      const normal = [...mesh.normals.subarray(i, i + 3)];
      expect(Math.hypot(...normal)).to.be.closeTo(1, 1e-6);
      outward += normal.reduce((sum, value, axis) => sum + value * mesh.positions[i + axis]!, 0);
    }
    expect(outward).to.be.above(0);
  });
});

describe("geometry of a scan", () => {
  it("centres and scales by the longest side", () => {
    expect([...centred([1, 1, 1, 5, 3, 1])]).to.deep.equal([-0.5, -0.25, 0, 0.5, 0.25, 0]);
  });

  it("gives a flat square the normal of its face, and up to a lone point", () => {
    const square = Float32Array.from([0, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 9, 9, 9]);
    const normals = vertexNormals(square, Uint32Array.from([0, 1, 2, 0, 2, 3]));
    expect([...normals]).to.deep.equal([1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1]);
  });

  it("packs colours as 0xRRGGBBAA, from the lowest point to the highest", () => {
    const [low, middle, high] = heightColors(Float32Array.from([0, 0, -1, 0, 0, 0, 0, 0, 1]));
    expect(low).to.equal(0x440154ff);
    expect(middle).to.equal(0x21918cff);
    expect(high).to.equal(0xfde725ff);
    expect([...heightColors(Float32Array.from([0, 0, 7]))]).to.deep.equal([0x440154ff]);
  });

  it("sorts points around the object, just below a full turn included", () => {
    const positions = Float32Array.from([0, -1, 0, 1, -1e-30, 0, 1, 0, 0, 0, 1, 0, -1, 0, 0]);
    const colors = Uint32Array.from([3, 0, 1, 2, 4]);
    const { cloud, ends } = sweepOrder({ positions, colors }, 4);
    expect(ends).to.have.lengthOf(4);
    expect(ends[3]).to.equal(5);
    expect([...cloud.colors].sort((a, b) => a - b)).to.deep.equal([0, 1, 2, 3, 4]);
    expect([...cloud.colors.subarray(ends[0], ends[1])]).to.deep.equal([2]);
  });
});

describe("scan$", () => {
  it("finds every point exactly once per sweep", async () => {
    const stripes = 9;
    const whole = contents(scannedMesh());
    const parts = await firstValueFrom(scan$(1, { stripes }).pipe(take(2 * stripes), toArray()));
    for (const sweep of [0, 1]) {
      const ofSweep = parts.filter((part) => part.sweep === sweep);
      expect(ofSweep.map(({ stripe }) => stripe)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8]);
      expect(contents(joined(ofSweep))).to.deep.equal(whole);
    }
  });

  it("grows by each stripe, until the sweep is complete", async () => {
    const stripes = 12;
    const parts = await firstValueFrom(scan$(1, { stripes }).pipe(take(stripes), toArray()));
    parts.forEach(({ grown, angleDegrees, complete }, i) => {
      const soFar = joined(parts.slice(0, i + 1));
      expect(grown.positions).to.deep.equal(soFar.positions);
      expect(grown.colors).to.deep.equal(soFar.colors);
      expect(angleDegrees).to.equal((i + 1) * 30);
      expect(complete).to.equal(i === stripes - 1);
    });
  });

  it("keeps each stripe within its angles", async () => {
    const stripes = 8;
    const parts = await firstValueFrom(scan$(1, { stripes }).pipe(take(stripes), toArray()));
    for (const { fresh, angleDegrees } of parts) {
      for (let i = 0; i < fresh.positions.length; i += 3) {
        const turn = Math.atan2(fresh.positions[i + 1]!, fresh.positions[i]!) / (2 * Math.PI);
        const degrees = (turn < 0 ? turn + 1 : turn) * 360;
        expect(degrees).to.be.within(angleDegrees - 45, angleDegrees);
      }
    }
  });

  it("rests between two sweeps", async () => {
    const startMs = performance.now();
    const times = await firstValueFrom(
      scan$(5, { stripes: 2, restPeriods: 20 }).pipe(take(3), toArray()),
    );
    expect(times.map(({ sweep }) => sweep)).to.deep.equal([0, 0, 1]);
    expect(performance.now() - startMs).to.be.above(100);
  });

  it("stops its timers, in a sweep and in a rest", async () => {
    const before = await activeTimers();
    for (const count of [1, 2]) {
      await firstValueFrom(scan$(1, { stripes: 2, restPeriods: 5 }).pipe(take(count), toArray()));
      const subscription = scan$(1, { stripes: 2, restPeriods: 1000 }).subscribe();
      await sleep(count * 10);
      subscription.unsubscribe();
    }
    expect(await activeTimers()).to.equal(before);
  });
});

describe("turntable$", () => {
  it("turns at an even speed and starts over after a turn", async () => {
    const before = await activeTimers();
    const angles = await firstValueFrom(turntable$(10, 0.1).pipe(take(15), toArray()));
    expect(angles[0]).to.be.within(0, 30);
    for (const angle of angles) expect(angle).to.be.within(0, 360);
    expect(angles.some((angle, i) => i > 0 && angle < angles[i - 1]!)).to.equal(true);
    expect(await activeTimers()).to.equal(before);
  });
});
