import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type MonoTypeOperatorFunction, map, mergeMap, Subject } from "rxjs";
import type { LogMsg } from "../lib/log-msg.ts";
import * as operators from "../operators/index.ts";
import { chunkIn } from "./helpers/chunk-rows.ts";
import { flow, flowText } from "./helpers/flow.ts";
import { marbleArgs } from "./helpers/marble-args.ts";
import { type MarbleBlock, marbleBlocks } from "./helpers/marble-doc.ts";
import { marbles, type RunHelpers } from "./helpers/marbles.ts";
import { projectRoot } from "./helpers/run-program.ts";
import { SINK_RULES } from "./helpers/sink-rules.ts";
import { useTempDir } from "./helpers/use-temp-dir.ts";

/** Runs a diagram of the document: sets up what it shows, and expects what it says. */
type Rule = (block: MarbleBlock, helpers: RunHelpers) => void;

/** The diagram of this name; each rule says which it has. */
function diagram({ lines, title }: MarbleBlock, name: string): string {
  const found = lines.get(name);
  if (found === undefined) throw new Error(`${title}: expected a diagram called "${name}"`);
  return found;
}

/** The messages that letters stand for. */
function messages({ legend }: MarbleBlock): Record<string, LogMsg> {
  return Object.fromEntries(Object.entries(legend).map(([letter, text]) => [letter, flow(text)]));
}

/** `source` and `result` of an operator on messages; a message that passes unchanged keeps its letter. */
function operatorRule(
  make: (...args: never[]) => MonoTypeOperatorFunction<LogMsg>,
  functions?: (block: MarbleBlock) => Readonly<Record<string, unknown>>,
): Rule {
  return (block, { hot, expectObservable }) => {
    const args = marbleArgs(block.argsText, functions?.(block));
    const source = hot<LogMsg>(diagram(block, "source"), messages(block));
    const result = source.pipe(make(...(args as never[])), map(flowText));
    expectObservable(result).toBe(diagram(block, "result"), block.legend);
  };
}

/** The functions that diagrams name. */
const FUNCTIONS = {
  times10: ({ values }: operators.ComponentValues) => (values as Float64Array).map((v) => 10 * v),
};

/** Bytes of the message `a` of a diagram, of which rates are told in. */
const bytesOfA = (block: MarbleBlock): number => chunkIn(flow(block.legend["a"] ?? "")).byteLength;

/** How each rule is run. To show another one in the document, add it here. */
const RULES: Readonly<Record<string, Rule>> = {
  filterEntities: operatorRule(operators.filterEntities),
  dropTimelines: operatorRule(operators.dropTimelines),
  throttleEntities: operatorRule(operators.throttleEntities),
  sampleEntities: operatorRule(operators.sampleEntities),
  prefixEntities: operatorRule(operators.prefixEntities),
  renameEntities: operatorRule(operators.renameEntities),
  mapComponents: operatorRule(operators.mapComponents, () => FUNCTIONS),
  redact: operatorRule(operators.redact),
  mergeChunks: operatorRule(operators.mergeChunks),
  rateLimitBytes: operatorRule(operators.rateLimitBytes, (block) => ({
    // As many bytes a second as let `a` pass every 5 ms.
    a_every_5ms: 200 * bytesOfA(block),
    a: bytesOfA(block),
  })),

  atSpeed: (block, { cold, hot, expectObservable }) => {
    const [speed, options] = marbleArgs(block.argsText) as Parameters<typeof operators.atSpeed>;
    const pauses = block.lines.get("pause$");
    const pause$ = pauses === undefined ? undefined : hot(pauses, { p: true, g: false });
    const replay = operators.atSpeed(
      speed,
      pause$ === undefined ? options : { ...options, pause$ },
    );
    const source = cold<LogMsg>(diagram(block, "source"), messages(block));
    const result = source.pipe(replay, map(flowText));
    expectObservable(result).toBe(diagram(block, "result"), block.legend);
  },

  splitByRecording: (block, { hot, expectObservable }) => {
    const source = hot<LogMsg>(diagram(block, "source"), messages(block));
    const options = marbleArgs(block.argsText) as Parameters<typeof operators.splitByRecording>;
    const split = operators.splitByRecording(...options);
    const opened = source.pipe(
      split,
      map(({ storeId }) => storeId.recordingId),
    );
    expectObservable(opened).toBe(diagram(block, "opened"));
    for (const [name, expected] of block.lines) {
      const [, recordingId] = /^recording:(.+)$/.exec(name) ?? [];
      if (recordingId === undefined) continue;
      const own = source.pipe(
        operators.splitByRecording(...options),
        mergeMap((recording) =>
          recording.pipe(map((message) => ({ id: recording.storeId.recordingId, message }))),
        ),
        mergeMap(({ id, message }) => (id === recordingId ? [flowText(message)] : [])),
      );
      expectObservable(own).toBe(expected, block.legend);
    }
  },

  tapStats: (block, { hot, expectObservable }) => {
    const told = new Subject<operators.FlowStats>();
    const args = marbleArgs(block.argsText, { told });
    const source = hot<LogMsg>(diagram(block, "source"), messages(block));
    const counts = told.pipe(
      map(({ entities }) => entities.map((e) => `${e.entityPath} ${e.rows} rows`).join(", ")),
    );
    expectObservable(counts).toBe(diagram(block, "told"), block.legend);
    const result = source.pipe(operators.tapStats(...(args as [typeof told])), map(flowText));
    expectObservable(result).toBe(diagram(block, "result"), block.legend);
  },
};

describe("docs/semantics.md", () => {
  const document = readFileSync(join(projectRoot, "docs/semantics.md"), "utf8");
  const blocks = marbleBlocks(document);
  const dir = useTempDir();

  for (const block of blocks) {
    const { line, section, title, rule } = block;
    const [ofOperator, ofSinks] = [RULES[rule], SINK_RULES[rule]];
    it(`line ${line} is true: ${title === "recording()" ? section : title}`, async () => {
      if (ofOperator !== undefined) marbles((helpers) => ofOperator(block, helpers))();
      else if (ofSinks !== undefined) await ofSinks(block, dir);
      else {
        const known = [...Object.keys(RULES), ...Object.keys(SINK_RULES)];
        throw new Error(`No rule ${rule}; there are: ${known.join(", ")}`);
      }
    });
  }

  it("shows every operator on messages", () => {
    const others = ["batchRows", "logTo", "replayLog", "toMessages"];
    const shown = new Set(blocks.map((block) => block.rule));
    const missing = Object.entries(operators)
      .filter(([name, value]) => /^[a-z]/.test(name) && typeof value === "function")
      .map(([name]) => name)
      .filter((name) => !others.includes(name) && !shown.has(name));
    expect(missing).to.deep.equal([]);
  });

  it("explains no letter that no diagram has", () => {
    for (const { title, legend, lines } of blocks) {
      const used = [...lines.values()].join("");
      expect(
        Object.keys(legend).filter((letter) => !used.includes(letter)),
        title,
      ).to.deep.equal([]);
    }
  });

  it("has a sentence before each diagram", () => {
    for (const { line, title } of blocks) {
      const before = document.split("\n").slice(0, line - 2);
      while (before.at(-1)?.trim() === "") before.pop();
      expect(before.at(-1), title).to.match(/[.:]$/);
    }
  });
});
