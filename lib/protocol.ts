// The messages that a hub exchanges with browsers that show and programs that log, as docs/protocol.md and
// docs/protocol.cddl say.
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
  /** No `hello`, or no sign of life. */
  timeout: 4408,
  /** Too many messages in too short a time. */
  tooMany: 4429,
  /** The hub holds as much static data as it may, or too many large messages arrive at the same time. */
  full: 4507,
} as const;

/** What the hub says in `error` before it closes; the names of {@link CLOSE_CODE}'s own codes. */
export type ProtocolErrorCode =
  | "unsupported-data"
  | "bad-message"
  | "unauthorized"
  | "unsupported"
  | "timeout"
  | "too-many"
  | "full";

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
  /** Most bytes of frames that either side sends ahead of acknowledgements. */
  readonly window: number;
  /** Largest message that the hub takes. */
  readonly maxMessage: number;
  /** At least this often the hub says something, in milliseconds. Older hubs do not say so, and may be silent. */
  readonly alive?: number;
}

/** The hub lives; sent when it has nothing else to say, and before a large message. */
export interface AliveMessage {
  readonly type: "alive";
  /** Bytes of the message that comes next, if it is a large one: nothing is heard until all of it is there. */
  readonly next?: number;
}

/** Data: whole RRD messages, in order. */
export interface FrameMessages {
  readonly type: "messages";
  /** Sequence number of the first frame. */
  readonly seq: number;
  /** Sequence number to go on from once these are handled. Numbers may be left out in between. */
  readonly next: number;
  /** Newest first alone: history below this number is still to come, 0 when there is none. Default 0. */
  readonly back?: number;
  /** Bytes of each frame. */
  readonly sizes: readonly number[];
  /** The frames, one after the other: 16-byte message header and protobuf each. */
  readonly frames: Uint8Array;
}

/** This many messages were left out on this connection: gone before it resumed, or it was too slow for them. */
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

/** What the hub has of a producer's data. */
export interface TakenMessage {
  readonly type: "taken";
  /** Whole frames taken in on this connection. */
  readonly frames: number;
  /** Bytes taken in on this connection, those of frames that are not complete included. */
  readonly bytes: number;
  /** Of the frames those that nobody could read, and that were left out. */
  readonly refused: number;
}

/** What a hub sends. Others ignore types that they do not know. */
export type ServerMessage =
  | ServerHello
  | AliveMessage
  | FrameMessages
  | TakenMessage
  | DroppedNotice
  | CommandMessage
  | ErrorMessage
  | ByeMessage;

/** What a viewer wants of the data. Fields that are absent ask for all. */
export interface Subscription {
  /** Kinds of stores. */
  readonly stores?: readonly ("recording" | "blueprint")[];
  /** Ids of recordings; says nothing about blueprints. */
  readonly recordings?: readonly string[];
  /**
   * Entity paths, with what is below them, such as `/camera`; says nothing about blueprints, nor about properties of
   * the recording, which are below `/__properties`.
   */
  readonly entities?: readonly string[];
}

/** What a former connection had. */
export interface ResumePoint {
  readonly session: string;
  /** `next` of the last batch. */
  readonly seq: number;
  /** `back` of the last batch. */
  readonly back?: number;
}

/** First message to a hub, the answer to {@link ServerHello}. */
export interface ClientHello {
  readonly type: "hello";
  readonly version: number;
  /** `viewer` shows data, `producer` logs. */
  readonly role: "viewer" | "producer";
  /** For viewers: goes on where a former connection was, if the hub still is the same. */
  readonly resume?: ResumePoint;
  /** For viewers: what to send; default everything. */
  readonly subscribe?: Subscription;
  readonly token?: string;
}

/**
 * Data of a producer: the next bytes of a stream of RRD messages, header of 16 bytes each, cut anywhere. The header of
 * the whole stream is left out.
 */
export interface DataMessage {
  readonly type: "data";
  readonly bytes: Uint8Array;
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

/** What browsers and producers send. A hub refuses types that it does not know. */
export type ClientMessage = ClientHello | AckMessage | ViewerEventMessage | DataMessage;
