/**
 * Radii are scene units where positive, and ui points where negative: those keep their size on the
 * screen whatever the zoom.
 */
export const Radius = {
  /** A radius in ui points, which are pixels on a screen without scaling. */
  uiPoints: (points: number): number => -Math.abs(points),
  /** A radius in units of the scene. */
  sceneUnits: (units: number): number => Math.abs(units),
} as const;
