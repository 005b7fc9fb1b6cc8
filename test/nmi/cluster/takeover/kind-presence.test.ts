import { describe, expect, it } from 'vitest';
import { ApiFailure } from '../../../../src/k8s/client/api-connection.ts';
import { createKindPresence } from '../../../../src/nmi/cluster/takeover/kind-presence.ts';
import { steppedClock } from '../../../domain/time/stepped-clock.ts';

type Answer = (signal: AbortSignal) => Promise<unknown>;

const kinds = (...names: readonly string[]) => ({
  resources: names.map((name) => ({ name, verbs: ['create', 'get', 'list'] })),
});
const says =
  (json: unknown): Answer =>
  async () =>
    json;
const refuses =
  (status: number): Answer =>
  async () => {
    throw new ApiFailure(status, `HTTP ${status}`);
  };
/** Until whoever asks has enough of it. */
const isSilent: Answer = (signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
const all = kinds('azureidentities', 'azureidentitybindings');
const one = kinds('azureidentitybindings');

/** A server that answers in this order, and with the last of them for good. */
function presenceOf(...answers: readonly Answer[]) {
  const clock = steppedClock();
  let asked = 0;
  const presence = createKindPresence({
    clock,
    connection: {
      getJson: (_, signal) => {
        asked += 1;
        return (answers[asked - 1] ?? answers.at(-1) ?? isSilent)(signal);
      },
    },
  });
  const { signal } = new AbortController();
  return {
    clock,
    asked: () => asked,
    isThere: () => presence.isThere('azureidentities', signal),
    both: () =>
      Promise.all([
        presence.isThere('azureidentities', signal),
        presence.isThere('azureidentitybindings', signal),
      ]),
  };
}

describe('whether a kind is there', () => {
  it('is asked about once more where it is, since another server may know better', async () => {
    const stays = presenceOf(says(all));
    expect([await stays.isThere(), stays.asked(), stays.clock.now()]).toEqual([true, 2, 270]);
    const goes = presenceOf(says(all), says(one));
    expect([await goes.isThere(), goes.asked()]).toEqual([false, 2]);
  });

  it('is known at once where it is not', async () => {
    for (const answer of [says(one), refuses(404)]) {
      const gone = presenceOf(answer);
      expect([await gone.isThere(), gone.asked(), gone.clock.now()]).toEqual([false, 1, 20]);
    }
  });

  it('is asked about for twelve seconds where the server is silent, and then a deletion counts', async () => {
    const away = presenceOf(isSilent);
    expect([await away.isThere(), away.asked()]).toEqual([true, 6]);
    expect(away.clock.now()).toBeGreaterThanOrEqual(12_000);
    expect(away.clock.now()).toBeLessThan(14_000);
  });

  it('counts as gone by an answer that comes with the last try, ten seconds late', async () => {
    const late = presenceOf(isSilent, isSilent, isSilent, isSilent, isSilent, says(one));
    expect([await late.isThere(), late.asked()]).toEqual([false, 6]);
    expect(late.clock.now()).toBeGreaterThan(10_000);
  });

  it.each([
    ['503', refuses(503)],
    ['403', refuses(403)],
    ['a page of a proxy', says('<html>')],
  ])('is not told by %s, which is asked again', async (_, trouble) => {
    const back = presenceOf(trouble, trouble, trouble, says(one));
    expect([await back.isThere(), back.asked()]).toEqual([false, 4]);
    const never = presenceOf(trouble);
    expect([await never.isThere(), never.asked()]).toEqual([true, 6]);
  });

  it('is asked about once for all deletions of a moment', async () => {
    const gone = presenceOf(says(kinds()));
    expect([await gone.both(), gone.asked()]).toEqual([[false, false], 1]);
  });
});
