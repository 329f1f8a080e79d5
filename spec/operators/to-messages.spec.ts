import { expect } from "chai";
import { map, type Observable, of, take } from "rxjs";
import type { Chunk } from "../../lib/chunk.ts";
import type { LogMsg, SetStoreInfo } from "../../lib/log-msg.ts";
import { Tuid } from "../../lib/tuid.ts";
import { toMessages } from "../../operators/to-messages.ts";
import { marbles } from "../helpers/marbles.ts";

const info: SetStoreInfo = {
  kind: "set-store-info",
  storeId: { kind: "recording", applicationId: "app", recordingId: "rec" },
  rowId: new Tuid(1, 2, 3, 4),
  source: "spec",
};

// The operator does not look into chunks: names will do.
const chunks = { a: "chunk a", b: "chunk b" } as unknown as Record<"a" | "b", Chunk>;
const short = (message: LogMsg): string =>
  message.kind === "chunk" ? (message.chunk as unknown as string) : message.kind;
const values = { i: "set-store-info", a: "chunk a", b: "chunk b" };

const messages = (source: Observable<Chunk>): Observable<string> =>
  source.pipe(toMessages(info), map(short));

describe("toMessages", () => {
  it(
    "announces the store at once, even if no chunk ever comes",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Chunk>("-");
      expectObservable(messages(source)).toBe("i", values);
      expectSubscriptions(source.subscriptions).toBe("^");
    }),
  );

  it(
    "announces an empty store",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Chunk>("--|");
      expectObservable(messages(source)).toBe("i-|", values);
      expectSubscriptions(source.subscriptions).toBe("^-!");
    }),
  );

  it(
    "passes one chunk on, and many, in order",
    marbles(({ cold, expectObservable }) => {
      expectObservable(messages(cold<Chunk>("--a|", chunks))).toBe("i-a|", values);
      expectObservable(messages(cold<Chunk>("--a(bb)a|", chunks))).toBe("i-a(bb)a|", values);
      expectObservable(messages(cold<Chunk>("(ab|)", chunks))).toBe("(iab|)", values);
    }),
  );

  it(
    "passes an error on",
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const source = cold<Chunk>("-a-#", chunks);
      expectObservable(messages(source)).toBe("ia-#", values);
      expectSubscriptions(source.subscriptions).toBe("^--!");
    }),
  );

  it(
    "unsubscribes from the source early",
    marbles(({ hot, expectObservable, expectSubscriptions }) => {
      const source = hot<Chunk>("-a-b-a-|", chunks);
      expectObservable(messages(source), "----!").toBe("ia-b", values);
      expectObservable(messages(source).pipe(take(2))).toBe("i(a|)", values);
      expectSubscriptions(source.subscriptions).toBe(["^---!", "^!"]);
    }),
  );

  it("gives each chunk its store", () => {
    const seen: LogMsg[] = [];
    of(chunks.a)
      .pipe(toMessages(info))
      .subscribe((message) => seen.push(message));
    expect(seen).to.deep.equal([info, { kind: "chunk", storeId: info.storeId, chunk: chunks.a }]);
    expect(seen[1]?.storeId).to.equal(info.storeId);
  });
});
