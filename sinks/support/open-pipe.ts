import { constants, fstatSync, openSync, type Stats } from "node:fs";

const { O_NONBLOCK, O_WRONLY } = constants;
const STDOUT = 1;

/** Opens a named pipe for writing without ever waiting; throws `ENXIO` while nobody has it open for reading. */
export function openNamedPipe(path: string): number {
  return openSync(path, O_WRONLY | O_NONBLOCK);
}

/**
 * A descriptor that writes where `fd` does and, where that is possible, returns with `EAGAIN` when the reader takes
 * nothing, instead of never.
 *
 * On Linux a pipe is opened anew: whether its writers wait is then a matter of each of them, and nobody else notices.
 * Elsewhere, and with sockets, standard output is one that does not wait for all who write to it: what Node makes of it
 * with the first `console.log`. Everything else, such as terminals and pipes on Windows, waits within the call.
 */
export function withoutWaiting(fd: number): number {
  const stat = fstatSync(fd);
  if (stat.isFIFO() && process.platform === "linux") {
    try {
      return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK);
    } catch {
      // Without a reader, without rights, or without /proc.
    }
  }
  if (fd === STDOUT && process.platform !== "win32" && isPipe(stat)) void process.stdout;
  return fd;
}

const isPipe = (stat: Stats): boolean => stat.isFIFO() || stat.isSocket();
