import type { Socket } from 'node:net';

const chunkBytes = 1_024;

/**
 * Lets the parser of a server's new connection have what was read in small bites, and nothing more once the
 * connection is destroyed. By itself it makes requests of all 64 KiB that one read can bring, more than two
 * thousand, whatever becomes of the first.
 */
export function readInChunks(socket: Socket): void {
  const listeners = socket.listeners('data') as ((bytes: Buffer) => void)[];
  socket.removeAllListeners('data');
  socket.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length && !socket.destroyed; at += chunkBytes) {
      const chunk = bytes.length <= chunkBytes ? bytes : bytes.subarray(at, at + chunkBytes);
      for (const listener of listeners) {
        listener.call(socket, chunk);
      }
    }
  });
}
