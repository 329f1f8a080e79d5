// The messages that a hub and its browsers exchange, as docs/protocol.md and docs/protocol.cddl say.
// Reading them is in protocol-reader.ts.

/** The WebSocket subprotocol; its version is that of the whole protocol. */
export const SUBPROTOCOL = "rerun-rx.v1";

/** Version in both `hello` messages. */
export const PROTOCOL_VERSION = 1;

/** Path of the WebSocket on a hub. */
export const SOCKET_PATH = "/ws";

/** Why a hub closes a connection. RFC 6455's own codes are used where they say it. */
export const CLOSE_CODE = {
  /** The other side is done. */
  normal: 1000,
  /** The hub ends; a `bye` came before. */
  goingAway: 1001,
  /** A text message came. */
  unsupportedData: 1003,
  /** A message was larger than the hub takes. */
  tooBig: 1009,
  /** Not plain CBOR, or not a message of this protocol, or not now. */
  badMessage: 4400,
  /** The token is missing or wrong. */
  unauthorized: 4401,
  /** The version or the role is not one that the hub speaks. */
  unsupported: 4406,
  /** No `hello`, or no sign of life while data waits. */
  timeout: 4408,
  /** Too many messages in too short a time. */
  tooMany: 4429,
} as const;

/** What the hub says in `error` before it closes; the names of {@link CLOSE_CODE}'s own codes. */
export type ProtocolErrorCode =
  | "unsupported-data"
  | "bad-message"
  | "unauthorized"
  | "unsupported"
  | "timeout"
  | "too-many";

/** First message of the hub. */
export interface ServerHello {
  readonly type: "hello";
  readonly version: number;
  /** Identifies one run of a hub: sequence numbers hold within it. */
  readonly session: string;
  readonly server: { readonly name: string; readonly version: string };
  /** Version of the Rerun format that flows, such as `0.33.0`. */
  readonly rerun: string;
  /** The 12 bytes that have to stand before frames to make them a stream. */
  readonly header: Uint8Array;
  /** Sequence number that the next logged message will get: what is below is history. */
  readonly next: number;
  /** Most bytes of frames that the hub sends ahead of acknowledgements. */
  readonly window: number;
}

/** Data: whole RRD messages, in order. */
export interface FrameMessages {
  readonly type: "messages";
  /** Sequence number of the first frame. */
  readonly seq: number;
  /** Sequence number to go on from once these are handled. Numbers may be left out in between. */
  readonly next: number;
  /** Bytes of each frame. */
  readonly sizes: readonly number[];
  /** The frames, one after the other: 16-byte message header and protobuf each. */
  readonly frames: Uint8Array;
}

/** The browser was too slow: this many messages were left out since it connected. */
export interface DroppedNotice {
  readonly type: "dropped";
  readonly messages: number;
}

/** Something for the viewer to do. Times are nanoseconds, or sequence numbers. */
export type ViewerCommand =
  | { readonly action: "set-recording"; readonly recordingId: string }
  | { readonly action: "set-timeline"; readonly recordingId: string; readonly timeline: string }
  | {
      readonly action: "set-time";
      readonly recordingId: string;
      readonly timeline: string;
      readonly time: number;
    }
  | { readonly action: "play" | "pause"; readonly recordingId: string }
  | { readonly action: "open" | "close"; readonly url: string }
  | {
      readonly action: "set-panel";
      readonly panel: "top" | "blueprint" | "selection" | "time";
      readonly state: "hidden" | "collapsed" | "expanded";
    };

/** A command on its way. */
export interface CommandMessage {
  readonly type: "command";
  readonly command: ViewerCommand;
}

/** Why the hub closes this connection. */
export interface ErrorMessage {
  readonly type: "error";
  readonly code: ProtocolErrorCode;
  readonly message: string;
}

/** The hub ends in an orderly way: everything before was all there is. */
export interface ByeMessage {
  readonly type: "bye";
  readonly reason: string;
}

/** What a hub sends. A browser ignores types that it does not know. */
export type ServerMessage =
  | ServerHello
  | FrameMessages
  | DroppedNotice
  | CommandMessage
  | ErrorMessage
  | ByeMessage;

/** First message of a browser, the answer to {@link ServerHello}. */
export interface ClientHello {
  readonly type: "hello";
  readonly version: number;
  readonly role: "viewer";
  /** What a former connection had: goes on there, if the hub still is the same. */
  readonly resume?: { readonly session: string; readonly seq: number };
  readonly token?: string;
}

/** Progress. A browser that holds back sends the same numbers again from time to time, to show that it lives. */
export interface AckMessage {
  readonly type: "ack";
  /** Everything below this sequence number is handled. */
  readonly seq: number;
  /** Bytes of frames handled on this connection, in all. */
  readonly bytes: number;
}

interface ViewerEventBase {
  readonly applicationId: string;
  readonly recordingId: string;
}

/** One item of a selection in the viewer. */
export type SelectionItem =
  | {
      readonly type: "entity";
      readonly entityPath: string;
      readonly instanceId?: number;
      readonly viewName?: string;
      readonly position?: readonly [number, number, number];
    }
  | { readonly type: "view"; readonly viewId: string; readonly viewName: string }
  | { readonly type: "container"; readonly containerId: string; readonly containerName: string };

/** What a person did in a viewer. Names are those of the Rerun web viewer; times are nanoseconds, or sequence numbers. */
export type ViewerEvent =
  | (ViewerEventBase & { readonly type: "play" | "pause" })
  | (ViewerEventBase & { readonly type: "time_update"; readonly time: number })
  | (ViewerEventBase & {
      readonly type: "timeline_change";
      readonly timeline: string;
      readonly time: number;
    })
  | (ViewerEventBase & {
      readonly type: "selection_change";
      readonly items: readonly SelectionItem[];
    })
  | (ViewerEventBase & {
      readonly type: "recording_open";
      readonly source: string;
      readonly version?: string;
    });

/** An event on its way. */
export interface ViewerEventMessage {
  readonly type: "viewer-event";
  readonly event: ViewerEvent;
}

/** What a browser sends. A hub refuses types that it does not know. */
export type ClientMessage = ClientHello | AckMessage | ViewerEventMessage;
