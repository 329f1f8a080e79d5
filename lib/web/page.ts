// The page that browsers get from a hub: the Rerun web viewer, fed over a WebSocket.
import { type LogChannel, WebViewer, type WebViewerOptions } from "@rerun-io/web-viewer";
import { SOCKET_PATH, type ViewerCommand, type ViewerEvent } from "../protocol.ts";
import { HubLink } from "./hub-link.ts";
import { Overlay } from "./overlay.ts";
import { throttle, toViewerEvent } from "./viewer-events.ts";
import { ViewerFeed } from "./viewer-feed.ts";

/** Set by the build: version of the viewer that this page was bundled with. */
declare const VIEWER_VERSION: string;

/** Bytes handed to the viewer of a hidden tab: it decodes them, but puts them away only when it draws. */
const HIDDEN_BYTES = 32 * 1024 * 1024;

/** How long the viewer may take to open the first recording. */
const OPEN_MS = 3_000;

const query = new URLSearchParams(location.search);
const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? undefined;

const viewer = new WebViewer();
let channel: LogChannel | undefined;
let dropped = 0;
let hiddenBytes = 0;

const feed = new ViewerFeed({
  send(rrd) {
    if (document.hidden) hiddenBytes += rrd.length;
    channel?.send_rrd(rrd);
  },
  nextTurn(callback) {
    // A hidden tab draws no frames.
    if (document.hidden) setTimeout(callback, 20);
    else requestAnimationFrame(callback);
  },
  opened(callback) {
    let isWaiting = true;
    const goOn = (): void => {
      if (!isWaiting) return;
      isWaiting = false;
      clearTimeout(timer);
      stop();
      callback();
    };
    // Blueprints alone open nothing.
    const timer = setTimeout(goOn, OPEN_MS);
    const stop = viewer.on("recording_open", () => setTimeout(goOn, 0));
  },
  holdBack: () => document.hidden && hiddenBytes > HIDDEN_BYTES,
});

const overlay = new Overlay(document.getElementById("status") as HTMLElement, () => ({
  messages: feed.messages,
  dropped,
}));

const link = new HubLink({
  open: (protocol) => new WebSocket(socketUrl(), protocol) as never,
  token,
  onState: (state) => overlay.set(state),
  onFrames: (frames) => feed.push(frames),
  onCommand: (command) => obey(command),
  onDropped: (messages) => {
    dropped = messages;
  },
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  hiddenBytes = 0;
  feed.wake();
  link.retryNow();
});
window.addEventListener("online", () => link.retryNow());
window.addEventListener("pagehide", (event) => {
  // A page that the browser keeps for "back" goes on when it is shown again.
  if (!event.persisted) link.close();
});

const sendTime = throttle<ViewerEvent>(100, (event) => link.sendEvent(event));
viewer.on("time_update", (event) => sendTime(toViewerEvent(event)));
for (const name of [
  "play",
  "pause",
  "timeline_change",
  "selection_change",
  "recording_open",
] as const) {
  viewer.on(name, (event) => link.sendEvent(toViewerEvent(event)));
}

// For whoever tries things in the console, and for specs.
Object.assign(globalThis, { rerunRx: { viewer, feed, link } });

await startViewer();

async function startViewer(): Promise<void> {
  const theme = query.get("theme");
  const renderer = query.get("renderer");
  const options: WebViewerOptions & { base_url: string } = {
    width: "100%",
    height: "100%",
    hide_welcome_screen: true,
    // Where the viewer looks for its wasm; the hub has it under a name that can be cached for ever.
    base_url: new URL(`/viewer/${VIEWER_VERSION}/`, location.href).href,
    ...(theme === "dark" || theme === "light" || theme === "system" ? { theme } : {}),
    ...(renderer === "webgl" || renderer === "webgpu" ? { render_backend: renderer } : {}),
  };
  // As in the official page: recordings and proxies to open beside what this hub has.
  const urls = query.getAll("url");
  await viewer.start(urls.length === 0 ? null : urls, document.getElementById("viewer"), options);
  channel = viewer.open_channel("rerun-rx");
  feed.ready();
}

function socketUrl(): string {
  const url = new URL(SOCKET_PATH, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  return url.href;
}

/** Does what the program asks; a command that the viewer cannot take is no reason to stop. */
function obey(command: ViewerCommand): void {
  if (!viewer.ready) return;
  try {
    switch (command.action) {
      case "set-recording":
        return viewer.set_active_recording_id(command.recordingId);
      case "set-timeline":
        return viewer.set_active_timeline(command.recordingId, command.timeline);
      case "set-time":
        return viewer.set_current_time(command.recordingId, command.timeline, command.time);
      case "play":
      case "pause":
        return viewer.set_playing(command.recordingId, command.action === "play");
      case "open":
        return viewer.open(command.url);
      case "close":
        return viewer.close(command.url);
      case "set-panel":
        return viewer.override_panel_state(command.panel, command.state);
    }
  } catch (error) {
    console.warn("rerun-rx: the viewer did not take a command:", error);
  }
}
