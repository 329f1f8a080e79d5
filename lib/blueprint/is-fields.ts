/** Tells fields by name from a value in short form: numbers, texts, arrays and the like. */
export function isFields(input: unknown): input is object {
  return (
    typeof input === "object" &&
    input !== null &&
    !Array.isArray(input) &&
    !ArrayBuffer.isView(input)
  );
}
