import type { DataframeQueryFields } from "../dataframe-query.ts";

/** The arguments of a call as fields: what is off is said, as by the official SDK. */
export function fieldsOf(fields: DataframeQueryFields = {}): DataframeQueryFields {
  const { applyLatestAt = false, autoScroll = false } = fields;
  return { ...fields, applyLatestAt, autoScroll };
}
