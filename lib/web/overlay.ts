import type { LinkState } from "./hub-link.ts";

/** What the overlay tells besides the connection. */
export interface OverlayFacts {
  readonly messages: number;
  readonly dropped: number;
}

/** How long good news stays. */
const HIDE_AFTER_MS = 1500;

/**
 * A small line at the lower edge that says how the connection is. It hides while all is well, and lets the
 * mouse through.
 */
export class Overlay {
  readonly #element: HTMLElement;
  readonly #facts: () => OverlayFacts;
  #state: LinkState = { kind: "connecting", ended: false };
  #everLive = false;
  #liveSince = 0;
  #toldDropped = 0;
  #droppedAt = 0;

  constructor(element: HTMLElement, facts: () => OverlayFacts) {
    this.#element = element;
    this.#facts = facts;
    setInterval(() => this.#show(), 500);
    this.#show();
  }

  /** Shows another state of the connection. */
  set(state: LinkState): void {
    if (state.kind === "live") {
      this.#liveSince = Date.now();
      this.#everLive = true;
    }
    this.#state = state;
    this.#show();
  }

  #show(): void {
    const { kind, text, hidden } = this.#describe();
    const element = this.#element;
    // Screen readers are told of what changes, not twice a second of the same.
    if (element.textContent !== text) element.textContent = text;
    element.dataset["kind"] = kind;
    element.classList.toggle("hidden", hidden);
  }

  #describe(): { kind: string; text: string; hidden: boolean } {
    const { messages, dropped } = this.#facts();
    const state = this.#state;
    const count = `${messages.toLocaleString("en")} message${messages === 1 ? "" : "s"}`;
    if ((state.kind === "connecting" || state.kind === "waiting") && state.ended)
      return { kind: "ended", text: `The program has ended · ${count}`, hidden: false };
    switch (state.kind) {
      case "connecting":
        return {
          kind: "busy",
          text: this.#everLive ? "Reconnecting…" : "Connecting…",
          hidden: false,
        };
      case "refused":
        return { kind: "bad", text: `Not allowed to connect: ${state.message}`, hidden: false };
      case "waiting": {
        const seconds = Math.max(1, Math.ceil((state.retryAt - Date.now()) / 1000));
        const text = `Connection lost · again in ${seconds} s · ${count}`;
        return { kind: "bad", text, hidden: false };
      }
      case "live": {
        if (dropped > this.#toldDropped) {
          this.#toldDropped = dropped;
          this.#droppedAt = Date.now();
        }
        if (Date.now() - this.#droppedAt < 4 * HIDE_AFTER_MS)
          return {
            kind: "bad",
            text: `Live · this browser was too slow for ${dropped.toLocaleString("en")} messages`,
            hidden: false,
          };
        const hidden = messages > 0 && Date.now() - this.#liveSince > HIDE_AFTER_MS;
        // While it is hidden it does not count on, as screen readers would read each number.
        const text =
          messages === 0 ? "Live · waiting for data" : hidden ? "Live" : `Live · ${count}`;
        return { kind: "live", text, hidden };
      }
    }
  }
}
