import { describe, expect, it } from 'vitest';
import { type MicFacts, whyNotReady } from '../../../src/mic/observe/probes.ts';

const minute = 60_000;
const live = { synced: true, live: true, heardAt: 100 * minute };
const fine: MicFacts = {
  notListening: [],
  watches: new Map([['pods', live]]),
  isLeader: true,
  leader: 'one',
  azure: { trouble: undefined, answeredAtMs: 99 * minute },
  draining: false,
  nowMs: 100 * minute,
};

describe('what keeps podid-mic from being ready', () => {
  it.each<[string, Partial<MicFacts>]>([
    ['a leader whose caches are full and whom Azure answers', {}],
    ['a standby, whoever leads', { isLeader: false, leader: '' }],
    ['Azure away for a minute', { azure: { trouble: 'away', answeredAtMs: 99 * minute } }],
    ['Azure away from a standby', { isLeader: false, azure: { trouble: 'away', answeredAtMs: undefined } }],
    ['a watch that was cut just now', { watches: new Map([['pods', { ...live, live: false }]]) }],
  ])('nothing: %s', (_what, more) => {
    expect(whyNotReady({ ...fine, ...more })).toEqual([]);
  });

  it.each<[string, Partial<MicFacts>, string]>([
    [
      'caches that are not full',
      { watches: new Map([['nodes', { ...live, synced: false }]]) },
      'nodes has not been received',
    ],
    [
      'rule 19: a watch that is dead',
      { watches: new Map([['pods', { ...live, live: false, heardAt: 99 * minute }]]) },
      'about pods for 60 s',
    ],
    [
      'Azure that never answered',
      { azure: { trouble: 'refused', answeredAtMs: undefined } },
      'Azure: refused',
    ],
    ['Azure away for long', { azure: { trouble: 'away', answeredAtMs: 90 * minute } }, 'Azure: away'],
    ['a port that is taken', { notListening: ['The port 8888 is taken.'] }, '8888'],
    ['the end', { draining: true }, 'shutting down'],
  ])('%s', (_what, more, words) => {
    expect(whyNotReady({ ...fine, ...more }).join('\n')).toContain(words);
  });
});
