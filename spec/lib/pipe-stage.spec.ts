import { expect } from "chai";
import { delay, filter, map, mergeMap, type OperatorFunction, of, take } from "rxjs";
import type { LogMsg } from "../../lib/log-msg.ts";
import { type LogCursor, MessageLog } from "../../lib/message-log.ts";
import { PipeStage } from "../../lib/pipe-stage.ts";

// Messages of a kind that no one looks into: what passes through is told by its source.

const message = (source: string): LogMsg => ({
  kind: "set-store-info",
  storeId: { kind: "recording", applicationId: "app", recordingId: "rec" },
  rowId: undefined as never,
  source,
});

const sourceOf = (msg: LogMsg): string => (msg.kind === "set-store-info" ? msg.source : "");

interface Staged {
  readonly log: MessageLog<LogMsg>;
  readonly source: LogCursor<LogMsg>;
  readonly stage: PipeStage;
  readonly output: LogCursor<LogMsg>;
  readonly errors: unknown[];
}

function staged(...operators: readonly OperatorFunction<LogMsg, LogMsg>[]): Staged {
  const log = new MessageLog<LogMsg>({
    sizeOf: () => 10,
    isPinned: () => false,
    historyBytes: 0,
    backlogBytes: Infinity,
  });
  const source = log.cursor();
  const errors: unknown[] = [];
  const stage = new PipeStage(source, {
    operators,
    historyBytes: 1000,
    onError: (error) => errors.push(error),
  });
  return { log, source, stage, output: stage.log.cursor(), errors };
}

const taken = (cursor: LogCursor<LogMsg>): string[] =>
  cursor.take(Infinity).map((entry) => sourceOf(entry.item));

describe("PipeStage", () => {
  it("puts what the operators hand out into a log of its own, in order", () => {
    const { log, stage, output } = staged(
      filter((msg) => sourceOf(msg) !== "b"),
      mergeMap((msg) => of(msg, message(`${sourceOf(msg)}'`))),
    );
    for (const name of ["a", "b", "c"]) log.append(message(name));
    expect(stage.feed(Infinity)).to.equal(true);
    expect(stage.feed(Infinity)).to.equal(false);
    expect(taken(output)).to.deep.equal(["a", "a'", "c", "c'"]);
  });

  it("acknowledges a message once all that came of it is delivered", () => {
    const { log, source, stage, output } = staged(
      filter((msg) => sourceOf(msg) !== "b"),
      mergeMap((msg) => of(msg, msg)),
    );
    for (const name of ["a", "b", "c"]) {
      log.append(message(name));
      stage.feed(1);
    }
    expect(source.acked).to.equal(0);
    output.take(Infinity);
    output.ack(0);
    stage.delivered(output.acked);
    expect(source.acked).to.equal(0);
    output.ack(1);
    stage.delivered(output.acked);
    // Of b nothing came: there is nothing to wait for.
    expect(source.acked).to.equal(2);
    output.ack(3);
    stage.delivered(output.acked);
    expect(source.acked).to.equal(3);
  });

  it("gives its output once more without the operators running again", () => {
    let runs = 0;
    const { log, stage, output } = staged(
      map((msg) => {
        runs++;
        return message(`${sourceOf(msg)} ${runs}`);
      }),
    );
    for (const name of ["a", "b"]) log.append(message(name));
    stage.feed(Infinity);
    expect(taken(output)).to.deep.equal(["a 1", "b 2"]);
    output.ack(1);
    output.rewind();
    expect(taken(output)).to.deep.equal(["a 1", "b 2"]);
    expect(runs).to.equal(2);
  });

  it("tells when operators end by themselves, and goes on reading for nobody", () => {
    const { log, source, stage, output } = staged(take(1));
    log.append(message("a"));
    expect(stage.ended).to.be.a("promise");
    stage.feed(Infinity);
    expect(stage.ended).to.equal(undefined);
    log.append(message("b"));
    stage.feed(Infinity);
    expect(taken(output)).to.deep.equal(["a"]);
    output.ack(0);
    stage.delivered(output.acked);
    expect(source.acked).to.equal(2);
  });

  it("lets operators with timers hand out the rest when it is completed", async () => {
    const { log, stage, output } = staged(delay(5));
    log.append(message("a"));
    stage.feed(Infinity);
    expect(taken(output)).to.deep.equal([]);
    stage.complete();
    await stage.ended;
    expect(taken(output)).to.deep.equal(["a"]);
  });

  it("tells what the operators have not seen, and of their errors", () => {
    const failure = new Error("operator");
    const { log, stage, errors } = staged(
      map(() => {
        throw failure;
      }),
    );
    for (const name of ["a", "b", "c"]) log.append(message(name));
    stage.feed(10);
    expect(errors).to.deep.equal([failure]);
    expect(stage.unseen().map((entry) => sourceOf(entry.item))).to.deep.equal(["b", "c"]);
    stage.close();
    expect(stage.ended).to.equal(undefined);
  });
});
