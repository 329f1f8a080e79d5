import { expect } from "chai";
import { browserCommand, hasDisplay } from "../../../lib/node/open-browser.ts";

describe("opening a browser", () => {
  it("needs a display on Linux, and none elsewhere", () => {
    expect(hasDisplay({}, "linux")).to.equal(false);
    expect(hasDisplay({ DISPLAY: "" }, "linux")).to.equal(false);
    expect(hasDisplay({ DISPLAY: ":0" }, "linux")).to.equal(true);
    expect(hasDisplay({ DISPLAY: "", WAYLAND_DISPLAY: "wayland-0" }, "linux")).to.equal(true);
    expect(hasDisplay({}, "darwin")).to.equal(true);
    expect(hasDisplay({}, "win32")).to.equal(true);
  });

  it("is left alone in CI", () => {
    expect(hasDisplay({ CI: "true", DISPLAY: ":0" }, "linux")).to.equal(false);
    expect(hasDisplay({ CI: "1" }, "darwin")).to.equal(false);
    expect(hasDisplay({ CI: "false" }, "darwin")).to.equal(true);
  });

  it("hands the URL over as one argument, to no shell", () => {
    const url = "http://127.0.0.1:9876/?a=1&b=$(x)";
    for (const platform of ["darwin", "win32", "linux", "freebsd"] as const) {
      expect(browserCommand(url, platform).at(-1)).to.equal(url);
    }
  });
});
