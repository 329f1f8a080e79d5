import { expect } from "chai";
import type { ArchetypeStatics } from "../../../lib/archetypes/index.ts";
import * as rr from "../../../lib/archetypes/index.ts";
import type { DataType } from "../../../lib/arrow/data-type.ts";
import type { ComponentDescriptor } from "../../../lib/component-batch.ts";
import type { ArrowField, ArrowType } from "../../../scripts/catalogue/read-catalogue.ts";
import {
  camelCase,
  kebabCase,
  readCatalogue,
  shortName,
} from "../../../scripts/catalogue/read-catalogue.ts";

const catalogue = readCatalogue();
const archetypes = Object.entries(catalogue.archetypes).filter(([, { scope }]) => scope === null);
const exported = rr as unknown as Readonly<
  Record<string, ArchetypeStatics<Record<string, unknown>>>
>;

/** An Arrow type of ours in the words of the catalogue. */
function described(type: DataType): ArrowType {
  const fields = type.children.map(
    (field): ArrowField => ({
      name: field.name,
      type: described(field.type),
      nullable: field.nullable,
    }),
  );
  const [item] = fields;
  switch (type.kind) {
    case "list":
      return { list: item as ArrowField };
    case "fixed-size-list":
      return { fixed_size_list: item as ArrowField, size: type.size };
    case "struct":
      return { struct: fields };
    case "dense-union":
      return { dense_union: fields };
    default:
      return type.kind;
  }
}

describe("the archetypes are those of the catalogue", () => {
  it("has all 49", () => {
    expect(archetypes).to.have.lengthOf(49);
    for (const [name] of archetypes) expect(exported).to.have.property(shortName(name));
  });

  for (const [name, archetype] of archetypes) {
    const factory = exported[shortName(name)];
    it(`${shortName(name)} has its name, fields, identifiers, components and Arrow types`, () => {
      expect(factory?.archetype).to.equal(name);
      const keys = archetype.fields.map(({ name: key }) => camelCase(key));
      expect(Object.keys(factory?.fields ?? {})).to.deep.equal(keys);
      const descriptors: Readonly<Record<string, ComponentDescriptor>> = factory?.fields ?? {};
      for (const field of archetype.fields) {
        const descriptor = descriptors[camelCase(field.name)];
        expect(descriptor?.archetype).to.equal(name);
        expect(descriptor?.component).to.equal(field.identifier);
        expect(descriptor?.componentType).to.equal(field.component_type);
        const { arrow } = catalogue.components[field.component_type] ?? {};
        expect(descriptor && described(descriptor.type)).to.deep.equal(arrow);
      }
    });

    it(`${shortName(name)} knows its visualizer`, () => {
      const expected = archetype.visualizer ?? archetype.viewer_visualizer ?? undefined;
      expect(factory?.visualizer).to.equal(expected);
    });

    it(`${shortName(name)} clears each of its fields by an empty batch`, () => {
      const batches = factory?.clearFields().batches ?? [];
      expect(batches.map((batch) => batch.descriptor)).to.deep.equal(
        Object.values(factory?.fields ?? {}),
      );
      for (const batch of batches) {
        expect(batch.length).to.equal(0);
        expect(batch.array.length).to.equal(0);
      }
    });
  }

  it("has the enumerations with their numbers", () => {
    const groups = [
      ...Object.entries(catalogue.components),
      ...Object.entries(catalogue.datatypes),
    ];
    for (const [name, { enum_values: values, scope }] of groups) {
      if (values !== undefined && scope !== "blueprint") {
        expect(exported[shortName(name)], name).to.deep.equal(values);
      }
    }
  });

  it("names files in kebab-case", () => {
    expect(kebabCase("LineStrips2D")).to.equal("line-strips2d");
    expect(kebabCase("TransformAxes3D")).to.equal("transform-axes3d");
  });
});
