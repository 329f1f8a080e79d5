import type { ViewerEvent as RawEvent, SelectionChangeItem } from "@rerun-io/web-viewer";
import type { SelectionItem, ViewerEvent } from "../protocol.ts";

/** Turns an event of the web viewer into the protocol's: the same, in camel case. */
export function toViewerEvent(raw: RawEvent): ViewerEvent {
  const base = { applicationId: raw.application_id, recordingId: raw.recording_id };
  switch (raw.type) {
    case "play":
    case "pause":
      return { type: raw.type, ...base };
    case "time_update":
      return { type: raw.type, ...base, time: raw.time };
    case "timeline_change":
      return { type: raw.type, ...base, timeline: raw.timeline, time: raw.time };
    case "selection_change":
      return { type: raw.type, ...base, items: raw.items.slice(0, 1000).map(toSelectionItem) };
    case "recording_open":
      return {
        type: raw.type,
        ...base,
        source: raw.source,
        ...(raw.version == null ? {} : { version: raw.version }),
      };
  }
}

function toSelectionItem(item: SelectionChangeItem): SelectionItem {
  switch (item.type) {
    case "entity":
      // The viewer writes null for what does not apply.
      return {
        type: item.type,
        entityPath: item.entity_path,
        ...(item.instance_id == null ? {} : { instanceId: item.instance_id }),
        ...(item.view_name == null ? {} : { viewName: item.view_name }),
        ...(item.position == null ? {} : { position: item.position }),
      };
    case "view":
      return { type: item.type, viewId: item.view_id, viewName: item.view_name };
    case "container":
      return {
        type: item.type,
        containerId: item.container_id,
        containerName: item.container_name,
      };
  }
}

/** Lets the first call through, and of those that follow within `intervalMs` the last. */
export function throttle<T>(intervalMs: number, send: (value: T) => void): (value: T) => void {
  let waiting: { value: T } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tick = (): void => {
    timer = undefined;
    if (waiting === undefined) return;
    const { value } = waiting;
    waiting = undefined;
    timer = setTimeout(tick, intervalMs);
    send(value);
  };
  return (value) => {
    waiting = { value };
    if (timer === undefined) tick();
  };
}
