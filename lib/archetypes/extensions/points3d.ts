import type { Points3DOptions } from "../points3d.ts";

/** Keypoints belong to a class: without one, class 0 is meant. */
export function refine(options: Points3DOptions): Points3DOptions {
  if (options.keypointIds === undefined || options.classIds !== undefined) return options;
  return { ...options, classIds: 0 };
}
