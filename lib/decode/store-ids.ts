import type { StoreId } from "../log-msg.ts";
import type { Envelope } from "./envelope.ts";

/**
 * The stores of one stream: gives messages of one store the same id object, and those of writers before 0.25, which
 * leave the application out, the application that an earlier store info names.
 */
export class StoreIds {
  readonly #ids = new Map<string, StoreId>();
  readonly #applications = new Map<string, string>();
  /** By object as well: messages of one store in a row come with the same. */
  #last: { readonly given: StoreId; readonly id: StoreId } | undefined;

  /** The same message with the id to be used; undefined when its application was never named. */
  resolve<T extends Envelope>(envelope: T): T | undefined {
    const { storeId } = envelope;
    if (storeId === this.#last?.given) {
      const { id } = this.#last;
      return id === storeId ? envelope : { ...envelope, storeId: id };
    }
    const { kind, recordingId } = storeId;
    let { applicationId } = storeId;
    if (applicationId === "") {
      const named = this.#applications.get(`${kind}\n${recordingId}`);
      if (named === undefined) return undefined;
      applicationId = named;
    } else if (envelope.kind === "set-store-info") {
      this.#applications.set(`${kind}\n${recordingId}`, applicationId);
    }
    const id = this.#idOf(kind, applicationId, recordingId);
    if (storeId.applicationId !== "") this.#last = { given: storeId, id };
    return id === storeId ? envelope : { ...envelope, storeId: id };
  }

  #idOf(kind: StoreId["kind"], applicationId: string, recordingId: string): StoreId {
    const key = JSON.stringify([kind, applicationId, recordingId]);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = Object.freeze({ kind, applicationId, recordingId });
      this.#ids.set(key, id);
    }
    return id;
  }
}
