import { expect } from "chai";
import { ioError } from "../../../sinks/support/io-error.ts";

describe("errors of the file system", () => {
  for (const [errno, code] of [
    ["EEXIST", "file-exists"],
    ["ENOENT", "directory-missing"],
    ["ENOTDIR", "directory-missing"],
    ["EACCES", "permission-denied"],
    ["EROFS", "permission-denied"],
    ["ENOSPC", "disk-full"],
    ["EFBIG", "disk-full"],
    ["EDQUOT", "disk-full"],
    ["EPIPE", "io-failed"],
    ["EIO", "io-failed"],
  ] as const) {
    it(`${errno} becomes ${code}`, () => {
      const cause = Object.assign(new Error(errno), { code: errno });
      const error = ioError(cause, "a recording to x.rrd");
      expect(error).to.deep.include({ code, cause });
      expect(error.message).to.match(/^Expected to write a recording to x\.rrd: ./);
    });
  }
});
