import { expect } from "chai";
import { addRerunOptions } from "rerun-rx/node";
import yargs from "yargs";
import { type Flags, withDuration } from "../../../examples/monitor/flags.ts";

describe("flags of the monitor", () => {
  async function read(...args: string[]): Promise<Flags> {
    const own = withDuration(addRerunOptions(yargs(args)));
    return await own
      .strict()
      .exitProcess(false)
      .fail((message, error) => {
        throw (error as Error | undefined) ?? new Error(message);
      })
      .parseAsync();
  }

  it("are the standard ones, and a duration", async () => {
    expect((await read()).duration).to.equal(undefined);
    expect(await read("--duration", "0.5", "--save", "a.rrd", "--serve")).to.include({
      duration: 0.5,
      save: "a.rrd",
      serve: true,
    });
  });

  it("refuse a duration that no timer can take", async () => {
    for (const wrong of ["0", "-1", "x", "2147484"]) {
      const thrown = await read(`--duration=${wrong}`).catch((error: unknown) => error);
      expect(thrown, wrong).to.be.an("error").with.property("message").that.includes("--duration");
    }
  });
});
