import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createChangeNotice } from '../../../src/domain/time/change-notice.ts';
import { type ErrorAnswer, noIdentity, tryLater } from '../../../src/nmi/http/error-answer.ts';
import { createHeldRequests, type HeldRequest } from '../../../src/nmi/http/held-requests.ts';
import { handClock, settle } from '../../domain/time/hand-clock.ts';

const token = { kind: 'token' } as const;
type Outcome = typeof token | ErrorAnswer;

function hold(holdMs = 10_000) {
  const clock = handClock();
  const changed = createChangeNotice();
  const ending = new AbortController();
  const over: HeldRequest[] = [];
  const state: { synced: boolean; closed: ErrorAnswer | undefined; now: Outcome } = {
    synced: true,
    closed: undefined,
    now: tryLater('unknown-pod', 'Nobody.', 2),
  };
  const held = createHeldRequests({
    view: {
      get synced() {
        return state.synced;
      },
      changed,
    },
    closed: () => state.closed,
    times: { usual: holdMs, unassigned: holdMs, created: holdMs },
    clock,
    ending: ending.signal,
    onHeld: (one) => over.push(one),
  });
  let attempts = 0;
  const resets: string[] = [];
  const response = Object.assign(new EventEmitter(), {
    socket: { resetAndDestroy: () => resets.push('connection') },
    destroy: () => resets.push('answer'),
  }) as unknown as ServerResponse;
  /** Asks; `answer` is undefined for as long as the request is held. */
  const ask = () => {
    const asked: { answer?: Outcome | undefined; isOver: boolean } = { isOver: false };
    void held
      .run({ response }, async () => {
        attempts += 1;
        return state.now;
      })
      .then((answer) => Object.assign(asked, { answer, isOver: true }));
    return asked;
  };
  return { clock, changed, ending, over, state, held, ask, response, resets, attempts: () => attempts };
}

const young = tryLater('no-binding', 'The pod is new.', 5);

describe('a refusal', () => {
  it.each([
    ['unknown-pod', tryLater('unknown-pod', 'x', 5)],
    ['address-moved', tryLater('address-moved', 'x', 5)],
    ['address-shared', tryLater('address-shared', 'x', 5)],
    ['no-binding of a young pod', young],
    ['no-identity of a young pod', tryLater('no-identity', 'x', 5)],
    ['what MIC has not assigned yet', tryLater('identity-not-assigned', 'x', 5)],
    [
      'what MIC may still assign to an old pod',
      { ...noIdentity('no-binding', 'x'), awaitsMic: true as const },
    ],
    ['an identity that is not on the node yet', tryLater('identity-not-on-node', 'x', 5)],
    ['a binding that changed meanwhile', tryLater('changed-meanwhile', 'x', 5)],
    ['IMDS that is asked too often', { ...tryLater('token-429', 'x', 5), status: 429 as const }],
    ['IMDS that is away', tryLater('token-503', 'x', 5)],
  ])('is put off until it heals: %s', async (_what, answer) => {
    const { ask, state, clock, changed, held, over } = hold();
    state.now = answer;
    const asked = ask();
    await clock.advance(9_000);
    expect([asked.isOver, held.waiting.get(answer.reason)]).toEqual([false, 1]);
    state.now = token;
    changed.announce();
    await clock.advance(10);
    expect([asked.answer, held.waiting.get(answer.reason)]).toEqual([token, 0]);
    expect(over).toMatchObject([{ reason: answer.reason, end: 'served' }]);
  });

  it.each([
    ['no label', noIdentity('no-label', 'x')],
    ['no binding of a pod that is not young', noIdentity('no-binding', 'x')],
    ['another identity asked for', noIdentity('other-identity-asked', 'x')],
    ['what IMDS refuses for good', { ...noIdentity('token-400', 'x') }],
    ['an answer that took too long', tryLater('deadline', 'x', 2)],
  ])('is said at once where it is final: %s', async (_what, answer) => {
    const { ask, state, over } = hold();
    state.now = answer;
    const asked = ask();
    await settle();
    expect(asked.answer).toBe(answer);
    expect(over).toEqual([]);
  });

  it('is said after the hold, and the client may come again in two seconds', async () => {
    const { ask, state, clock, over, attempts } = hold();
    state.now = young;
    const asked = ask();
    await clock.advance(9_990);
    expect(asked.isOver).toBe(false);
    await clock.advance(10);
    expect(asked.answer).toEqual({ ...young, retryAfterSec: 2 });
    expect(over).toMatchObject([{ reason: 'no-binding', end: 'refused', seconds: 10 }]);
    expect(attempts()).toBe(2);
  });

  it('keeps the status that IMDS chose, since that is what some clients wait for', async () => {
    const { ask, state, clock } = hold();
    state.now = { ...tryLater('token-429', 'x', 5), status: 429 };
    const asked = ask();
    await clock.advance(10_000);
    expect(asked.answer).toMatchObject({ status: 429, retryAfterSec: 5 });
  });

  it('is said at once where nothing is held', async () => {
    const { ask } = hold(0);
    const asked = ask();
    await settle();
    expect(asked.answer).toMatchObject({ reason: 'unknown-pod' });
  });
});

describe('a held request', () => {
  it('is asked again when the other side wants it, a little after the hold too', async () => {
    const { ask, state, clock, attempts } = hold();
    state.now = { ...tryLater('token-503', 'x', 11), retryAfterMs: 11_000 };
    const asked = ask();
    await clock.advance(10_900);
    expect([attempts(), asked.isOver]).toEqual([1, false]);
    state.now = token;
    await clock.advance(100);
    expect(asked.answer).toEqual(token);
  });

  it('is not given up where something changes between the end of its hold and the moment that was named', async () => {
    const { ask, state, changed, clock, attempts } = hold();
    state.now = { ...tryLater('token-429', 'x', 11), status: 429, retryAfterMs: 11_000 };
    const asked = ask();
    await clock.advance(10_400);
    state.now = { ...state.now, retryAfterMs: 1_000 };
    changed.announce();
    await clock.advance(500);
    expect([attempts(), asked.isOver]).toEqual([2, false]);
    state.now = token;
    await clock.advance(600);
    expect(asked.answer).toEqual(token);
  });

  it('is given up once that moment is out of reach, whatever changes', async () => {
    const { ask, state, changed, clock } = hold();
    state.now = { ...tryLater('token-429', 'x', 11), status: 429, retryAfterMs: 11_000 };
    const asked = ask();
    await clock.advance(10_400);
    state.now = { ...state.now, retryAfterMs: 2_000 };
    changed.announce();
    await clock.advance(100);
    expect(asked.answer).toMatchObject({ status: 429 });
  });

  it('is asked again once for many changes in a row, and not at all without one', async () => {
    const { ask, changed, clock, attempts } = hold();
    ask();
    await clock.advance(5_000);
    expect(attempts()).toBe(1);
    for (let i = 0; i < 1_000; i += 1) {
      changed.announce();
    }
    await clock.advance(50);
    expect(attempts()).toBe(2);
  });

  it('misses no change that comes while it is asked', async () => {
    const { changed, clock, held, response } = hold();
    const answers: Outcome[] = [tryLater('unknown-pod', 'x', 2), token];
    const asked = held.run({ response }, async () => {
      changed.announce();
      return answers.shift() ?? token;
    });
    await clock.advance(100);
    expect(await asked).toEqual(token);
  });

  it('waits for the caches, and for whatever closes the agent', async () => {
    const { ask, state, changed, clock, held, attempts } = hold();
    state.now = token;
    state.synced = false;
    state.closed = tryLater('no-address-guard', 'x', 2);
    const asked = ask();
    await settle();
    expect([held.open, attempts()]).toEqual([false, 0]);
    state.closed = undefined;
    changed.announce();
    await clock.advance(10);
    expect([held.open, attempts()]).toEqual([false, 0]);
    state.synced = true;
    changed.announce();
    await clock.advance(10);
    expect([held.open, asked.answer]).toEqual([true, token]);
  });

  it('ends with its client', async () => {
    const { ask, response, held, over } = hold();
    const asked = ask();
    await settle();
    response.emit('close');
    await settle();
    expect(asked).toMatchObject({ isOver: true, answer: undefined });
    expect([...held.waiting.values()]).toEqual([0]);
    expect([over[0]?.end, response.listenerCount('close')]).toEqual(['client-gone', 0]);
  });

  it('is sent to the next agent when the process is to end, and so is one that comes later', async () => {
    const { ask, ending, resets, over, state } = hold();
    ask();
    await settle();
    expect(resets).toEqual([]);
    ending.abort(new Error('SIGTERM'));
    await settle();
    expect([resets, over[0]?.end]).toEqual([['connection', 'answer'], 'agent-ends']);
    ask();
    await settle();
    expect(resets).toHaveLength(4);
    state.now = token;
    const served = ask();
    await settle();
    expect([served.answer, resets.length]).toEqual([token, 4]);
  });
});
