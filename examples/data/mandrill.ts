/** The photo of a mandrill. */
export const PHOTO: URL = new URL("mandrill.jpg", import.meta.url);

/** A place in the photo, in pixels from its upper left corner. */
export type Point = readonly [x: number, y: number];

/** Parts of the face, by hand. */
export const LANDMARKS: readonly { readonly label: string; readonly at: Point }[] = [
  { label: "left eye", at: [175, 63] },
  { label: "right eye", at: [335, 57] },
  { label: "nose", at: [246, 330] },
  { label: "left nostril", at: [196, 372] },
  { label: "right nostril", at: [293, 372] },
  { label: "mouth", at: [243, 440] },
];

/** Which of them are joined by a line, by their index. */
export const CONNECTIONS: readonly (readonly [number, number])[] = [
  [0, 1],
  [0, 2],
  [1, 2],
  [2, 3],
  [2, 4],
  [3, 4],
  [3, 5],
  [4, 5],
];

/** Boxes around parts: left, top, width, height. */
export const BOXES = {
  leftEye: [143, 36, 62, 54],
  rightEye: [305, 32, 60, 54],
  snout: [150, 330, 186, 150],
} as const;
