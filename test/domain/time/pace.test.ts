import { describe, expect, it } from 'vitest';
import { startPace, startQueues } from '../../../src/domain/time/pace.ts';
import { steppedClock } from './stepped-clock.ts';

const { signal } = new AbortController();

describe('a pace', () => {
  it('lets the first go at once and the others so long apart', async () => {
    const clock = steppedClock();
    const pace = startPace(clock, 500);
    const started = await Promise.all([1, 2, 3].map(async () => pace.turn(signal).then(clock.monotonic)));
    expect(started).toEqual([0, 500, 1000]);
    await clock.sleep(9000, signal);
    await pace.turn(signal);
    expect(clock.monotonic()).toBe(10_000);
  });

  it('counts from where the work really begins', async () => {
    const clock = steppedClock();
    const pace = startPace(clock, 500);
    await pace.turn(signal);
    await clock.sleep(300, signal);
    pace.begin();
    await pace.turn(signal);
    expect(clock.monotonic()).toBe(800);
  });

  it('ends with the signal', async () => {
    const stop = new AbortController();
    stop.abort(new Error('enough'));
    await expect(startPace(steppedClock(), 500).turn(stop.signal)).rejects.toThrow('enough');
  });
});

describe('queues', () => {
  it('run the works of one key in their order, also behind one that failed, and others side by side', async () => {
    const queues = startQueues();
    const events: string[] = [];
    const work =
      (name: string, fails = false) =>
      async () => {
        events.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${name} ends`);
        if (fails) {
          throw new Error(name);
        }
        return name;
      };
    const all = await Promise.allSettled([
      queues.run('a', work('a1', true)),
      queues.run('a', work('a2')),
      queues.run('b', work('b1')),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(events.indexOf('a2 begins')).toBeGreaterThan(events.indexOf('a1 ends'));
    expect(events.indexOf('b1 begins')).toBeLessThan(events.indexOf('a1 ends'));
  });
});
