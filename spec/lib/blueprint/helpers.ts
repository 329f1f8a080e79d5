import {
  type BlueprintLike,
  type BlueprintRow,
  ViewportBlueprint,
} from "../../../lib/blueprint/index.ts";
import type { ComponentBatch } from "../../../lib/component-batch.ts";
import type { LogMsg } from "../../../lib/log-msg.ts";
import { batchValues } from "../components/arrow-values.ts";

/** A row in short: entity path without ids, then each component with its values. */
export function rowInShort({ entityPath, batches, isStatic }: BlueprintRow): string {
  const values = batches.map((batch) => {
    const name = batch.descriptor.component.split(":")[1] ?? "";
    if (batch.descriptor.type === UUID) return `${name}=${batch.length} ids`;
    return `${name}=${shown(batch).replace(ID, "ID")}`;
  });
  return [isStatic ? "static" : "", entityPath.replace(ID, "ID"), ...values].join(" ").trim();
}

const UUID = ViewportBlueprint.fields.rootContainer.type;

function shown(batch: ComponentBatch): string {
  return JSON.stringify(batchValues(batch), (_, value: unknown) =>
    typeof value === "bigint" ? Number(value) : value,
  );
}

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** All rows in short. */
export function rowsInShort(blueprint: BlueprintLike): readonly string[] {
  return blueprint.toRows().rows.map(rowInShort);
}

/** The entity paths of a blueprint, with ids. */
export function pathsOf(blueprint: BlueprintLike, seed?: string): readonly string[] {
  return blueprint.toRows(seed).rows.map(({ entityPath }) => entityPath);
}

/** Messages of blueprints in short: store, and what of it. */
export function blueprintMessages(messages: readonly LogMsg[]): readonly string[] {
  return messages
    .filter(({ storeId }) => storeId.kind === "blueprint")
    .map((message) => {
      if (message.kind === "chunk") return message.chunk.entityPath.replace(ID, "ID");
      if (message.kind === "set-store-info") return "info";
      return `${message.makeActive ? "active" : ""} ${message.makeDefault ? "default" : ""}`.trim();
    });
}
