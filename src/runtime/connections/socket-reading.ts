import type { Socket } from 'node:net';

/**
 * Stops at once: a paused stream goes on to read into its buffer until that is full. For that it would start the handle
 * again, which it takes to be reading still.
 */
export function stopReading(socket: Socket): void {
  socket.pause();
  const handle = handleOf(socket);
  if (handle) {
    handle.reading = true;
    handle.readStop();
  }
}

/** What it brought waits here, and not for its client. */
export function isStopped(socket: Socket): boolean {
  return socket.isPaused() && !isHeld(socket);
}

/** Where the parser has stopped the reading itself, since answers pile up, this waits until it goes on. */
export function readOn(socket: Socket): void {
  if (socket.destroyed) {
    return;
  }
  if (isHeld(socket)) {
    socket.once('resume', readOn.bind(undefined, socket));
    return;
  }
  socket.resume();
  const handle = handleOf(socket);
  if (handle) {
    handle.reading = true;
    handle.readStart();
  }
}

/**
 * Node's parser takes no bytes while so much is left to be sent on the connection: it has paused the socket, and an
 * assertion of its own, which would end the process, holds that none come.
 */
export function isHeld(socket: Socket): boolean {
  return (socket as Socket & { readonly _paused?: boolean })._paused === true;
}

function handleOf(socket: Socket) {
  return (socket as unknown as { _handle?: { reading: boolean; readStart(): void; readStop(): void } | null })
    ._handle;
}
