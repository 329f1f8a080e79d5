import { decodeLogMsgProto } from "../../decode/envelope.ts";
import { ProtobufReader } from "../../decode/protobuf.ts";
import { PROXY_SERVICE } from "../../encode/grpc.ts";
import { RerunError } from "../../errors.ts";
import type { RerunUrl } from "../../rerun-url.ts";
import { GRPC_CODE, showStatus } from "../grpc-answer.ts";
import { GrpcConnection } from "../grpc-client.ts";
import { type ClientCall } from "../grpc-client-call.ts";
import { GRPC_PREFIX_BYTES, grpcPrefix, readGrpcPrefix } from "../grpc-frames.ts";
import { ByteBudget, MessageAssembly } from "../message-assembly.ts";
import type { Receiver } from "./receiver.ts";

/** Largest message that is taken: lengths of the format go further, memory does not. */
const MAX_MESSAGE_BYTES = 0x7fff_ffff;

/**
 * Hands on all that a viewer or proxy has, and what comes to it, until it ends or the signal aborts.
 *
 * @throws RerunError `viewer-unreachable` also when it ends, `access-denied`, `protocol-error`
 */
export async function readProxy(
  target: RerunUrl,
  receiver: Receiver,
  { token, signal }: { readonly token: string | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const connection = await GrpcConnection.open({ origin: target.origin, token }, { signal });
  let failure: unknown;
  let call: ClientCall | undefined;
  const stop = (thrown?: unknown): void => {
    failure ??= thrown;
    call?.cancel();
  };
  const aborted = (): void => stop();
  signal.addEventListener("abort", aborted, { once: true });
  const assembly = new MessageAssembly({
    prefixBytes: GRPC_PREFIX_BYTES,
    lengthOf: readGrpcPrefix,
    maxBytes: MAX_MESSAGE_BYTES,
    budget: new ByteBudget(2 * MAX_MESSAGE_BYTES),
    tooMuch: (message) => new RerunError("protocol-error", message),
    headroom: 0,
    onMessage: (bytes) => {
      const wait = handOn(bytes, receiver);
      if (wait === undefined) return;
      call?.pause();
      wait.then(() => call?.resume(), stop);
    },
  });
  try {
    call = connection.call(`${PROXY_SERVICE}/ReadMessages`, (bytes) => {
      try {
        assembly.push(bytes);
      } catch (thrown) {
        stop(thrown);
      }
    });
    // The request has no fields.
    call.write([grpcPrefix(0, 0)], () => undefined);
    call.end();
    const status = await call.status;
    if (status.code !== GRPC_CODE.ok)
      throw new RerunError(
        status.code === GRPC_CODE.unauthenticated ? "access-denied" : "viewer-unreachable",
        `Expected to read what the viewer has, it answered ${showStatus(status)}${status.code === GRPC_CODE.unauthenticated ? "; give --source-token" : ""}: ${target.url}`,
      );
  } catch (thrown) {
    if (failure !== undefined) throw RerunError.from(failure, "protocol-error");
    if (!signal.aborted) throw thrown;
  } finally {
    signal.removeEventListener("abort", aborted);
    assembly.release();
    connection.close();
  }
}

/** Unwraps one answer of `ReadMessages`. */
function handOn(bytes: Uint8Array, receiver: Receiver): Promise<void> | undefined {
  const answer = new ProtobufReader(bytes, "ReadMessagesResponse");
  let wait: Promise<void> | undefined;
  while (answer.next()) {
    if (answer.field !== 1) continue;
    const message = decodeLogMsgProto(answer.bytes());
    if (message === undefined) continue;
    wait = receiver.takeEncoded(message.kind, message.bytes) ?? wait;
  }
  return wait;
}
