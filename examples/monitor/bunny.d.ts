/** The Stanford bunny, scanned 1993–94 at the Stanford Computer Graphics Laboratory; y points up. */
declare module "bunny" {
  const bunny: {
    readonly positions: readonly (readonly [number, number, number])[];
    /** Corners of the triangles, counter-clockwise seen from outside. */
    readonly cells: readonly (readonly [number, number, number])[];
  };
  export default bunny;
}
