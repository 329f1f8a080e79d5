import type { Points2DOptions } from "../points2d.ts";

/** Keypoints belong to a class: without one, class 0 is meant. */
export function refine(options: Points2DOptions): Points2DOptions {
  if (options.keypointIds === undefined || options.classIds !== undefined) return options;
  return { ...options, classIds: 0 };
}
