import type { Cases } from "../case.ts";
import { batches } from "./batches.ts";
import { fields } from "./fields.ts";
import { images } from "./images.ts";
import { inputs } from "./inputs.ts";
import { ownData } from "./own-data.ts";
import { plots } from "./plots.ts";
import { primitives } from "./primitives.ts";
import { texts } from "./texts.ts";
import { times } from "./times.ts";
import { transforms } from "./transforms.ts";

/** All cases, of all groups. */
export const allCases: Cases = {
  ...batches,
  ...fields,
  ...images,
  ...inputs,
  ...ownData,
  ...plots,
  ...primitives,
  ...texts,
  ...times,
  ...transforms,
};
