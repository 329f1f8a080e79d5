import type { BlueprintActivation, LogMsg, StoreId } from "./log-msg.ts";

/** What an application's viewers show: the blueprint that is active, and the one that "reset" brings back. */
interface Roles {
  active?: string;
  byDefault?: string;
  /** The latest one that is neither. */
  other?: string;
}

/** Tells blueprints apart; undefined for recordings. */
export function blueprintKey({ kind, applicationId, recordingId }: StoreId): string | undefined {
  return kind === "blueprint" ? `${applicationId}\n${recordingId}` : undefined;
}

/**
 * Knows which blueprint of each application is active and which the default one, and with that which are superfluous:
 * those that were activated once, and have neither place any more.
 */
export class BlueprintRoles {
  readonly #roles = new Map<string, Roles>();

  /** Keys of the blueprints that are superfluous after this message. */
  endedBy(message: LogMsg): readonly string[] {
    return message.kind === "blueprint-activation" ? this.activate(message) : [];
  }

  /** Keys of the blueprints that are superfluous after this activation. */
  activate({
    storeId,
    makeActive,
    makeDefault,
  }: Pick<BlueprintActivation, "storeId" | "makeActive" | "makeDefault">): readonly string[] {
    const key = blueprintKey(storeId);
    if (key === undefined) return [];
    const roles = this.#roles.get(storeId.applicationId) ?? {};
    const before = new Set<string>(Object.values(roles));
    this.#roles.set(storeId.applicationId, roles);
    if (makeActive) roles.active = key;
    if (makeDefault) roles.byDefault = key;
    if (!makeActive && !makeDefault) roles.other = key;
    for (const place of Object.values(roles) as string[]) before.delete(place);
    return [...before];
  }
}
