import type { Cases } from "../case.ts";
import { images } from "./images.ts";
import { primitives } from "./primitives.ts";
import { transforms } from "./transforms.ts";

/** All cases, of all groups. */
export const allCases: Cases = { ...images, ...primitives, ...transforms };
