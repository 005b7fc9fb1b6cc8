import { setMaxListeners } from 'node:events';
import { expect, it } from 'vitest';
import { exchangeLimits } from '../../../src/nmi/tokens/token-sources.ts';
import { createUpstreamQueue } from '../../../src/nmi/tokens/upstream-queue.ts';
import { handClock, settle } from '../../domain/time/hand-clock.ts';

it('leaves places for neighbours while Entra answers one pod slowly', async () => {
  const leaving = new AbortController();
  const { signal } = leaving;
  setMaxListeners(0, signal);
  const namespaceOf = (askerId: string) => askerId.split('/')[0] ?? '';
  const queue = createUpstreamQueue({ clock: handClock(), limits: exchangeLimits, namespaceOf });
  const begun: string[] = [];
  const ask = (pod: string) =>
    queue
      .run(new Set([pod]), signal, () => {
        begun.push(pod);
        return new Promise<never>(() => {});
      })
      .catch(() => undefined);
  for (let number = 0; number < 20; number += 1) {
    void ask('team/greedy');
  }
  for (const pod of ['team/one', 'team/two', 'team/three', 'others/one']) {
    void ask(pod);
  }
  await settle();
  expect(begun.filter((pod) => pod === 'team/greedy')).toHaveLength(4);
  expect(begun).toEqual(expect.arrayContaining(['team/one', 'team/two', 'team/three', 'others/one']));
  leaving.abort();
});
