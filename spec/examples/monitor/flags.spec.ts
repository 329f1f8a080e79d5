import { expect } from "chai";
import { readFlags } from "../../../examples/monitor/flags.ts";

describe("flags of the monitor", () => {
  it("serves and opens by default", async () => {
    expect(await readFlags([])).to.deep.equal({
      save: undefined,
      overwrite: false,
      serve: true,
      port: 9876,
      open: true,
      duration: undefined,
    });
  });

  it("neither serves nor opens when headless", async () => {
    const flags = await readFlags([
      "--headless",
      "--save",
      "a.rrd",
      "--duration",
      "0.5",
      "--overwrite",
    ]);
    expect(flags).to.deep.equal({
      save: "a.rrd",
      overwrite: true,
      serve: false,
      port: 9876,
      open: false,
      duration: 0.5,
    });
  });

  it("serves without a browser when told so", async () => {
    expect(await readFlags(["--headless", "--serve"])).to.include({ serve: true, open: false });
    expect(await readFlags(["--no-open", "--port", "0"])).to.include({
      serve: true,
      open: false,
      port: 0,
    });
  });
});
