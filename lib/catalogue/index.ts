export type { ComponentType } from "../component-type.ts";
export * from "./components.ts";
export { type DatatypeName, datatypes } from "./datatypes.ts";
