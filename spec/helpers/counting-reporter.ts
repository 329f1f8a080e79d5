import { writeFileSync } from "node:fs";
import Mocha from "mocha";

/**
 * Mocha's usual output; besides, the counts as JSON in the file that `MOCHA_COUNTS` names, for `.ci/run`. A run that
 * dies before its end writes nothing.
 */
export default class CountingReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const file = process.env["MOCHA_COUNTS"];
    if (file === undefined) throw new Error("Set MOCHA_COUNTS to the file that gets the counts");
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(file, JSON.stringify({ passes, failures, pending }));
    });
  }
}
