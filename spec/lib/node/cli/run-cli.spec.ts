import { writeFile } from "node:fs/promises";
import { expect } from "chai";
import { RERUN_VERSION, VERSION } from "../../../../lib/version.ts";
import { useCli } from "../../../helpers/use-cli.ts";
import { useTempDir } from "../../../helpers/use-temp-dir.ts";

describe("the command line", function () {
  this.timeout(60_000);
  const cli = useCli();
  const dir = useTempDir();

  it("tells its version, and that of Rerun", async () => {
    const expected = `rerun-rx ${VERSION} (Rerun ${RERUN_VERSION})\n`;
    for (const args of [["--version"], ["-V"], ["viewer", "--version"]]) {
      const { code, stdout, stderr } = await cli(args).exit;
      expect({ code, stdout, stderr }).to.deep.equal({ code: 0, stdout: expected, stderr: "" });
    }
  });

  it("loads nothing for its version but itself", async () => {
    const trace =
      "data:text/javascript,process.on('exit',()=>console.error(process.moduleLoadList.length))";
    const nodeArgs = [`--import=${trace}`];
    const [version, help] = await Promise.all(
      [["--version"], ["--help"]].map((args) => cli(args, { nodeArgs }).exit),
    );
    // What `--help` needs of Node alone tells that yargs was loaded there, and here not.
    expect(Number(version?.stderr)).to.be.below(Number(help?.stderr));
  });

  it("tells commands, flags, examples and exit codes with --help", async () => {
    const [all, viewer] = await Promise.all([cli(["--help"]).exit, cli(["viewer", "--help"]).exit]);
    expect(all?.code).to.equal(0);
    for (const word of ["viewer", "completion", "--port", "--new", "Exit codes: 0 done"]) {
      expect(all?.stdout).to.include(word);
    }
    expect(viewer?.stdout).to.include("--save").and.to.include("rerun-rx viewer --save all.rrd");
    expect(viewer?.stdout).not.to.match(/--idle-timeout|--until-input-ends/);
  });

  it("tells what is wrong, and what was probably meant, with code 2", async () => {
    const wrong: [string[], RegExp][] = [
      [["--prot", "3"], /Unknown argument: prot; did you mean `--port`\?/],
      [
        ["viewer", "--saev", "a.rrd"],
        /saev; did you mean `--save`\? Or see `rerun-rx viewer --help`/,
      ],
      [["--xyzzy"], /Unknown argument: xyzzy; see `rerun-rx --help`/],
      [["--port"], /port/],
      [
        ["--port", "70000"],
        /Expected --port to be a whole number up to 65535 or "auto", got "70000"/,
      ],
      [["viewer", "--memory-limit", "lots"], /Expected --memory-limit .*got "lots"/],
      [["viewer", "--tls-key", "a.pem"], /--tls-cert and --tls-key/],
      [["rerun+http://x/catalog"], /only the path \/proxy is served/],
    ];
    const results = await Promise.all(wrong.map(([args]) => cli(args).exit));
    for (const [i, { code, stdout, stderr }] of results.entries()) {
      const [args, message] = wrong[i] as [string[], RegExp];
      expect({ code, stdout }, args.join(" ")).to.deep.equal({ code: 2, stdout: "" });
      expect(stderr).to.match(/^rerun-rx: /);
      expect(stderr).to.match(message);
      expect(stderr).not.to.match(/^ {4}at /m);
    }
  });

  it("suggests the file or the command that was probably meant", async () => {
    await writeFile(dir.file("recording.rrd"), "");
    const [file, command] = await Promise.all([
      cli(["recrding.rrd"], { cwd: dir.path }).exit,
      cli(["viewr"]).exit,
    ]);
    expect(file).to.include({ code: 1, stdout: "" });
    expect(file?.stderr).to.include('found no "recrding.rrd"; did you mean `recording.rrd`?');
    expect(command?.stderr).to.include('found no "viewr"; did you mean `viewer`?');
  });

  it("prints a script for the shell, and completes commands, flags and recordings", async () => {
    await writeFile(dir.file("a.rrd"), "");
    await writeFile(dir.file("a.txt"), "");
    const script = await cli(["completion"], { env: { SHELL: "/bin/bash" } }).exit;
    expect(script.stdout).to.include("rerun-rx --get-yargs-completions");
    expect(script.stderr).to.equal("");
    expect(script.code).to.equal(0);
    const complete = async (...words: string[]): Promise<string[]> => {
      const args = ["--get-yargs-completions", "rerun-rx", ...words];
      const { stdout } = await cli(args, { cwd: dir.path, env: { SHELL: "/bin/bash" } }).exit;
      return stdout.trim().split("\n");
    };
    const [commands, flags, files] = await Promise.all([
      complete("v"),
      complete("viewer", "--me"),
      complete("./"),
    ]);
    expect(commands).to.include("viewer").and.not.to.include("$0");
    expect(flags).to.include("--memory-limit");
    expect(files).to.include("./a.rrd").and.not.to.include("./a.txt");
  });
});
