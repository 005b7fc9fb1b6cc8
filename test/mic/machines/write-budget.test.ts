import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createWriteBudget } from '../../../src/mic/machines/write-budget.ts';
import { handClock } from '../../domain/time/hand-clock.ts';

const { signal } = new AbortController();
setMaxListeners(0, signal);

/** Takes leave for so many changes at once, each answered after 100 ms. @returns when each was sent */
async function sentAt(
  changes: readonly { readonly id: string; readonly names: number }[],
  forMs: number,
  pauseMs = 0,
) {
  const clock = handClock();
  const budget = createWriteBudget(clock);
  const beganMs = clock.monotonic();
  const times: number[] = [];
  if (pauseMs > 0) {
    budget.pauseAll(pauseMs);
  }
  for (const { id, names } of changes) {
    void budget
      .take({ id, kind: 'vm' }, () => names, signal)
      .then(async (answered) => {
        times.push(clock.monotonic() - beganMs);
        await clock.sleep(100, signal);
        answered();
        answered();
      });
  }
  await clock.advance(forMs);
  return times;
}

const minute = 60_000;

describe("the budget of changes, by Azure's own buckets", () => {
  it('lets a machine have 12 at once, and 4 a minute from then on', async () => {
    const times = await sentAt(
      Array.from({ length: 30 }, () => ({ id: 'm', names: 1 })),
      2 * minute,
    );
    expect(times.filter((time) => time < 10_000)).toHaveLength(12);
    expect(times.length).toBeLessThanOrEqual(20);
    expect(times.length).toBeGreaterThanOrEqual(18);
  });

  it('sends eight at a time', async () => {
    const times = await sentAt(
      Array.from({ length: 20 }, (_, number) => ({ id: `m${number}`, names: 1 })),
      0,
    );
    expect(times).toHaveLength(8);
  });

  it('names 300 identities in 20 seconds', async () => {
    const changes = Array.from({ length: 50 }, (_, number) => ({ id: `m${number}`, names: 20 }));
    const times = await sentAt(changes, 20_000);
    // 300 at once, and 300 more as time goes by.
    expect(times.length).toBeGreaterThanOrEqual(29);
    expect(times.length).toBeLessThanOrEqual(30);
    expect(await sentAt(changes, minute)).toHaveLength(50);
  });

  it('takes a change that names more than there can ever be', async () => {
    expect(await sentAt([{ id: 'm', names: 1_000 }], 0)).toEqual([0]);
  });

  it('rule 6: waits with everything where Azure throttles the subscription', async () => {
    const changes = [
      { id: 'm', names: 1 },
      { id: 'n', names: 1 },
    ];
    expect(await sentAt(changes, 4_999, 5_000)).toEqual([]);
    expect(await sentAt(changes, 5_000, 5_000)).toEqual([5_000, 5_000]);
  });
});
