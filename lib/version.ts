/** Version of this package; a spec holds it equal to package.json. */
export const VERSION = "0.1.0";
/** Version of Rerun whose formats and types this package writes. */
export const RERUN_VERSION = "0.33.0";
/** How a recording names its origin; the viewer shows it. */
export const SOURCE: string = `rerun-rx ${VERSION}`;
