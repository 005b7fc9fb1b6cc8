import type { IncomingMessage, Server as PlainServer } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';

/** The first byte of a TLS connection: a record of the handshake. No method of HTTP begins with it. */
const handshake = 0x16;

/**
 * One port for http and https: what a connection begins with says which of the two it is. kubectl sends its
 * token over https alone, and instance metadata is asked for over http alone, whatever the rest speaks.
 */
export function splitByProtocol(plain: PlainServer, secure: SecureServer): Server {
  const port = createServer((socket: Socket) => {
    // A client that gives up before its first byte is nobody's fault.
    socket.on('error', () => socket.destroy());
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first === null) {
        socket.destroy();
        return;
      }
      socket.unshift(first);
      (first[0] === handshake ? secure : plain).emit('connection', socket);
    });
  });
  return port;
}

export function isSecure({ socket }: IncomingMessage): boolean {
  return 'encrypted' in socket;
}
