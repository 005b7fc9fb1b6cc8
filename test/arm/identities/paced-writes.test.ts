import { describe, expect, it } from 'vitest';
import { pacedWrites } from '../../../src/arm/identities/paced-writes.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { steppedClock } from '../../domain/time/stepped-clock.ts';

const { signal } = new AbortController();
const silent = () => undefined;
const identity = (name: string, subscriptionId = 'sub') => ({ text: `/ids/${name}`, subscriptionId });

describe('writes of federated credentials', () => {
  it('begin 4 s apart for one identity, whoever asks, and half a second apart in a subscription', async () => {
    const clock = steppedClock();
    const writes = pacedWrites(clock, silent);
    const starts: [string, number][] = [];
    await Promise.all(
      ['one', 'two', 'three', 'ONE'].flatMap((name) =>
        [1, 2].map(() =>
          writes(identity(name), signal, async () => {
            starts.push([name.toLowerCase(), clock.monotonic()]);
          }),
        ),
      ),
    );
    const timesOf = (name: string) => starts.filter(([each]) => each === name).map(([, ms]) => ms);
    expect(timesOf('one')).toEqual([0, 4000, 8000, 12_000]);
    expect(timesOf('two')).toEqual([500, 4500]);
    expect(timesOf('three')).toEqual([1000, 5000]);
  });

  it('do not wait for those of another subscription', async () => {
    const clock = steppedClock();
    const writes = pacedWrites(clock, silent);
    const at = (subscription: string) =>
      writes(identity(subscription, subscription), signal, async () => clock.monotonic());
    expect(await Promise.all([at('a'), at('b')])).toEqual([0, 0]);
  });

  it('of 100 identities begin within 50 s', async () => {
    const clock = steppedClock();
    const writes = pacedWrites(clock, silent);
    const names = Array.from({ length: 100 }, (_, at) => `${at}`);
    await Promise.all(names.map((name) => writes(identity(name), signal, async () => undefined)));
    expect(clock.monotonic()).toBe(49_500);
  });

  it('are never two at once for one identity, and go on behind one that failed', async () => {
    const clock = steppedClock();
    const writes = pacedWrites(clock, silent);
    let under = 0;
    const write = async (fails: boolean) => {
      under += 1;
      expect(under).toBe(1);
      await clock.sleep(9000, signal);
      under -= 1;
      if (fails) {
        throw new PodidError('AzureRefused', 'no');
      }
      return 'done';
    };
    const ends = await Promise.allSettled(
      [true, false].map((fails) => writes(identity('one'), signal, () => write(fails))),
    );
    expect(ends).toMatchObject([{ status: 'rejected' }, { status: 'fulfilled', value: 'done' }]);
  });

  it('are tried again when Azure is busy, after the pause that it asks for', async () => {
    const clock = steppedClock();
    const told: string[] = [];
    const answers = [
      new PodidError('Unavailable', 'busy', { retryAfterMs: 17_000 }),
      new PodidError('Unavailable', 'still busy'),
    ];
    const end = pacedWrites(clock, (text) => told.push(text))(identity('one'), signal, async () => {
      const refusal = answers.shift();
      if (refusal !== undefined) {
        throw refusal;
      }
      return clock.monotonic();
    });
    expect(await end).toBe(21_000);
    expect(told).toEqual(['Trying again: busy', 'Trying again: still busy']);
  });
});
