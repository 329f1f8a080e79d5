import type { Cases } from "../case.ts";
import { batches } from "./batches.ts";
import { blueprintFields } from "./blueprint-fields.ts";
import { blueprints } from "./blueprints.ts";
import { fields } from "./fields.ts";
import { images } from "./images.ts";
import { inputs } from "./inputs.ts";
import { ownData } from "./own-data.ts";
import { plots } from "./plots.ts";
import { primitives } from "./primitives.ts";
import { withBlueprint } from "./snippet-blueprints.ts";
import { texts } from "./texts.ts";
import { times } from "./times.ts";
import { transforms } from "./transforms.ts";

const groups: Cases = {
  ...batches,
  ...blueprintFields,
  ...blueprints,
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

/** All cases, of all groups. */
export const allCases: Cases = Object.fromEntries(
  Object.entries(groups).map(([name, data]) => [name, withBlueprint(name, data)]),
);
