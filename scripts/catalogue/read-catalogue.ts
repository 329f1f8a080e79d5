import { readFileSync } from "node:fs";

/** An Arrow type as the catalogue writes it. */
export type ArrowType =
  | string
  | { readonly list: ArrowField }
  | { readonly fixed_size_list: ArrowField; readonly size: number }
  | { readonly struct: readonly ArrowField[] }
  | { readonly dense_union: readonly ArrowField[] };

export interface ArrowField {
  readonly name: string;
  readonly type: ArrowType;
  readonly nullable: boolean;
}

export interface CatalogueField {
  readonly name: string;
  readonly identifier: string;
  readonly component_type: string;
  readonly requirement: "required" | "recommended" | "optional";
  readonly plural: boolean;
}

export interface CatalogueArchetype {
  readonly short_name: string;
  readonly scope: Scope;
  readonly state: "stable" | "unstable";
  readonly visualizer: string | null;
  readonly viewer_visualizer?: string;
  readonly views: readonly { readonly view: string; readonly when?: string }[];
  readonly fields: readonly CatalogueField[];
}

export interface CatalogueComponent {
  readonly arrow: ArrowType;
  readonly datatype: string | null;
  readonly is_enum: boolean;
  readonly enum_values?: Readonly<Record<string, number>>;
  readonly enum_default?: string | null;
  readonly scope?: "blueprint";
}

export interface CatalogueDatatype {
  readonly kind: "struct" | "enum" | "union" | "alias";
  readonly arrow: ArrowType;
  readonly enum_values?: Readonly<Record<string, number>>;
  readonly enum_default?: string | null;
  readonly scope?: "blueprint";
}

export interface CatalogueView {
  readonly class_identifier: string;
  readonly properties: readonly {
    readonly name: string;
    readonly archetype: string;
    /** Below the entity of the view. */
    readonly path: string;
  }[];
}

/** Rerun's types: names, fields, Arrow types, enumeration numbers. */
export interface Catalogue {
  readonly rerun_version: string;
  readonly archetypes: Readonly<Record<string, CatalogueArchetype>>;
  readonly components: Readonly<Record<string, CatalogueComponent>>;
  readonly datatypes: Readonly<Record<string, CatalogueDatatype>>;
  readonly views: Readonly<Record<string, CatalogueView>>;
}

/** Types for everyone, or for blueprints alone. */
export type Scope = "blueprint" | null;

export function readCatalogue(): Catalogue {
  const url = new URL("types-0.33.json", import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as Catalogue;
}

/** Last part of a dotted name. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** `LineStrips2D` → `line-strips2d`. */
export function kebabCase(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase();
}

/** `class_ids` → `classIds`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
