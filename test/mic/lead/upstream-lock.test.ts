import { describe, expect, it } from 'vitest';
import { ApiFailure } from '../../../src/k8s/client/api-connection.ts';
import { createUpstreamLock } from '../../../src/mic/lead/upstream-lock.ts';
import { handClock } from '../../domain/time/hand-clock.ts';

const signal = new AbortController().signal;
const place = { namespace: 'default', name: 'aad-pod-identity-mic' };

function endpoints(renewTime: string, holderIdentity = 'mic-0', leaseDurationSeconds = 15) {
  const record = {
    holderIdentity,
    leaseDurationSeconds,
    acquireTime: renewTime,
    renewTime,
    leaderTransitions: 0,
  };
  return {
    metadata: { annotations: { 'control-plane.alpha.kubernetes.io/leader': JSON.stringify(record) } },
  };
}

function lockOver(answer: () => unknown) {
  const clock = handClock(Date.parse('2026-03-01T12:00:00Z'));
  const lock = createUpstreamLock({ getJson: async () => answer() }, [place], clock);
  return { clock, lock };
}

describe("upstream's lock", () => {
  it('is held by whoever renews it, until it was silent for its duration', async () => {
    let renewTime = '2026-03-01T11:59:58Z';
    const { clock, lock } = lockOver(() => endpoints(renewTime));
    expect(await lock.holder(signal)).toBe('mic-0 (endpoints default/aad-pod-identity-mic)');
    await clock.advance(14_000);
    renewTime = '2026-03-01T12:00:13Z';
    expect(await lock.holder(signal)).toBeDefined();
    await clock.advance(14_999);
    expect(await lock.holder(signal)).toBeDefined();
    await clock.advance(1);
    expect(await lock.holder(signal)).toBeUndefined();
  });

  it('is held for ten minutes at most, whatever somebody has written into it', async () => {
    const { clock, lock } = lockOver(() => endpoints('2026-03-01T12:00:00Z', 'mic-0', 1e9));
    expect(await lock.holder(signal)).toBeDefined();
    await clock.advance(10 * 60_000);
    expect(await lock.holder(signal)).toBeUndefined();
  });

  it('counts by its changes and not by its clock, once it was seen', async () => {
    let renewTime = '2026-03-01T11:59:58Z';
    const { lock } = lockOver(() => endpoints(renewTime));
    await lock.holder(signal);
    renewTime = '2020-01-01T00:00:00Z';
    expect(await lock.holder(signal)).toBeDefined();
  });

  it.each<[string, () => unknown]>([
    ['of last year', () => endpoints('2025-03-01T12:00:00Z')],
    ['given back', () => endpoints('2026-03-01T12:00:00Z', '')],
    ['not there', () => Promise.reject(new ApiFailure(404, 'no'))],
    ['not to be read', () => Promise.reject(new ApiFailure(403, 'no'))],
    ['without its annotation', () => ({ metadata: {} })],
    [
      'of something else',
      () => ({ metadata: { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{' } } }),
    ],
  ])('%s is held by nobody', async (_what, answer) => {
    expect(await lockOver(answer).lock.holder(signal)).toBeUndefined();
  });

  it('is unknown while the API server is away', async () => {
    const { lock } = lockOver(() => Promise.reject(new ApiFailure(503, 'away')));
    await expect(lock.holder(signal)).rejects.toThrow('away');
  });
});
