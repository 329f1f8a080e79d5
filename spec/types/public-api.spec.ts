import { expectTypeOf } from "expect-type";
import {
  type MonoTypeOperatorFunction,
  type Observable,
  type Observer,
  type OperatorFunction,
  of,
  type Subscription,
} from "rxjs";
import {
  Blueprint,
  type BlueprintLike,
  type Container,
  encodeBlueprint,
  Grid,
  Horizontal,
  loadBlueprint,
  Spatial2DView,
  Spatial3DView,
  TimePanel,
  TimeRangeBoundary,
  TimeSeriesView,
  type View,
  Visualizer,
} from "../../lib/blueprint/index.ts";
import * as components from "../../lib/catalogue/index.ts";
import {
  type Attachment,
  type BatchConfig,
  type Chunk,
  type ComponentBatch,
  type DataEvent,
  type DataType,
  type FlushResult,
  type LogMsg,
  Points3D,
  type RecordingStats,
  RecordingStream,
  RerunError,
  type RerunErrorCode,
  Scalars,
  type Sink,
  type SinkLike,
  type SinkState,
  type SinkStats,
  since,
  TextLog,
  type TimeInput,
} from "../../lib/index.ts";
import { batchRows, logTo, replayLog, toMessages } from "../../operators/index.ts";
import {
  type MemorySink,
  memory,
  type RotatedSaveSink,
  type SaveSink,
  save,
  stdout,
} from "../../sinks/index.ts";

// Checked by tsc: nothing of this runs. What must not compile stands behind `@ts-expect-error`.
const unchecked = (_body: () => unknown): void => undefined;

describe("the types of the public API", () => {
  it("of a recording stream", () => {
    unchecked(() => {
      const rec = new RecordingStream("app", { recordingId: "a", batch: { flushNumRows: 1 } });
      expectTypeOf(rec.events$).toEqualTypeOf<Observable<DataEvent>>();
      expectTypeOf(rec.messages$).toEqualTypeOf<Observable<LogMsg>>();
      expectTypeOf(rec.stats$).toEqualTypeOf<Observable<RecordingStats>>();
      expectTypeOf(rec.errors$).toEqualTypeOf<Observable<RerunError>>();
      expectTypeOf(rec.flush()).resolves.toEqualTypeOf<FlushResult>();
      expectTypeOf(rec.close()).resolves.toEqualTypeOf<FlushResult>();
      expectTypeOf(rec.attach(memory())).toEqualTypeOf<Attachment>();
      expectTypeOf(rec.detach(memory())).resolves.toEqualTypeOf<SinkStats>();
      expectTypeOf(rec.replace(memory(), save("a.rrd"))).resolves.toEqualTypeOf<Attachment>();
      expectTypeOf(rec.withTime({}, () => 5)).toEqualTypeOf<number>();
      expectTypeOf(rec.withTime({}, async () => "x")).toEqualTypeOf<Promise<string>>();
      expectTypeOf(rec).toExtend<AsyncDisposable>();

      // @ts-expect-error an application id is needed
      const a = new RecordingStream();
      // @ts-expect-error no such option
      const b = new RecordingStream("app", { recordingID: "a" });
      // @ts-expect-error undefined is not a value of an option
      const c = new RecordingStream("app", { name: undefined });
      // @ts-expect-error cannot be changed
      rec.enabled = false;
      return [a, b, c];
    });
  });

  it("of what is logged", () => {
    unchecked(() => {
      const rec = new RecordingStream("app");
      rec.log("a", Scalars(1));
      rec.log(["a", "b"], [Scalars(1), TextLog("x")], { static: true });
      rec.log("a", Scalars([1, 2]), TextLog("x"), {
        time: { frame: { sequence: 1n }, t: { timestamp: new Date() } },
      });
      rec.log("a", Points3D(new Float32Array(3)));
      rec.sendColumns(
        "a",
        { frame: { sequence: [1, 2] }, t: { timestamp: [new Date()] } },
        Scalars.columns({ scalars: new Float64Array(2) }),
      );
      // @ts-expect-error not a path
      rec.log(5, Scalars(1));
      // @ts-expect-error not an archetype
      rec.log("a", 5);
      // @ts-expect-error no such option
      rec.log("a", Scalars(1), { statics: true });
      // @ts-expect-error not a number
      Scalars("1");
      // @ts-expect-error columns of times hold many
      rec.sendColumns("a", { frame: { sequence: 1 } }, Scalars.columns({ scalars: [1] }));
    });
  });

  it("of times", () => {
    unchecked(() => {
      expectTypeOf<{ sequence: number }>().toExtend<TimeInput>();
      expectTypeOf<{ duration: bigint }>().toExtend<TimeInput>();
      expectTypeOf<{ timestamp: Date }>().toExtend<TimeInput>();
      const rec = new RecordingStream("app");
      // @ts-expect-error a sequence is no date
      rec.setTime("t", { sequence: new Date() });
      // @ts-expect-error a kind is needed
      rec.setTime("t", 5);
      // @ts-expect-error no such kind
      rec.setTime("t", { seconds: 5 });
      rec.attach(memory(), { from: since(60) });
      rec.attach(memory(), { from: since(new Date()) });
      // @ts-expect-error no such start
      rec.attach(memory(), { from: "yesterday" });
    });
  });

  it("of sinks", () => {
    unchecked(() => {
      expectTypeOf(memory).returns.toEqualTypeOf<MemorySink>();
      expectTypeOf(save("a.rrd")).toEqualTypeOf<SaveSink>();
      expectTypeOf(save("a.rrd", { rotate: { bytes: 1 } })).toEqualTypeOf<RotatedSaveSink>();
      for (const sink of [memory(), save("a.rrd"), stdout()]) {
        expectTypeOf(sink).toExtend<Sink>();
        expectTypeOf(sink).toExtend<Observer<LogMsg>>();
        expectTypeOf(sink.state).toEqualTypeOf<SinkState>();
      }
      expectTypeOf<(message: LogMsg) => void>().toExtend<SinkLike>();
      expectTypeOf<{ next(message: LogMsg): void }>().toExtend<SinkLike>();
      expectTypeOf<{ write(messages: readonly LogMsg[]): Promise<void> }>().toExtend<SinkLike>();
      expectTypeOf<string>().not.toExtend<SinkLike>();
      new RecordingStream("app").messages$.subscribe(save("a.rrd"));
      // @ts-expect-error no such option
      save("a.rrd", { overwritten: true });
      // @ts-expect-error no such compression
      save("a.rrd", { compression: "zip" });
    });
  });

  it("of messages, which tell their kinds apart", () => {
    unchecked(() => {
      const message = {} as LogMsg;
      if (message.kind === "chunk") expectTypeOf(message.chunk).toEqualTypeOf<Chunk>();
      else if (message.kind === "set-store-info")
        expectTypeOf(message.source).toEqualTypeOf<string>();
      else expectTypeOf(message.makeActive).toEqualTypeOf<boolean>();
      // @ts-expect-error only chunks have one
      return message.chunk as unknown;
    });
  });

  it("of operators", () => {
    unchecked(() => {
      expectTypeOf(batchRows()).toExtend<OperatorFunction<DataEvent, Chunk>>();
      expectTypeOf(toMessages).returns.toExtend<OperatorFunction<Chunk, LogMsg>>();
      expectTypeOf(replayLog<number>).returns.toExtend<OperatorFunction<number, number>>();
      const rec = new RecordingStream("app");
      expectTypeOf(logTo(rec, "a", (value: number) => Scalars(value))).toEqualTypeOf<
        MonoTypeOperatorFunction<number>
      >();
      // @ts-expect-error a text is not to be logged as it is
      logTo(rec, "a", (value: string) => value);
      expectTypeOf<BatchConfig["flushTickMs"]>().toEqualTypeOf<number>();
    });
  });

  it("of blueprints", () => {
    unchecked(() => {
      const rec = new RecordingStream("app", { defaultBlueprint: Spatial2DView() });
      const scene = Spatial3DView({
        origin: ["a", "b"],
        background: { kind: "GradientBright" },
        eyeControls: { kind: "Orbital", position: [1, 2, 3] },
        overrides: { cloud: [Points3D.updateFields({ radii: 1 }), Visualizer(Points3D)] },
        defaults: [Points3D.updateFields({ colors: "red" }), Points3D.batch("radii", 1)],
        timeRanges: {
          timeline: "t",
          start: TimeRangeBoundary.cursorRelative({ duration: -5 }),
          end: TimeRangeBoundary.infinite(),
        },
      });
      expectTypeOf(scene).toEqualTypeOf<View>();
      expectTypeOf(Horizontal(scene, scene)).toEqualTypeOf<Container>();
      expectTypeOf(Grid([scene], { gridColumns: 2 })).toEqualTypeOf<Container>();
      expectTypeOf(Blueprint(scene, TimePanel(), { id: "a" })).toEqualTypeOf<Blueprint>();
      for (const blueprint of [scene, Horizontal(scene), Blueprint()])
        expectTypeOf(blueprint).toExtend<BlueprintLike>();
      expectTypeOf(rec.sendBlueprint(scene, { makeActive: false })).toEqualTypeOf<void>();
      expectTypeOf(rec.followBlueprint(of(scene))).toEqualTypeOf<Subscription>();
      expectTypeOf(loadBlueprint("a.rbl")).resolves.toEqualTypeOf<BlueprintLike>();
      expectTypeOf(encodeBlueprint(scene, "app")).toEqualTypeOf<Uint8Array>();
      rec.attach(memory(), { defaultBlueprint: Horizontal(scene) });
      // @ts-expect-error a panel is no blueprint
      rec.sendBlueprint(TimePanel());
      // @ts-expect-error nor is it in a container
      Horizontal(TimePanel());
      // @ts-expect-error no such option
      Horizontal(scene, { rowShares: [1] });
      // @ts-expect-error no such property
      Spatial2DView({ lineGrid: true });
      // @ts-expect-error no such state
      TimePanel({ playState: "Running" });
      // @ts-expect-error both ranges are needed
      Spatial2DView({ visualBounds: { xRange: [0, 1] } });
      // @ts-expect-error an end is made by TimeRangeBoundary
      TimeSeriesView({ timeRanges: { timeline: "t", start: 1, end: 2 } });
      // @ts-expect-error cannot be changed
      scene.name = "other";
    });
  });

  it("of components by themselves", () => {
    unchecked(() => {
      expectTypeOf(components.Color("red")).toEqualTypeOf<ComponentBatch>();
      expectTypeOf(components.datatypes.Vec3D).toEqualTypeOf<DataType>();
      components.Position3D([1, 2, 3], { component: "own", archetype: "Own" });
      // @ts-expect-error no such state
      components.PanelState("open");
    });
  });

  it("of errors, whose codes are a closed set", () => {
    unchecked(() => {
      expectTypeOf<RerunError["code"]>().toEqualTypeOf<RerunErrorCode>();
      expectTypeOf<"disk-full">().toExtend<RerunErrorCode>();
      expectTypeOf<"something">().not.toExtend<RerunErrorCode>();
      // @ts-expect-error no such code
      return new RerunError("something", "message");
    });
  });
});
