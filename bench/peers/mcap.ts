import { type FileHandle, open } from "node:fs/promises";
import { McapWriter } from "@mcap/core";
import { type Amount, timed } from "../harness/timed.ts";
import type { CaseInput, Run } from "../harness/workload.ts";

/** As `FileHandleWritable` of `@mcap/nodejs`. */
class FileWritable {
  readonly #handle: FileHandle;
  #position = 0n;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const { bytesWritten } = await this.#handle.write(bytes);
    this.#position += BigInt(bytesWritten);
  }

  position(): bigint {
    return this.#position;
  }
}

/** Adds a message to a channel; wait for the promise before the next call. */
export type AddMessage = (channel: number, sequence: number, data: Uint8Array) => Promise<void>;

/** Times the writing of messages, without compression and with the default chunks of 1 MiB, until the file is closed. */
export function mcap(
  { file }: CaseInput,
  amount: Amount,
  topics: readonly string[],
  encoding: "json" | "raw",
  body: (add: AddMessage) => Promise<void>,
): Run {
  return async () => {
    const handle = await open(file, "w");
    const writer = new McapWriter({ writable: new FileWritable(handle) });
    await writer.start({ profile: "", library: "bench" });
    const schemaId =
      encoding === "raw"
        ? 0
        : await writer.registerSchema({
            name: "bench",
            encoding: "jsonschema",
            data: new TextEncoder().encode("{}"),
          });
    const channels: number[] = [];
    for (const topic of topics) {
      channels.push(
        await writer.registerChannel({
          topic,
          schemaId,
          messageEncoding: encoding,
          metadata: new Map(),
        }),
      );
    }
    const add: AddMessage = (channel, sequence, data) => {
      const logTime = BigInt(Date.now()) * 1_000_000n;
      return writer.addMessage({
        channelId: channels[channel] as number,
        sequence,
        logTime,
        publishTime: logTime,
        data,
      });
    };
    return await timed(amount, async () => {
      await body(add);
      await writer.end();
      await handle.close();
    });
  };
}
