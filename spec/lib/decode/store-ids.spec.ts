import { expect } from "chai";
import type { Envelope } from "../../../lib/decode/envelope.ts";
import { StoreIds } from "../../../lib/decode/store-ids.ts";
import type { StoreId } from "../../../lib/log-msg.ts";
import { Tuid } from "../../../lib/tuid.ts";

const idOf = (applicationId: string, recordingId = "rec"): StoreId => ({
  kind: "recording",
  applicationId,
  recordingId,
});

const info = (storeId: StoreId): Envelope => ({
  kind: "set-store-info",
  storeId,
  rowId: new Tuid(1, 2, 3, 4),
  origin: { kind: 2, extra: new Uint8Array() },
  versionBits: undefined,
});

const data = (storeId: StoreId): Envelope => ({
  kind: "arrow-msg",
  storeId,
  chunkId: undefined,
  isStatic: undefined,
  compression: "none",
  uncompressedSize: 0,
  payload: new Uint8Array(),
});

describe("StoreIds", () => {
  it("gives messages of one store the same id object", () => {
    const stores = new StoreIds();
    const first = stores.resolve(info(idOf("app")))?.storeId;
    expect(stores.resolve(data(idOf("app")))?.storeId).to.equal(first);
    expect(stores.resolve(data(idOf("other")))?.storeId).to.not.equal(first);
    expect(stores.resolve(data(idOf("app")))?.storeId).to.equal(first);
  });

  it("finds the application of an older writer's messages in the store info before them", () => {
    const stores = new StoreIds();
    expect(stores.resolve(data(idOf("")))).to.equal(undefined);
    stores.resolve(info(idOf("app")));
    stores.resolve(info(idOf("app2", "rec2")));
    expect(stores.resolve(data(idOf("")))?.storeId).to.deep.equal(idOf("app"));
    expect(stores.resolve(data(idOf("", "rec2")))?.storeId).to.deep.equal(idOf("app2", "rec2"));
    expect(stores.resolve(data(idOf("", "rec3")))).to.equal(undefined);
  });
});
