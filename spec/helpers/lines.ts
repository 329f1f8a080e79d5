import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A port that leads to another one, over real sockets, until something happens to it. */
export interface Line {
  readonly port: number;
  /** Connections that were made over it so far. */
  readonly connections: number;
  /** Ends all connections; new ones can be made. */
  cut(): void;
  /**
   * Lets nothing more through, either way, and ends nothing: neither side is told. New connections are taken and lead
   * nowhere.
   */
  freeze(): void;
  /** Lets new connections through; the frozen ones stay as they are. */
  thaw(): void;
}

/** Makes lines that end with the test. Call it in the body of `describe`. */
export function useLines(): (to: { readonly port: number }) => Promise<Line> {
  let ends: (() => void)[] = [];
  afterEach("end the lines", () => {
    for (const end of ends) end();
    ends = [];
  });
  return async ({ port }) => {
    const open = new Map<Socket, Socket>();
    const frozen = new Set<Socket>();
    let isFrozen = false;
    let connections = 0;
    const server = createServer((near) => {
      connections++;
      near.on("error", () => undefined);
      if (isFrozen) {
        frozen.add(near);
        return;
      }
      const far = connect(port, "127.0.0.1");
      far.on("error", () => undefined);
      open.set(near, far);
      near.on("data", (bytes) => open.has(near) && far.write(bytes));
      far.on("data", (bytes) => open.has(near) && near.write(bytes));
      const end = (): void => {
        if (!open.delete(near)) return;
        near.destroy();
        far.destroy();
      };
      near.on("close", end);
      far.on("close", end);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const cut = (): void => {
      for (const [near, far] of open) {
        near.destroy();
        far.destroy();
      }
    };
    ends.push(() => {
      server.close();
      cut();
      for (const socket of frozen) socket.destroy();
    });
    return {
      port: (server.address() as AddressInfo).port,
      get connections() {
        return connections;
      },
      cut,
      freeze: () => {
        isFrozen = true;
        for (const socket of [...open].flat()) frozen.add(socket.pause());
        open.clear();
      },
      thaw: () => {
        isFrozen = false;
      },
    };
  };
}
