import { expect } from "chai";
import { targetsOf } from "../../../../lib/node/script/targets.ts";

const nothing = {
  spawnPort: undefined,
  urls: [],
  servePort: undefined,
  files: [],
  stdout: false,
};

describe("where standard flags send the data", () => {
  it("is a viewer that is started, when nothing is said", () => {
    expect(targetsOf({})).to.deep.equal({ ...nothing, spawnPort: 9876 });
    expect(targetsOf({ port: 4000 })).to.deep.equal({ ...nothing, spawnPort: 4000 });
    expect(targetsOf({ headless: false })).to.deep.equal({ ...nothing, spawnPort: 9876 });
  });

  it("is nowhere with --headless or --no-spawn", () => {
    expect(targetsOf({ headless: true })).to.deep.equal(nothing);
    expect(targetsOf({ spawn: false })).to.deep.equal(nothing);
  });

  it("is only where it is said, unless --spawn is said too", () => {
    expect(targetsOf({ save: "a.rrd" })).to.deep.equal({ ...nothing, files: ["a.rrd"] });
    expect(targetsOf({ stdout: true })).to.deep.equal({ ...nothing, stdout: true });
    expect(targetsOf({ serve: true })).to.deep.equal({ ...nothing, servePort: 9876 });
    expect(targetsOf({ connect: "" })).to.deep.equal({ ...nothing, urls: [""] });
    expect(targetsOf({ save: ["a.rrd", "b.rrd"], spawn: true })).to.deep.equal({
      ...nothing,
      files: ["a.rrd", "b.rrd"],
      spawnPort: 9876,
    });
  });

  it("takes --url and --addr for --connect", () => {
    const url = "rerun+http://10.0.0.1:9876/proxy";
    expect(targetsOf({ url }).urls).to.deep.equal([url]);
    expect(targetsOf({ addr: url }).urls).to.deep.equal([url]);
    expect(targetsOf({ connect: "", url }).urls).to.deep.equal([url]);
    expect(targetsOf({ connect: url, url, addr: "" }).urls).to.deep.equal([url]);
    expect(targetsOf({ connect: ["", url] }).urls).to.deep.equal([url]);
  });

  it("combines, and serves elsewhere than the viewer that it connects to", () => {
    expect(targetsOf({ save: "a.rrd", serve: true, connect: "" })).to.deep.equal({
      ...nothing,
      files: ["a.rrd"],
      urls: [""],
      servePort: 0,
    });
    for (const url of ["rerun+http://localhost/proxy", "127.0.0.1:9876", "rerun+http://[::1]"]) {
      expect(targetsOf({ serve: true, connect: url }).servePort, url).to.equal(0);
    }
    for (const url of ["rerun+http://10.1.2.3/proxy", "127.0.0.1:9877"]) {
      expect(targetsOf({ serve: true, connect: url }).servePort, url).to.equal(9876);
    }
    expect(targetsOf({ serve: true, port: 4000, connect: "" }).servePort).to.equal(4000);
    expect(targetsOf({ serve: true, port: 0, connect: "" }).servePort).to.equal(0);
  });

  it("starts a viewer elsewhere than it serves", () => {
    expect(targetsOf({ serve: true, spawn: true })).to.include({ servePort: 0, spawnPort: 9876 });
    expect(targetsOf({ serve: true, spawn: true, port: 4000 })).to.include({
      servePort: 4000,
      spawnPort: 9876,
    });
    expect(targetsOf({ serve: true, spawn: true, port: 9876 })).to.include({
      servePort: 9876,
      spawnPort: 0,
    });
  });

  it("refuses to send the data back to the program itself", () => {
    expect(() => targetsOf({ serve: true, port: 9876, connect: "" }))
      .to.throw(/--serve and --connect/)
      .with.property("code", "invalid-argument");
  });
});
