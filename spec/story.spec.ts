import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { filter, from, map } from "rxjs";
import { Points3D, RecordingStream, Scalars, since, TextLog } from "../lib/index.ts";
import { logTo } from "../operators/index.ts";
import { memory, save } from "../sinks/index.ts";
import { decodeRrd } from "./helpers/decode-rrd.ts";
import { usePeer } from "./helpers/peers.ts";
import { rerun, verify } from "./helpers/rerun-cli.ts";
import { useTempDir } from "./helpers/use-temp-dir.ts";

// The whole flow in one piece: a robot drives, logs what it sees, and sinks come and go while it does.
describe("a recording, from the first row to the file", () => {
  const dir = useTempDir();

  it("goes wherever it should, while sinks come and go", async () => {
    const rec = new RecordingStream("robot", { recordingId: "drive 1", name: "first drive" });

    // Nobody listens yet: what is logged waits.
    rec.log("robot/name", TextLog("R2"), { static: true });
    rec.setTime("step", { sequence: 0 });
    rec.log("robot/speed", Scalars(0));

    // A file gets everything, from the start.
    const file = rec.attach(save(dir.file("drive.rrd")));
    expect(file.state).to.equal("open");

    // A watcher wants the speed alone, and only what is new; static data comes in any case.
    const speeds: number[] = [];
    rec.attach(
      (message) => {
        if (message.kind !== "chunk" || message.chunk.isStatic) return;
        const [component] = message.chunk.components;
        if (component)
          speeds.push(
            ...Array.from(
              message.chunk.column(component.descriptor).children?.[0]?.values ?? [],
              Number,
            ),
          );
      },
      {
        from: "now",
        pipe: [
          filter(
            (m) => m.kind !== "chunk" || m.chunk.isStatic || m.chunk.entityPath === "/robot/speed",
          ),
        ],
      },
    );

    // Values flow in: a stream is logged as it flows by, an array in one go, a scan of points row by row.
    from([1, 2, 3])
      .pipe(
        map((speed) => speed / 2),
        logTo(rec, "robot/speed", (speed) => Scalars(speed)),
      )
      .subscribe();
    const scan = new Float32Array(300);
    for (let step = 1; step <= 3; step++) {
      rec.setTime("step", { sequence: step });
      rec.log("world/scan", Points3D(scan.fill(step)));
    }
    rec.sendColumns(
      "robot/battery",
      { step: { sequence: [2, 1, 3] } },
      Scalars.columns({ scalars: [98, 99, 97] }),
    );

    // The watcher leaves; one that comes late still gets the last minute.
    const { complete } = await rec.flush();
    expect(complete).to.equal(true);
    const late = memory();
    rec.attach(late, { from: since(60) });
    rec.log("robot/log", TextLog("arrived"));
    const result = await rec.close();
    expect(result.complete).to.equal(true);
    expect(
      result.sinks.map(({ state, droppedRows, error }) => ({ state, droppedRows, error })),
    ).to.deep.equal(
      result.sinks.map(() => ({ state: "closed", droppedRows: 0, error: undefined })),
    );

    expect(speeds).to.deep.equal([0.5, 1, 1.5]);

    // The file has all of it, in order, and so has the late sink.
    const { chunks, messages } = decodeRrd(await readFile(dir.file("drive.rrd")));
    expect(messages[0]).to.deep.include({
      kind: "set-store-info",
      storeId: { kind: "recording", applicationId: "robot", recordingId: "drive 1" },
    });
    const logged = (path: string, component: string): unknown[] =>
      chunks.filter((c) => c.entityPath === path).flatMap((c) => c.column(component));
    expect(logged("/robot/name", "TextLog:text")).to.deep.equal([["R2"]]);
    expect(logged("/robot/speed", "Scalars:scalars")).to.deep.equal([[0], [0.5], [1], [1.5]]);
    expect(logged("/robot/battery", "step")).to.deep.equal([1n, 2n, 3n]);
    expect(logged("/robot/battery", "Scalars:scalars")).to.deep.equal([[99], [98], [97]]);
    expect(logged("/robot/log", "TextLog:text")).to.deep.equal([["arrived"]]);
    expect(
      (logged("/world/scan", "Points3D:positions") as number[][][]).map((points) => [
        points.length,
        points[0],
      ]),
    ).to.deep.equal([
      [100, [1, 1, 1]],
      [100, [2, 2, 2]],
      [100, [3, 3, 3]],
    ]);
    expect(decodeRrd(late.toRrd()).chunks.map((c) => c.chunkId)).to.deep.equal(
      chunks.map((c) => c.chunkId),
    );
  });

  describe("checked by the official command line", function () {
    this.timeout(30_000);
    usePeer("rerun-cli");

    it("can be verified and merged with others like any recording", async () => {
      for (const name of ["a", "b"]) {
        const rec = new RecordingStream("robot", { recordingId: name });
        rec.attach(save(dir.file(`${name}.rrd`)));
        for (let i = 0; i < 10; i++) rec.log("value", Scalars(i));
        await rec.close();
      }
      const merged = dir.file("merged.rrd");
      const { code, stderr } = await rerun([
        "rrd",
        "merge",
        dir.file("a.rrd"),
        dir.file("b.rrd"),
        "-o",
        merged,
      ]);
      expect(code, stderr).to.equal(0);
      expect((await verify(merged)).code).to.equal(0);
      expect(
        new Set(decodeRrd(await readFile(merged)).messages.map((m) => m.storeId.recordingId)),
      ).to.deep.equal(new Set(["a", "b"]));
    });
  });
});
