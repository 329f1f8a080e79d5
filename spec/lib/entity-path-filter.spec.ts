import { expect } from "chai";
import fc from "fast-check";
import { EntityPathFilter } from "../../lib/entity-path-filter.ts";
import { RerunError } from "../../lib/errors.ts";
import { RecordingStream } from "../../lib/recording-stream.ts";
import { save } from "../../sinks/save.ts";
import { requirePeer } from "../helpers/peers.ts";
import { python } from "../helpers/rerun-cli.ts";
import { values } from "../helpers/rows.ts";
import { useTempDir } from "../helpers/use-temp-dir.ts";

/** Those of some paths that a filter matches. */
const matched = (rules: string | readonly string[], paths: readonly string[]): string[] => {
  const filter = EntityPathFilter.parse(rules);
  return paths.filter((path) => filter.matches(path));
};

function expectRefused(parse: () => unknown, message: RegExp): void {
  expect(parse).to.throw(RerunError, message).with.property("code", "invalid-argument");
}

describe("EntityPathFilter", () => {
  const dir = useTempDir();

  it("lets the most specific rule decide", () => {
    const filter = EntityPathFilter.parse(`
      + /world/**
      - /world/
      - /world/car/**
      + /world/car/driver
    `);
    const decisions = {
      "/unworldly": undefined,
      "/world": "exclude",
      "/world/house": "include",
      "/world/car": "exclude",
      "/world/car/hood": "exclude",
      "/world/car/driver": "include",
      "/world/car/driver/head": "exclude",
    };
    for (const [path, effect] of Object.entries(decisions))
      expect(filter.ruleFor(path)?.effect, path).to.equal(effect);
  });

  it("takes a subtree with its root, a path alone without what is below", () => {
    const paths = ["/", "/a", "/a/b", "/a/b/c", "/ab"];
    expect(matched("+ /a/**", paths)).to.deep.equal(["/a", "/a/b", "/a/b/c"]);
    expect(matched("+ /a", paths)).to.deep.equal(["/a"]);
    expect(matched("/**", paths)).to.deep.equal(paths);
    expect(matched("+ /", paths)).to.deep.equal(["/"]);
    expect(matched("", paths)).to.deep.equal([]);
    expect(matched("- /a", paths)).to.deep.equal([]);
  });

  it("lets the later of two rules for the same path win", () => {
    expect(matched("+ /a - /a", ["/a"])).to.deep.equal([]);
    expect(matched(["- /a", "+ a"], ["/a"])).to.deep.equal(["/a"]);
    // A path alone is more specific than its subtree, wherever it stands.
    expect(matched("- /a + /a/**", ["/a", "/a/b"])).to.deep.equal(["/a/b"]);
  });

  it("splits rules at white space, but not behind a sign, nor where it is escaped", () => {
    const rulesOf = (text: string): string =>
      EntityPathFilter.parse(text).toString().replaceAll("\n", ", ");
    expect(rulesOf("/world")).to.equal("+ /world");
    expect(rulesOf("a b c")).to.equal("+ /a, + /b, + /c");
    expect(rulesOf("a\nb\tc  ")).to.equal("+ /a, + /b, + /c");
    expect(rulesOf(String.raw`a\ b c`)).to.equal(String.raw`+ /a\ b, + /c`);
    expect(rulesOf(" + a - b + c")).to.equal("+ /a, - /b, + /c");
    expect(rulesOf("+ a -\n b + c")).to.equal("- /, + /a, + /b, + /c");
    expect(rulesOf("/weird/path- +/oth- erpath")).to.equal("+ /erpath, + /oth-, + /weird/path-");
    expect(rulesOf("+world/** -/world/points")).to.equal("+ /world/**, - /world/points");
    expect(rulesOf("+ /a/** - /a + /**")).to.equal("+ /**, + /a/**, - /a");
  });

  it("leaves properties out unless a rule is about them", () => {
    const paths = ["/__properties", "/__properties/episode", "/a"];
    expect(matched("+ /**", paths)).to.deep.equal(["/a"]);
    expect(matched("+ /** + /__properties/**", paths)).to.deep.equal(paths);
    expect(matched("+ /__properties/episode", paths)).to.deep.equal(["/__properties/episode"]);
  });

  it("puts paths in the place of variables that are given", () => {
    const rules = "+ $origin/** - ${origin}/car/** + /$robot/arm";
    const filter = EntityPathFilter.parse(rules, {
      origin: "annoyingly/long/path",
      substitutions: { robot: "r2/d2" },
    });
    const paths = ["/annoyingly/long/path", "/annoyingly/long/path/car/x", "/r2/d2/arm", "/r2"];
    expect(paths.filter((path) => filter.matches(path))).to.deep.equal([paths[0], paths[2]]);
  });

  it("refuses what would silently match nothing", () => {
    expectRefused(() => EntityPathFilter.parse("+ $origin/**"), /give the option `origin`/);
    expectRefused(
      () => EntityPathFilter.parse("+ /$robot"),
      /`\$robot` to be one of the substitutions/,
    );
    expectRefused(() => EntityPathFilter.parse("+ /${constructor}"), /`\$constructor`/);
    expectRefused(() => EntityPathFilter.parse("+ /camera/*"), /`\*` only in `\/\*\*`/);
    expectRefused(() => EntityPathFilter.parse("+ /*/depth"), /`\*` only/);
    expectRefused(() => EntityPathFilter.parse(7 as never), /an entity path filter/);
    expectRefused(() => EntityPathFilter.parse(["/a", 7] as never), /an entity path filter/);
    expect(matched(String.raw`+ /cost\$ + /a\*b`, ["/cost$", "/a*b"])).to.have.length(2);
  });

  it("decides as the official SDK does", async function () {
    await requirePeer(this, "python");
    this.timeout(60_000);
    const parts = ["a", "b", "a b", "__properties", "c-d"];
    const paths: string[][] = [[]];
    for (const first of parts) {
      paths.push([first]);
      for (const second of parts) paths.push([first, second], [first, second, "a"]);
    }
    const rec = new RecordingStream("filter", { sendProperties: false });
    rec.attach(save(dir.file("paths.rrd")));
    for (const path of paths) rec.log(path, values(1));
    await rec.close();

    const part = fc.constantFrom("a", "b", String.raw`a\ b`, "__properties", "c-d");
    const rule = fc
      .tuple(
        fc.constantFrom("+ ", "- ", "+", "-", ""),
        fc.array(part, { maxLength: 3 }),
        fc.boolean(),
      )
      .map(([sign, path, tree]) =>
        `${sign}/${path.join("/")}${tree ? "/**" : ""}`.replace("//", "/"),
      );
    const rules = fc.tuple(fc.array(rule, { maxLength: 6 }), fc.constantFrom("\n", " ", " \n\t "));
    const texts = fc.sample(
      rules.map(([all, separator]) => all.join(separator)),
      { numRuns: 300, seed: 33 },
    );
    const code = `
import json, sys
from rerun.experimental import RrdReader
reader = RrdReader(sys.argv[1])
print(json.dumps([
    sorted(chunk.entity_path for chunk in reader.stream().filter(content=text))
    for text in json.loads(sys.argv[2])
]))`;
    const result = await python(["-c", code, dir.file("paths.rrd"), JSON.stringify(texts)]);
    expect(result.code, result.stderr).to.equal(0);
    const theirs = JSON.parse(result.stdout.trim().split("\n").at(-1) ?? "") as string[][];
    const escaped = paths.map((path) => `/${path.map((p) => p.replace(" ", "\\ ")).join("/")}`);
    texts.forEach((text, i) => {
      expect(matched(text, escaped).sort(), JSON.stringify(text)).to.deep.equal(theirs[i]);
    });
    expect(
      theirs.filter((some) => some.length > 0 && some.length < paths.length),
    ).to.have.length.above(100);
  });
});
