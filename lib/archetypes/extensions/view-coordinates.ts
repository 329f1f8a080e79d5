import type { Archetype } from "../../archetype.ts";
import { ArchetypeInstance } from "../../archetype.ts";
import type { ComponentDescriptor } from "../../component-batch.ts";
import type { ViewCoordinatesCode } from "../../components/view-coordinates.ts";
import { viewCoordinatesBatch } from "../../components/view-coordinates.ts";

/** Names for the usual right-handed and left-handed systems. Left-handed ones are not supported by the viewer yet. */
const NAMED: Readonly<Record<ViewCoordinatesName, ViewCoordinatesCode>> = {
  RIGHT_HAND_X_UP: "URF",
  RIGHT_HAND_X_DOWN: "DRB",
  RIGHT_HAND_Y_UP: "RUB",
  RIGHT_HAND_Y_DOWN: "RDF",
  RIGHT_HAND_Z_UP: "RFU",
  RIGHT_HAND_Z_DOWN: "RBD",
  LEFT_HAND_X_UP: "URB",
  LEFT_HAND_X_DOWN: "DRF",
  LEFT_HAND_Y_UP: "RUF",
  LEFT_HAND_Y_DOWN: "RDB",
  LEFT_HAND_Z_UP: "RBU",
  LEFT_HAND_Z_DOWN: "RFD",
};

/** All 48 systems by code, and the usual ones by name. */
export type Statics = {
  readonly [K in ViewCoordinatesCode | ViewCoordinatesName]: Archetype;
};

/** Handedness, and the axis that points up or down. */
export type ViewCoordinatesName = `${"RIGHT" | "LEFT"}_HAND_${"X" | "Y" | "Z"}_${"UP" | "DOWN"}`;

/** Makes the ready-made values. */
export function statics(definition: {
  readonly fields: { readonly xyz: ComponentDescriptor };
}): Statics {
  const make = (code: ViewCoordinatesCode): Archetype =>
    new ArchetypeInstance("rerun.archetypes.ViewCoordinates", [
      viewCoordinatesBatch(definition.fields.xyz, code),
    ]);
  const presets: Record<string, Archetype> = {};
  const lazily = (name: string, code: ViewCoordinatesCode): void => {
    let made: Archetype | undefined;
    Object.defineProperty(presets, name, { enumerable: true, get: () => (made ??= make(code)) });
  };
  for (const vertical of ["U", "D"] as const) {
    for (const sideways of ["R", "L"] as const) {
      for (const along of ["F", "B"] as const) {
        for (const code of permutations(vertical, sideways, along)) lazily(code, code);
      }
    }
  }
  for (const [name, code] of Object.entries(NAMED)) lazily(name, code);
  return presets as Statics;
}

function permutations(v: "U" | "D", s: "R" | "L", a: "F" | "B"): ViewCoordinatesCode[] {
  return [
    `${v}${s}${a}`,
    `${v}${a}${s}`,
    `${s}${v}${a}`,
    `${s}${a}${v}`,
    `${a}${v}${s}`,
    `${a}${s}${v}`,
  ];
}
