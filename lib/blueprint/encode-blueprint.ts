import { blueprintMessages } from "../blueprint-store.ts";
import { join } from "../encode/pieces.ts";
import { encodeRrd } from "../encode/rrd-stream.ts";
import { quote, RerunError } from "../errors.ts";
import { TuidGenerator } from "../tuid.ts";
import type { BlueprintActivationOptions, BlueprintLike } from "./like.ts";

/**
 * A blueprint as the bytes of an `.rbl` file: dropped on a viewer, or opened by it, it lays out the recordings of the
 * application. In Node, `saveBlueprint` of `rerun-rx/node` writes it.
 *
 * @param applicationId of the recordings that it is for
 * @throws RerunError `invalid-argument`
 */
export function encodeBlueprint(
  blueprint: BlueprintLike,
  applicationId: string,
  options: BlueprintActivationOptions = {},
): Uint8Array {
  if (typeof applicationId !== "string" || applicationId.length === 0) {
    throw new RerunError(
      "invalid-argument",
      `Expected the application id of a blueprint to be a non-empty string, got ${quote(applicationId)}`,
    );
  }
  const messages = blueprintMessages(applicationId, blueprint, new TuidGenerator(), options);
  return join(encodeRrd(messages));
}
