import { detectMediaType } from "../../components/media-signature.ts";
import type { Bytes } from "../../components/typed-array.ts";
import { asBytes } from "../../components/typed-array.ts";

/** Fields of an archetype that holds a whole file. The media type comes from the content unless given. */
export function fileFields<O extends { readonly mediaType?: string | undefined }>(
  blob: Bytes,
  options: O | undefined,
): O & { readonly blob: Bytes } {
  const bytes = asBytes(blob);
  const mediaType = options?.mediaType ?? (bytes && detectMediaType(bytes));
  // The spread loses the type of the options.
  const given = { ...options } as O;
  return mediaType === undefined ? { ...given, blob } : { ...given, blob, mediaType };
}
