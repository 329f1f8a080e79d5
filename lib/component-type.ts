import type { DataType } from "./arrow/data-type.ts";
import {
  type ComponentBatch,
  type ComponentNames,
  componentDescriptor,
} from "./component-batch.ts";
import type { Converter } from "./components/converter.ts";
import { convert } from "./components/converter.ts";

/** One of Rerun's components: makes batches of it, to be logged under any name. */
export interface ComponentType<Input> {
  /**
   * @param value in every form that archetypes take it
   * @param names the name of the component, such as `"user:heat"`, or all names; default: the name of the type
   * @throws RerunError `invalid-component`
   */
  (value: Input, names?: string | ComponentNames): ComponentBatch;
  /** Such as `rerun.components.Color`. */
  readonly componentType: string;
  /** Arrow type of one instance. */
  readonly type: DataType;
}

/** Makes a {@link ComponentType}. */
export function defineComponent<Input>(
  componentType: string,
  type: DataType,
  converter: (descriptor: never, value: never) => ComponentBatch,
): ComponentType<Input> {
  const make = (value: Input, names: string | ComponentNames = componentType): ComponentBatch => {
    const { archetype, component, ...rest } =
      typeof names === "string" ? { component: names } : names;
    const meaning = "componentType" in rest ? rest.componentType : componentType;
    return convert(
      componentDescriptor(archetype, component, meaning, type),
      converter as Converter,
      value,
    );
  };
  return Object.assign(make, { componentType, type });
}
