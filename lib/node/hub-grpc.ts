import type { GrpcCall, GrpcHandler } from "./grpc-call.ts";
import { GRPC_STATUS } from "./grpc-status.ts";
import { type Access, bearerOf } from "./hub-access.ts";

/** Path of the service; methods are below it. */
export const GRPC_SERVICE = "/rerun.sdk_comms.v1alpha1.MessageProxyService/";

/** What a call says about itself before its first message. */
export interface CallAbout {
  /** Such as `/rerun.sdk_comms.v1alpha1.MessageProxyService/ReadMessages`. */
  readonly path: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** `Bearer TOKEN`. */
  readonly authorization: string | undefined;
}

/** Makes who handles a call; undefined when there is no room for one more. */
export type OpenHandler = (call: GrpcCall) => GrpcHandler | undefined;

/** What the gate leads to. */
export interface GateOptions {
  readonly access: Access;
  /** By name of the method, such as `ReadMessages`. */
  readonly methods: Readonly<Record<string, OpenHandler>>;
  /** True when the hub is about to end. */
  readonly isClosing: () => boolean;
}

/** Lets calls in, or ends them with a status that says why not. */
export class GrpcGate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  open(call: GrpcCall, { path, host, origin, authorization }: CallAbout): void {
    const { access, methods, isClosing } = this.#options;
    if (!access.hostAllowed(host))
      return call.end(GRPC_STATUS.permissionDenied, "This host name is not served");
    if (!access.originAllowed(origin, host))
      return call.end(GRPC_STATUS.permissionDenied, "Pages of this origin may not connect");
    if (!access.tokenAllowed(bearerOf(authorization)))
      return call.end(
        GRPC_STATUS.unauthenticated,
        "The token is missing or wrong: send it as `authorization: Bearer TOKEN`",
      );
    const method = path.startsWith(GRPC_SERVICE) ? path.slice(GRPC_SERVICE.length) : "";
    if (!Object.hasOwn(methods, method))
      return call.end(GRPC_STATUS.unimplemented, "This method is not served here");
    if (isClosing()) return call.end(GRPC_STATUS.unavailable, "This hub ends");
    const handler = methods[method]?.(call);
    if (handler === undefined)
      return call.end(GRPC_STATUS.resourceExhausted, "Too many connections");
    call.handle(handler);
  }
}
