import { existsSync, readdirSync, readFileSync } from "node:fs";
import { decodeRrd } from "./decode-rrd.ts";
import { MessageTexts, seenIn } from "./message-texts.ts";
import type { TempDir } from "./use-temp-dir.ts";

/** What became of a file: `text` is a message, `|` its end, `deleted` that it is gone. */
export type FileEvent = (name: string, text: string) => void;

interface Watched {
  readonly texts: MessageTexts;
  messages: number;
  isComplete: boolean;
}

/** Looks what files hold while they are written, with a reader of its own. */
export class FileLines {
  readonly #dir: TempDir;
  readonly #tell: FileEvent;
  readonly #files = new Map<string, Watched>();

  constructor(dir: TempDir, tell: FileEvent) {
    this.#dir = dir;
    this.#tell = tell;
  }

  /** Tells what is new since the last look. */
  look(): void {
    for (const name of readdirSync(this.#dir.path).toSorted()) this.#read(name);
    for (const name of this.#files.keys()) {
      if (existsSync(this.#dir.file(name))) continue;
      this.#files.delete(name);
      this.#tell(name, "deleted");
    }
  }

  #read(name: string): void {
    const file = this.#files.get(name) ?? {
      texts: new MessageTexts(),
      messages: 0,
      isComplete: false,
    };
    this.#files.set(name, file);
    // It stays as it is, until it is deleted; and only then it is.
    if (file.isComplete) return;
    const { messages, streams } = decodeRrd(readFileSync(this.#dir.file(name)));
    for (const message of messages.slice(file.messages)) {
      const text = file.texts.next(seenIn(message));
      if (text !== undefined) this.#tell(name, text);
    }
    file.messages = messages.length;
    file.isComplete = streams.at(-1)?.footer !== undefined;
    if (file.isComplete) this.#tell(name, "|");
  }
}
