import { describe, expect, it } from 'vitest';
import { ApiFailure, type ApiWrite } from '../../../../src/k8s/client/api-connection.ts';
import { type RefusedPod, refusalsInAll } from '../../../../src/nmi/observe/events/known-refusals.ts';
import {
  createRefusalEvents,
  type EventOutcome,
  longestQueue,
  rate,
  refusedForMs,
  repeatMs,
} from '../../../../src/nmi/observe/events/refusal-events.ts';
import { handClock } from '../../../domain/time/hand-clock.ts';

interface Sent extends ApiWrite {
  readonly body: {
    readonly message: string;
    readonly count: number;
    readonly firstTimestamp: string;
    readonly lastTimestamp: string;
    readonly metadata: { readonly name: string };
    readonly involvedObject: RefusedPod;
  };
}

const web = { uid: 'u-web', namespace: 'shop', name: 'web-1' };
const noBinding = { reason: 'no-binding', description: 'Nothing in namespace shop is bound to it.' };

function startEvents({
  write = () => ({}),
  isThere = () => true,
}: {
  readonly write?: (request: Sent) => unknown;
  readonly isThere?: (uid: string) => boolean;
} = {}) {
  const clock = handClock();
  const sent: Sent[] = [];
  const outcomes: EventOutcome[] = [];
  const lines: { readonly message: string; readonly [fact: string]: unknown }[] = [];
  const log = (facts: object, message: string) => void lines.push({ ...facts, message });
  const events = createRefusalEvents({
    namespaces: new Set(['shop', 'billing']),
    node: 'node-1',
    connection: {
      write: async (request) => {
        sent.push(request as Sent);
        return write(request as Sent);
      },
    },
    clock,
    logger: { info: log, warn: log },
    isThere,
    onOutcome: (outcome) => void outcomes.push(outcome),
  });
  const stop = new AbortController();
  const ended = events.run(stop.signal);
  return {
    clock,
    events,
    sent,
    outcomes,
    lines,
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('the test is over'));
      await ended;
    },
  };
}

describe('the Event of a refused pod', () => {
  it('says why in the words of the answer, what to type next, and on which node it was', async () => {
    await using world = startEvents();
    world.events.refused(web, noBinding);
    await world.clock.advance(100);
    expect(world.sent).toMatchObject([
      {
        method: 'POST',
        path: '/api/v1/namespaces/shop/events',
        body: {
          metadata: { name: expect.stringMatching(/^web-1\.[0-9a-f]{16}$/), namespace: 'shop' },
          involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-1', uid: 'u-web' },
          type: 'Warning',
          reason: 'TokenRefused',
          message:
            'no-binding: Nothing in namespace shop is bound to it. More: podid doctor --namespace shop --pod web-1.',
          source: { component: 'podid-nmi', host: 'node-1' },
          count: 1,
        },
      },
    ]);
    expect(world.outcomes).toEqual(['written']);
  });

  it('is one line of plain text and within the 1,000 bytes of an Event, whatever somebody called something', async () => {
    await using world = startEvents();
    const description = `The AzureIdentity \u001b[2J\u202e\n${'é'.repeat(3_000)} has no clientID.`;
    world.events.refused({ ...web, name: 'p'.repeat(253) }, { reason: 'incomplete-identity', description });
    await world.clock.advance(100);
    const message = world.sent[0]?.body.message ?? '';
    expect(message).toMatch(
      /^incomplete-identity: The AzureIdentity \\u001b\[2J\\u202e é+ More: podid doctor /,
    );
    expect(message.endsWith(`--pod ${'p'.repeat(253)}.`)).toBe(true);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(1_000);
    expect(world.sent[0]?.body.metadata.name.length).toBeLessThanOrEqual(253);
  });

  it('is written for pods of the chosen namespaces alone, and for no client that has gone', async () => {
    await using world = startEvents();
    world.events.refused({ ...web, namespace: 'other' }, noBinding);
    world.events.refused(web, { reason: 'client-gone', description: 'The client has gone.' });
    await world.clock.advance(100);
    expect(world.sent).toEqual([]);
  });

  it('is written once a reason, and after half an hour once more, with what was counted meanwhile', async () => {
    await using world = startEvents();
    const ask = async () => {
      world.events.refused(web, noBinding);
      world.events.refused(web, { ...noBinding, reason: 'no-identity' });
      await world.clock.advance(60_000);
    };
    for (let minute = 0; minute < 30; minute += 1) {
      await ask();
    }
    expect(world.sent.map(({ body }) => body.count)).toEqual([1, 1]);
    await ask();
    expect(world.sent.map(({ body }) => body.count)).toEqual([1, 1, 31, 31]);
    const [first, , third] = world.sent.map(({ body }) => body);
    expect(third?.metadata.name).not.toBe(first?.metadata.name);
    expect(third?.firstTimestamp).toBe(first?.firstTimestamp);
    expect(Date.parse(third?.lastTimestamp ?? '') - Date.parse(third?.firstTimestamp ?? '')).toBe(repeatMs);
  });
});

describe('an attacker', () => {
  it('who asks 1,000 times a second costs the API server two writes an hour', async () => {
    await using world = startEvents();
    for (let second = 0; second < 3_600; second += 1) {
      for (let ask = 0; ask < 1_000; ask += 1) {
        world.events.refused(web, noBinding);
      }
      await world.clock.advance(1_000);
    }
    expect(world.sent).toHaveLength(2);
  });

  it('who is refused for every reason there is costs eight', async () => {
    await using world = startEvents();
    for (let ask = 0; ask < 1_000; ask += 1) {
      world.events.refused(web, { ...noBinding, reason: `reason-${ask}` });
    }
    await world.clock.advance(repeatMs - 1_000);
    expect(world.sent).toHaveLength(8);
  });

  it('with 10,000 pods, one after the other, writes at the rate of the node, and nobody waits behind them', async () => {
    await using world = startEvents({ isThere: (uid) => uid === 'last' || uid === web.uid });
    const minutes = 10;
    for (let pod = 0; pod < 10_000; pod += 1) {
      world.events.refused({ uid: `u${pod}`, namespace: 'billing', name: `p${pod}` }, noBinding);
    }
    expect(world.outcomes.length).toBeGreaterThan(refusalsInAll - longestQueue - 1);
    expect(new Set(world.outcomes)).toEqual(new Set(['dropped']));
    world.events.refused(web, noBinding);
    // What is there at once belongs to who came first; behind it the namespaces take turns.
    await world.clock.advance(3 * rate.everyMs);
    expect(world.sent.some(({ body }) => body.involvedObject.uid === web.uid)).toBe(true);
    await world.clock.advance(minutes * 60_000);
    expect(world.sent.length).toBeLessThanOrEqual(rate.size + (minutes * 60_000) / rate.everyMs + 4);
  });
});

describe('an API server', () => {
  it('that forbids it is told of once in the log and asked again after ten minutes, and other namespaces go on', async () => {
    let isAllowed = false;
    await using world = startEvents({
      write: ({ path }) => {
        if (!isAllowed && path.includes('/shop/')) {
          throw new ApiFailure(403, 'POST … was answered 403: serviceaccount may not create events.');
        }
        return {};
      },
    });
    for (let pod = 0; pod < 5; pod += 1) {
      world.events.refused({ ...web, uid: `u${pod}` }, noBinding);
      await world.clock.advance(100);
    }
    world.events.refused({ uid: 'u-bill', namespace: 'billing', name: 'bill-1' }, noBinding);
    await world.clock.advance(100);
    expect(world.outcomes).toEqual(['refused', 'written']);
    expect(world.lines).toEqual([
      {
        namespace: 'shop',
        error: expect.stringContaining('may not create events'),
        message: 'Events of pods cannot be written',
      },
    ]);
    await world.clock.advance(refusedForMs);
    world.events.refused(web, noBinding);
    await world.clock.advance(100);
    expect(world.lines).toHaveLength(1);
    isAllowed = true;
    await world.clock.advance(refusedForMs);
    world.events.refused(web, noBinding);
    await world.clock.advance(100);
    expect(world.outcomes).toEqual(['refused', 'written', 'refused', 'written']);
    expect(world.lines.at(-1)).toEqual({ namespace: 'shop', message: 'Events of pods are written again' });
  });

  it('that is busy is left alone for as long as it asks', async () => {
    let isBusy = true;
    await using world = startEvents({
      write: () => {
        if (isBusy) {
          isBusy = false;
          throw new ApiFailure(429, 'too many requests', 20_000);
        }
        return {};
      },
    });
    world.events.refused(web, noBinding);
    await world.clock.advance(100);
    world.events.refused({ ...web, uid: 'other' }, noBinding);
    await world.clock.advance(19_000);
    expect(world.outcomes).toEqual(['failed']);
    await world.clock.advance(2_000);
    expect(world.outcomes).toEqual(['failed', 'written']);
    await world.clock.advance(60_000);
    world.events.refused(web, noBinding);
    await world.clock.advance(100);
    expect(world.sent.at(-1)?.body.count).toBe(2);
  });
});
