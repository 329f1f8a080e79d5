import { type Command, defineCommand } from "./command.ts";
import { compactCommand } from "./rrd/compact.ts";
import { compareCommand } from "./rrd/compare.ts";
import { convertCommand } from "./rrd/convert.ts";
import { filterCommand } from "./rrd/filter.ts";
import { mergeCommand } from "./rrd/merge.ts";
import { printCommand } from "./rrd/print.ts";
import { repairCommand } from "./rrd/repair.ts";
import { splitCommand } from "./rrd/split.ts";
import { statsCommand } from "./rrd/stats.ts";
import { verifyCommand } from "./rrd/verify.ts";

/** `rerun-rx rrd …`: looks into recordings, and makes new ones of them. */
export const rrdCommand: Command = defineCommand({
  command: "rrd",
  describe: "Look into recordings, check, repair and convert them",
  commands: [
    verifyCommand,
    statsCommand,
    printCommand,
    mergeCommand,
    filterCommand,
    compactCommand,
    splitCommand,
    repairCommand,
    compareCommand,
    convertCommand,
  ],
});
