export * from "./archetypes/index.ts";
export {
  Blueprint,
  type BlueprintOptions,
  type BlueprintPart,
} from "./blueprint.ts";
export {
  type Container,
  type ContainerArguments,
  type ContainerOptions,
  type Content,
  Grid,
  type GridOptions,
  Horizontal,
  type HorizontalOptions,
  Tabs,
  type TabsOptions,
  Vertical,
  type VerticalOptions,
} from "./containers.ts";
export { encodeBlueprint } from "./encode-blueprint.ts";
export type {
  BlueprintActivationOptions,
  BlueprintLike,
  BlueprintRow,
  BlueprintRows,
} from "./like.ts";
export { type LoadBlueprintOptions, loadBlueprint } from "./load-blueprint.ts";
export {
  BlueprintPanel,
  type Panel,
  type PanelOptions,
  SelectionPanel,
  TimePanel,
  type TimePanelOptions,
  TopPanel,
} from "./panels.ts";
export type { PropertyInput, View, ViewOptions, ViewProperty } from "./view.ts";
export * from "./views/index.ts";
export { type OverrideInput, Visualizer, type VisualizerOptions } from "./visualizer.ts";
