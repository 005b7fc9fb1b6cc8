import { describe, expect, it } from 'vitest';
import { whyNotReady } from '../../../src/nmi/observe/readiness.ts';
import type { Heartbeat } from '../../../src/nmi/rules/heartbeat.ts';

describe('the readiness', () => {
  const beat: Heartbeat = {
    rules: { intact: true, backend: 'nft', putBack: 0, packets: {} },
    guard: { active: false, pods: 0, unknown: 0, putBack: 0, packets: {} },
    listenOn: [],
    problems: [],
    addresses: {},
    records: { keepsRecords: true, stamp: '', sources: {} },
    intervalMs: 5_000,
    writtenAtMs: 0,
    writtenAtUptimeMs: 0,
  };
  const fine = {
    notListening: [],
    held: new Set<string>(),
    gateClosed: undefined,
    watches: new Map([['pods', { synced: true, live: true, heardAt: 0 }]]),
    redirectedByOthers: false,
    rules: { latest: beat, isFresh: true },
    draining: false,
    nowMs: 60_000,
  };
  const blocking = { kind: 'ebpf-host-routing' as const, blocking: true, message: 'no netfilter' };

  it('is there when nothing is missing', () => {
    expect(whyNotReady(fine)).toEqual([]);
  });

  it.each([
    [
      'the caches are empty',
      { watches: new Map([['pods', { synced: false, live: false, heardAt: undefined }]]) },
      /list of pods/,
    ],
    [
      'the API server is away',
      { watches: new Map([['pods', { synced: true, live: false, heardAt: 45_000 }]]) },
      /for 15 s; serving/,
    ],
    ['nobody keeps rules', { rules: { latest: undefined, isFresh: false } }, /No report says/],
    ['their keeper is dead', { rules: { latest: beat, isFresh: false } }, /not reported for too long/],
    [
      'the rules are broken',
      { rules: { latest: { ...beat, rules: { ...beat.rules, intact: false } }, isFresh: true } },
      /missing or were changed/,
    ],
    [
      'the node cannot be held',
      { rules: { latest: { ...beat, problems: [blocking] }, isFresh: true } },
      /no netfilter/,
    ],
    ['a port is taken', { notListening: ['port 2579'] }, /port 2579/],
    ['the agent ends', { draining: true }, /shutting down/],
  ])('is not there when %s', (_title, facts, reason) => {
    expect(whyNotReady({ ...fine, ...facts })).toEqual([expect.stringMatching(reason)]);
  });

  it('outlasts a watch that is being resumed, and a warning', () => {
    const resumed = new Map([['pods', { synced: true, live: false, heardAt: 55_000 }]]);
    expect(whyNotReady({ ...fine, watches: resumed })).toEqual([]);
    const warned = { latest: { ...beat, problems: [{ ...blocking, blocking: false }] }, isFresh: true };
    expect(whyNotReady({ ...fine, rules: warned })).toEqual([]);
  });
});
