import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "chai";
import { filter, firstValueFrom, lastValueFrom, Subject, toArray } from "rxjs";
import type { LogEntry } from "../../../examples/monitor/log-entry.ts";
import {
  type ProcessInfo,
  parseProcessStat,
  processChanges,
  processEvents$,
  systemProcesses$,
} from "../../../examples/monitor/process-events.ts";
import { activeTimers } from "./active-timers.ts";

const table = (...infos: ProcessInfo[]) => new Map(infos.map((info) => [info.pid, info]));
const shell: ProcessInfo = { pid: 10, parentPid: 1, name: "sh" };
const cat: ProcessInfo = { pid: 11, parentPid: 10, name: "cat" };
const worker: ProcessInfo = { pid: 12, parentPid: 2, name: "kworker/0:1" };

describe("processEvents$", () => {
  it("reads id, name and parent, whatever stands in the name", () => {
    expect(parseProcessStat("6906 (cat) R 6892 6892 5452 0 -1 4194304 99")).to.deep.equal({
      pid: 6906,
      parentPid: 6892,
      name: "cat",
    });
    expect(parseProcessStat("7 (a) S 1 (b\n) c) S 42 7 7 0").name).to.equal("a) S 1 (b\n) c");
    expect(parseProcessStat("7 (a) S 1 (b\n) c) S 42 7 7 0").parentPid).to.equal(42);
    expect(() => parseProcessStat("")).to.throw(SyntaxError, "/proc/PID/stat");
  });

  it("tells what ended and what started, without threads of the kernel", () => {
    const texts = (entries: LogEntry[]) => entries.map(({ text }) => text);
    expect(texts(processChanges(table(shell), table(shell, cat, worker)))).to.deep.equal([
      "Process 11 (cat) started by 10 (sh)",
    ]);
    expect(texts(processChanges(table(shell, cat, worker), table(cat)))).to.deep.equal([
      "Process 10 (sh) ended",
    ]);
    expect(texts(processChanges(table(), table(cat)))).to.deep.equal([
      "Process 11 (cat) started by process 10",
    ]);
    expect(processChanges(table(shell), table(shell))).to.deep.equal([]);
  });

  it("sees a real process start and end", async function () {
    if (process.platform !== "linux") this.skip();
    const before = await activeTimers();
    const seen = new Subject<LogEntry>();
    const heard = (pattern: RegExp) =>
      firstValueFrom(seen.pipe(filter(({ text }) => pattern.test(text))));
    const counted = heard(/^\d+ processes are running$/);
    const subscription = processEvents$(30).subscribe(seen);
    try {
      expect(Number.parseInt((await counted).text, 10)).to.be.above(0);
      const child = spawn(process.execPath, ["-e", "process.stdin.resume()"]);
      const started = heard(
        new RegExp(`^Process ${child.pid} \\(.+\\) started by ${process.pid} \\(.+\\)$`),
      );
      const ended = heard(new RegExp(`^Process ${child.pid} \\(.+\\) ended$`));
      await started;
      child.stdin.end();
      await Promise.all([once(child, "exit"), ended]);
    } finally {
      subscription.unsubscribe();
    }
    expect(await activeTimers()).to.equal(before);
  });

  it("completes after one note where processes cannot be listed", async () => {
    const said: LogEntry[] = [];
    const notes = { next: (entry: LogEntry) => said.push(entry) };
    const elsewhere = systemProcesses$(5, { notes, platform: "win32" });
    expect(await lastValueFrom(elsewhere.pipe(toArray()))).to.deep.equal([]);
    const missing = systemProcesses$(5, { notes, platform: "linux", root: "/no/such/directory" });
    expect(await lastValueFrom(missing.pipe(toArray()))).to.deep.equal([]);
    expect(said.map(({ level }) => level)).to.deep.equal(["INFO", "WARN"]);
    expect(said[1]?.text).to.match(/^No more process list: ENOENT/);
  });
});
