import type { Socket } from 'node:net';
import type { HttpServer } from '../../runtime/http-server.ts';
import { normalAddress } from '../cluster/pod-index.ts';

/** Which pod speaks on which connection, so that a connection never outlives its pod's hold on the address. */
export interface ConnectionOwners {
  /** Notes for whom a request on this connection was decided. */
  note(socket: Socket, uid: string): void;
  /**
   * Resets what the pod left open under the address. A request of the address's next pod that is held already goes
   * on: nothing was decided on its connection yet.
   */
  lose(server: Pick<HttpServer, 'reset'>, address: string, uid: string): void;
}

/** The next pod's connection asks as soon as it is open; one that does not has been there before. */
const idleMs = 1_000;

export function createConnectionOwners(): ConnectionOwners {
  const owners = new WeakMap<Socket, string>();
  return {
    note: owners.set.bind(owners),
    lose(server, address, uid) {
      server.reset((connection) => {
        const owner = owners.get(connection.socket);
        const isLeft = owner === undefined && connection.unanswered === 0 && connection.idleMs >= idleMs;
        return normalAddress(connection.address) === address && (owner === uid || isLeft);
      });
    },
  };
}
