import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ApiFailure } from '../../../src/k8s/client/api-connection.ts';
import { createAssignmentWriter } from '../../../src/mic/cluster/assignment-writer.ts';
import { LiveIndex } from '../../../src/mic/cluster/live-index.ts';
import type { AssignmentStep } from '../../../src/mic/decide/diff-assignments.ts';
import { handClock } from '../../domain/time/hand-clock.ts';

const { signal } = new AbortController();
setMaxListeners(0, signal);

function step(name: string): AssignmentStep {
  return { kind: 'delete', at: { namespace: 'shop', name }, uid: name, hasFinalizers: false };
}

function writerOver(
  take: (step: AssignmentStep) => Promise<{ readonly kind: 'deleted' }>,
  { mayWrite = () => true }: { readonly mayWrite?: () => boolean } = {},
) {
  const clock = handClock();
  const done: string[] = [];
  const troubles: unknown[] = [];
  const writer = createAssignmentWriter({
    api: { take, read: async () => undefined },
    live: new LiveIndex(() => undefined),
    clock,
    limits: { perSecond: 100, atOnce: 32 },
    mayWrite,
    onStep: () => undefined,
    onDone: (podKey) => done.push(podKey),
    onTrouble: (_podKey, error) => troubles.push(error),
  });
  return { clock, done, troubles, writer };
}

describe('rule 2: two seconds of writes cost minutes: the writer', () => {
  it('has so many writes under way at a time', async () => {
    let [running, most] = [0, 0];
    const { clock, done, writer } = writerOver(async () => {
      running += 1;
      most = Math.max(most, running);
      await clock.sleep(10, signal);
      running -= 1;
      return { kind: 'deleted' };
    });
    for (let each = 0; each < 100; each += 1) {
      writer.submit(`shop/p${each}`, [step(`p${each}`)], signal);
    }
    await clock.advance(1_000);
    expect([most, done.length]).toEqual([32, 100]);
  });

  it('sends 100 a second, and twice as many at once', async () => {
    let sent = 0;
    const { clock, writer } = writerOver(async () => {
      sent += 1;
      return { kind: 'deleted' };
    });
    for (let each = 0; each < 1_000; each += 1) {
      writer.submit(`shop/p${each}`, [step(`p${each}`)], signal);
    }
    await clock.advance(0);
    expect(sent).toBe(200);
    await clock.advance(1_000);
    expect(sent).toBeGreaterThanOrEqual(295);
    expect(sent).toBeLessThanOrEqual(305);
    await clock.advance(8_000);
    expect(sent).toBe(1_000);
  });

  it('heeds what the API server asks for, holds nobody else up, and has the pod decided again', async () => {
    const { clock, done, troubles, writer } = writerOver(async ({ at }) => {
      if (at.name === 'slow') {
        throw new ApiFailure(429, 'too many requests', 5_000);
      }
      return { kind: 'deleted' };
    });
    writer.submit('shop/slow', [step('slow')], signal);
    writer.submit('shop/quick', [step('quick')], signal);
    await clock.advance(4_999);
    expect(done).toEqual(['shop/quick']);
    expect([writer.isFree('shop/slow'), troubles.length]).toEqual([false, 1]);
    await clock.advance(1);
    expect(done).toEqual(['shop/quick', 'shop/slow']);
  });

  it('has the namespaces in turn: one with thousands of writes for a few pods holds nobody up', async () => {
    const sent: string[] = [];
    const { clock, done, writer } = writerOver(async ({ at }) => {
      sent.push(at.name);
      return { kind: 'deleted' };
    });
    for (let each = 0; each < 40; each += 1) {
      const steps = Array.from({ length: 100 }, (_, number) => step(`p${each}-${number}`));
      writer.submit(`flood/p${each}`, steps, signal);
    }
    await clock.advance(3_000);
    writer.submit('shop/p', [step('one'), step('two')], signal);
    await clock.advance(1_000);
    expect(done).toEqual(['shop/p']);
    await clock.advance(60_000);
    expect(done).toHaveLength(41);
    expect(sent.filter((name) => name.startsWith('p7-'))).toEqual(
      Array.from({ length: 100 }, (_, number) => `p7-${number}`),
    );
  });

  it('sends nothing once another one may lead', async () => {
    let sent = 0;
    const take = async () => {
      sent += 1;
      return { kind: 'deleted' } as const;
    };
    const { clock, writer } = writerOver(take, { mayWrite: () => false });
    writer.submit('shop/p', [step('p')], signal);
    await clock.advance(60_000);
    expect(sent).toBe(0);
  });
});
