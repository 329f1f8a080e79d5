import { expect } from "chai";
import { BATCH_PRESETS, RecordingStream, Scalars } from "../../lib/index.ts";
import type { Hub } from "../../lib/node/hub.ts";
import { memory } from "../../sinks/memory.ts";
import { framesOf, GrpcPeer, type GrpcPeerCall, writeRequest } from "./grpc-peer.ts";
import { HubClient } from "./hub-client.ts";

/** A program that logs, and those who read it, all the time. */
export class HealthyPair {
  readonly #peers: GrpcPeer[];
  readonly #call: GrpcPeerCall;
  readonly #reader: GrpcPeerCall;
  readonly #browser: HubClient;
  readonly #timer: NodeJS.Timeout;
  #sent: Buffer[] = [];

  private constructor(peers: GrpcPeer[], browser: HubClient) {
    this.#peers = peers;
    this.#call = (peers[0] as GrpcPeer).call("WriteMessages");
    this.#reader = (peers[1] as GrpcPeer).read();
    this.#browser = browser;
    const rec = new RecordingStream("healthy", {
      recordingId: "healthy",
      sendProperties: false,
      batch: BATCH_PRESETS.always,
    });
    const sink = memory();
    rec.attach(sink);
    let i = 0;
    this.#timer = setInterval(() => {
      rec.log("plot", Scalars(i++));
      for (const frame of framesOf(sink.drain())) {
        this.#sent.push(Buffer.from(frame));
        this.#call.send(writeRequest(frame));
      }
    }, 1);
  }

  static async start(hub: Hub): Promise<HealthyPair> {
    const peers = [await GrpcPeer.connect(hub.port), await GrpcPeer.connect(hub.port)];
    return new HealthyPair(peers, await HubClient.connect(hub.port));
  }

  /** Nothing is lost, nothing is damaged, all in order, for both who read. */
  async expectEverything(): Promise<void> {
    clearInterval(this.#timer);
    this.#call.stream.end();
    expect((await this.#call.end).status).to.equal(0);
    expect(this.#sent.length).to.be.greaterThan(100);
    const mine = new Set(this.#sent.map((frame) => frame.toString("base64")));
    const got = (frames: readonly Uint8Array[]): string[] =>
      frames.map((f) => Buffer.from(f).toString("base64")).filter((text) => mine.has(text));
    const last = this.#sent.at(-1) as Buffer;
    await this.#reader.until(() => this.#reader.frames.some((frame) => last.equals(frame)));
    await this.#browser.until(() => this.#browser.frames.some((frame) => last.equals(frame)));
    expect(got(this.#reader.frames)).to.deep.equal([...mine]);
    expect(got(this.#browser.frames)).to.deep.equal([...mine]);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const peer of this.#peers) peer.close();
    this.#browser.socket.terminate();
  }
}
