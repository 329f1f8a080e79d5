import { RerunError } from "../../lib/errors.ts";
import { GRPC_CODE, type GrpcStatus, showStatus } from "../../lib/node/grpc-answer.ts";

/** Statuses that say that something is wrong with what was sent. */
export const REFUSALS: ReadonlySet<number> = new Set([3, 8, 11]);

/** Whether a status says that we may not write. */
function isDenied(code: number): boolean {
  return code === GRPC_CODE.permissionDenied || code === GRPC_CODE.unauthenticated;
}

/** What a status that is no success means, in words. */
export function statusError(status: GrpcStatus, ended: boolean): RerunError {
  const name = showStatus(status);
  if (isDenied(status.code)) {
    return new RerunError(
      "access-denied",
      `Expected the viewer to let us write, it answered ${name}; give its token as \`token\``,
    );
  }
  return new RerunError(
    "viewer-unreachable",
    ended
      ? `Expected the viewer to take all messages, it answered ${name}`
      : `Expected the viewer to take messages until we end, it answered ${name} before`,
  );
}
