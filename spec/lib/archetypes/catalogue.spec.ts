import { expect } from "chai";
import type { ArchetypeStatics } from "../../../lib/archetypes/index.ts";
import * as rr from "../../../lib/archetypes/index.ts";
import type { DataType } from "../../../lib/arrow/data-type.ts";
import * as rrb from "../../../lib/blueprint/index.ts";
import * as types from "../../../lib/catalogue/index.ts";
import type { ComponentDescriptor } from "../../../lib/component-batch.ts";
import type { ArrowField, ArrowType } from "../../../scripts/catalogue/read-catalogue.ts";
import {
  camelCase,
  kebabCase,
  readCatalogue,
  shortName,
} from "../../../scripts/catalogue/read-catalogue.ts";

const catalogue = readCatalogue();
const archetypes = Object.entries(catalogue.archetypes);
type Exports = Readonly<Record<string, ArchetypeStatics<Record<string, unknown>>>>;
/** What is exported for recordings, and for blueprints. */
const exported = { recording: rr as unknown as Exports, blueprint: rrb as unknown as Exports };

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
  it("has all 49 of recordings and all 37 of blueprints", () => {
    const counts = { recording: 0, blueprint: 0 };
    for (const [name, { scope }] of archetypes) {
      const kind = scope ?? "recording";
      counts[kind]++;
      expect(exported[kind]).to.have.property(shortName(name));
    }
    expect(counts).to.deep.equal({ recording: 49, blueprint: 37 });
  });

  for (const [name, archetype] of archetypes) {
    const factory = exported[archetype.scope ?? "recording"][shortName(name)];
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
      if (values !== undefined) {
        expect(exported[scope ?? "recording"][shortName(name)], name).to.deep.equal(values);
      }
    }
  });

  it("has the 11 views, with their classes and properties", () => {
    const views = Object.entries(catalogue.views);
    const exportedViews = rrb as unknown as Readonly<Record<string, typeof rrb.Spatial2DView>>;
    expect(views).to.have.lengthOf(11);
    for (const [name, { class_identifier: viewClass, properties }] of views) {
      const make = exportedViews[shortName(name)] as typeof rrb.Spatial2DView;
      const view = make();
      expect(view.viewClass).to.equal(viewClass);
      expect(view.properties).to.deep.equal([]);
      for (const { name: property, archetype, path } of properties) {
        const factory = exported.blueprint[shortName(archetype)];
        const cleared = factory?.clearFields();
        const given = make({ [camelCase(property)]: cleared });
        expect(given.properties).to.deep.equal([{ path, archetype: cleared }]);
        expect(cleared?.archetype).to.equal(archetype);
      }
    }
  });

  it("names files in kebab-case", () => {
    expect(kebabCase("LineStrips2D")).to.equal("line-strips2d");
    expect(kebabCase("TransformAxes3D")).to.equal("transform-axes3d");
  });
});

describe("the components are those of the catalogue", () => {
  const components = Object.entries(catalogue.components);
  const made = types as unknown as Readonly<Record<string, types.ComponentType<unknown>>>;

  it("has all 134, each with its name and Arrow type", () => {
    expect(components).to.have.lengthOf(134);
    for (const [name, { arrow }] of components) {
      const component = made[shortName(name)];
      expect(component?.componentType).to.equal(name);
      expect(component && described(component.type), name).to.deep.equal(arrow);
    }
  });

  it("has no others", () => {
    const names = components.map(([name]) => shortName(name));
    expect(Object.keys(types).toSorted()).to.deep.equal([...names, "datatypes"].toSorted());
  });
});

describe("the datatypes are those of the catalogue", () => {
  it("has all 59, each with its Arrow type, and no others", () => {
    const datatypes = Object.entries(catalogue.datatypes);
    expect(datatypes).to.have.lengthOf(59);
    expect(Object.keys(types.datatypes).toSorted()).to.deep.equal(
      datatypes.map(([name]) => shortName(name)).toSorted(),
    );
    for (const [name, { arrow }] of datatypes) {
      expect(described(types.datatypes[shortName(name) as types.DatatypeName]), name).to.deep.equal(
        arrow,
      );
    }
  });
});

describe("the walk over the catalogue", () => {
  const { Points3D } = rr;

  it("finds a name, a nullability, a length or a type that differs", () => {
    const vectors = described(Points3D.fields.positions.type) as { fixed_size_list: ArrowField };
    const { fixed_size_list: item } = vectors;
    expect(vectors).to.deep.equal(catalogue.components["rerun.components.Position3D"]?.arrow);
    for (const other of [
      { fixed_size_list: { ...item, name: "element" }, size: 3 },
      { fixed_size_list: { ...item, nullable: true }, size: 3 },
      { fixed_size_list: { ...item, type: "float64" }, size: 3 },
      { fixed_size_list: item, size: 2 },
    ])
      expect(vectors).not.to.deep.equal(other);
  });
});
