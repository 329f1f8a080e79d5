import { expect } from "chai";
import { Subject } from "rxjs";
import {
  Blueprint,
  type BlueprintLike,
  BlueprintPanel,
  encodeBlueprint,
  Horizontal,
  SelectionPanel,
  Spatial2DView,
  TimePanel,
  TopPanel,
  type View,
} from "../../../lib/blueprint/index.ts";
import { join } from "../../../lib/encode/pieces.ts";
import { encodeRrd } from "../../../lib/encode/rrd-stream.ts";
import { type LogMsg, Points2D, RecordingStream } from "../../../lib/index.ts";
import { type MemorySink, memory } from "../../../sinks/memory.ts";
import { serve } from "../../../sinks/serve.ts";
import { colourAt } from "../../helpers/picture.ts";
import { type OpenPage, useBrowser, viewerTimeoutMs } from "../../helpers/web-viewer.ts";

const RED = 0xff0000;
const LIME = 0x00ff00;
const BLUE = 0x0000ff;

/** Views side by side and nothing else. */
function bare(...views: readonly View[]): BlueprintLike {
  const state = "Hidden";
  return Blueprint(
    Horizontal(views),
    TopPanel({ state }),
    BlueprintPanel({ state }),
    SelectionPanel({ state }),
    TimePanel({ state }),
  );
}

const view = (name: string, background?: string): View => Spatial2DView({ name, background });

function recording(options = {}): { readonly rec: RecordingStream; readonly sink: MemorySink } {
  const rec = new RecordingStream("blueprint_viewer", options);
  const sink = memory();
  rec.attach(sink);
  rec.log("point", Points2D([[0, 0]]));
  return { rec, sink };
}

const rrd = (messages: readonly LogMsg[]): Uint8Array => join(encodeRrd(messages));

/** Resolves once the viewer shows these colours in the upper part, left and right of the middle. */
async function sees(viewer: OpenPage, left: number, right: number): Promise<void> {
  const deadline = AbortSignal.timeout(viewerTimeoutMs);
  for (;;) {
    // Each waits for the next frame, so this neither spins nor sleeps.
    const png = await viewer.screenshot();
    const found = [colourAt(png, 0.25, 0.25), colourAt(png, 0.75, 0.25)];
    if (found[0] === left && found[1] === right) return;
    if (deadline.aborted) throw new Error(`Expected ${left}, ${right}, got ${found.join(", ")}`);
  }
}

describe("blueprints in the real viewer", () => {
  const browser = useBrowser();

  it("lay out a recording that came before them", async () => {
    const { rec, sink } = recording();
    rec.sendBlueprint(bare(view("a", "red"), view("b", "blue")));
    await rec.flush();
    const viewer = await browser.openRecording(sink.toRrd());
    await sees(viewer, RED, BLUE);
    rec.sendBlueprint(bare(view("a", "blue")));
    await viewer.send(rrd(sink.drain()));
    await sees(viewer, BLUE, BLUE);
    await rec.close();
    expect(viewer.consoleProblems).to.deep.equal([]);
  });

  it("are shown as default ones until another is made active", async () => {
    const { rec, sink } = recording({ defaultBlueprint: bare(view("a", "lime")) });
    await rec.flush();
    const viewer = await browser.openRecording(rrd(sink.drain()));
    await sees(viewer, LIME, LIME);
    rec.sendBlueprint(bare(view("b", "red")), { makeDefault: false });
    await viewer.send(rrd(sink.drain()));
    await sees(viewer, RED, RED);
    await rec.close();
    expect(viewer.consoleProblems).to.deep.equal([]);
  });

  it("are opened from an .rbl file", async () => {
    const { rec, sink } = recording();
    await rec.close();
    const viewer = await browser.openRecording(sink.toRrd());
    await viewer.send(
      encodeBlueprint(bare(view("a", "blue"), view("b", "red")), "blueprint_viewer"),
    );
    await sees(viewer, BLUE, RED);
    expect(viewer.consoleProblems).to.deep.equal([]);
  });

  it("come to browsers by way of serve, early and late ones", async () => {
    const rec = new RecordingStream("blueprint_viewer");
    const sink = await serve({ port: 0 });
    rec.attach(sink);
    rec.log("point", Points2D([[0, 0]]));
    const blueprint$ = new Subject<BlueprintLike>();
    rec.followBlueprint(blueprint$);
    blueprint$.next(bare(view("a", "red")));
    const early = await browser.openPage(sink.url);
    await sees(early, RED, RED);
    for (const background of ["blue", "lime"])
      blueprint$.next(bare(view("a", background), view("b", "blue")));
    await sees(early, LIME, BLUE);
    const late = await browser.openPage(sink.url);
    await sees(late, LIME, BLUE);
    blueprint$.next(bare(view("b", "red")));
    await Promise.all([sees(early, RED, RED), sees(late, RED, RED)]);
    await rec.close();
  });

  it("follow an Observable, of which only the changes are sent", async () => {
    const { rec, sink } = recording();
    const blueprint$ = new Subject<BlueprintLike>();
    rec.followBlueprint(blueprint$);
    blueprint$.next(bare(view("a", "red")));
    await rec.flush();
    const viewer = await browser.openRecording(rrd(sink.drain()));
    await sees(viewer, RED, RED);

    const steps: readonly (readonly [BlueprintLike, number, number, number])[] = [
      [bare(view("a", "lime")), LIME, LIME, 1],
      // The new view, what it shows, its background, and the container.
      [bare(view("a", "lime"), view("b", "blue")), LIME, BLUE, 4],
      [bare(view("b", "blue"), view("a", "lime")), BLUE, LIME, 1],
      [bare(view("a", "red")), RED, RED, 2],
      // It is still there as it was, so nothing but the container says so.
      [bare(view("b", "blue")), BLUE, BLUE, 1],
      [bare(view("b", "blue")), BLUE, BLUE, 0],
      [bare(view("b", "lime"), view("a")), LIME, 0, 3],
      [bare(view("a", "lime"), view("b")), LIME, 0, 3],
    ];
    for (const [blueprint, left, right, chunks] of steps) {
      blueprint$.next(blueprint);
      const messages = sink.drain();
      expect(messages.filter(({ kind }) => kind === "chunk")).to.have.lengthOf(chunks);
      expect(messages.length).to.equal(chunks === 0 ? 0 : chunks + 1);
      if (messages.length > 0) await viewer.send(rrd(messages));
      if (right !== 0) await sees(viewer, left, right);
    }
    await rec.close();
    expect(viewer.consoleProblems).to.deep.equal([]);
  });
});
