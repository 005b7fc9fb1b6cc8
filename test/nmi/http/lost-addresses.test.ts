import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createConnectionOwners } from '../../../src/nmi/http/lost-addresses.ts';

const address = '10.0.0.1';

describe('a pod that loses its address', () => {
  it.each([
    ['on which it was served', { owner: 'a' }, true],
    ['on which it waits for an answer', { owner: 'a', unanswered: 1 }, true],
    ['that it opened and left', { idleMs: 5_000 }, true],
    ['seen as one of both families', { address: `::ffff:${address}`, owner: 'a' }, true],
    ['on which the next pod is held', { unanswered: 1, idleMs: 5_000 }, false],
    ['that the next pod has just opened', { idleMs: 20 }, false],
    ['of the next pod, served already', { owner: 'b', idleMs: 5_000 }, false],
    ['of another address', { address: '10.0.0.2', idleMs: 5_000 }, false],
  ])('keeps no connection %s: %j, reset: %s', (_what, facts, expected) => {
    const owners = createConnectionOwners();
    const socket = {} as Socket;
    if ('owner' in facts) {
      owners.note(socket, facts.owner);
    }
    let isReset: boolean | undefined;
    const reset = (
      isLost: (connection: {
        socket: Socket;
        address: string;
        unanswered: number;
        idleMs: number;
      }) => boolean,
    ) => {
      isReset = isLost({ socket, address, unanswered: 0, idleMs: 0, ...facts });
    };
    owners.lose({ reset }, address, 'a');
    expect(isReset).toBe(expected);
  });
});
