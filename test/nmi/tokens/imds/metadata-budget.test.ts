import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createMetadataBudget } from '../../../../src/nmi/tokens/imds/metadata-budget.ts';
import { handClock } from '../../../domain/time/hand-clock.ts';

const signal = new AbortController().signal;
setMaxListeners(0, signal);

function world() {
  const clock = handClock();
  const budget = createMetadataBudget({ clock });
  const fetched: number[] = [];
  const upstream = { status: 200, takesMs: 5 };
  const ask = (target: string, askerId = 'pod') =>
    budget.answer(
      { target, askerId },
      async (stop) => {
        fetched.push(clock.monotonic());
        await clock.sleep(upstream.takesMs, stop);
        return { status: upstream.status, headers: {}, body: Buffer.from(target) };
      },
      signal,
    );
  return { clock, ask, fetched, upstream };
}

describe('the rest of IMDS', () => {
  it('is asked once for all who ask at a time, and again after ten seconds', async () => {
    const { clock, ask, fetched } = world();
    const all = [ask('/versions', 'a'), ask('/versions', 'b')];
    await clock.advance(10);
    expect((await Promise.all(all)).map(({ body }) => String(body))).toEqual(['/versions', '/versions']);
    await clock.advance(9_000);
    await ask('/versions');
    expect(fetched).toHaveLength(1);
    await clock.advance(2_000);
    const later = ask('/versions');
    await clock.advance(10);
    await later;
    expect(fetched).toHaveLength(2);
  });

  it('is asked at most twice a second, and refuses what exceeds the queue', async () => {
    const { clock, ask, fetched } = world();
    const all = Array.from({ length: 60 }, (_, number) =>
      ask(`/${number}`, `pod-${number}`).catch((error: unknown) => error),
    );
    await clock.advance(30_000);
    const outcomes = await Promise.all(all);
    for (const at of fetched) {
      expect(fetched.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(2);
    }
    expect(fetched.length).toBeGreaterThan(15);
    expect(outcomes[59]).toMatchObject({ status: 503, retryAfterSec: expect.any(Number) });
  });

  it('is not remembered when it failed, and is given up after ten seconds', async () => {
    const { clock, ask, fetched, upstream } = world();
    upstream.status = 500;
    const failed = ask('/versions');
    await clock.advance(10);
    expect((await failed).status).toBe(500);
    upstream.takesMs = 60_000;
    const hanging = ask('/versions').catch((error: unknown) => error);
    await clock.advance(11_000);
    expect(await hanging).toMatchObject({ status: 503 });
    expect(fetched).toHaveLength(2);
  });
});
