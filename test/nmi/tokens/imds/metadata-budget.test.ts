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
    const all = [ask('/instance', 'a'), ask('/instance', 'b')];
    await clock.advance(10);
    expect((await Promise.all(all)).map(({ body }) => String(body))).toEqual(['/instance', '/instance']);
    await clock.advance(9_000);
    await ask('/instance');
    expect(fetched).toHaveLength(1);
    await clock.advance(2_000);
    const later = ask('/instance');
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
    const failed = ask('/instance');
    await clock.advance(10);
    expect((await failed).status).toBe(500);
    upstream.takesMs = 60_000;
    const hanging = ask('/instance').catch((error: unknown) => error);
    await clock.advance(11_000);
    expect(await hanging).toMatchObject({ status: 503 });
    expect(fetched).toHaveLength(2);
  });

  it('gives its versions at once also behind others, and for an hour', async () => {
    const { clock, ask, fetched } = world();
    const others = Array.from({ length: 20 }, (_, number) => ask(`/${number}`, `pod-${number}`));
    const first = ask('/metadata/versions', 'new');
    await clock.advance(10);
    expect(String((await first).body)).toBe('/metadata/versions');
    await clock.advance(30_000);
    await Promise.all(others);
    const before = fetched.length;
    await clock.advance(3_500_000);
    await ask('/metadata/versions', 'later');
    expect(fetched).toHaveLength(before);
  });

  it('is asked for its versions beside the queue once in ten seconds at most', async () => {
    const { clock, ask, fetched, upstream } = world();
    upstream.status = 500;
    for (let second = 0; second < 20; second++) {
      const all = Array.from({ length: 10 }, (_, number) =>
        ask('/metadata/versions', `pod-${number}`).catch((error: unknown) => error),
      );
      await clock.advance(1_000);
      await Promise.all(all);
    }
    for (const at of fetched) {
      expect(fetched.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(3);
    }
    expect(fetched.length).toBeGreaterThan(15);
  });
});
