import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newestRefusals, refusalText } from '../../../src/domain/load/refusals.ts';
import { root } from '../../architecture/source-files.ts';

/** Of callers that are no pods, and of a token that was given: no agent has such a refusal in its record. */
const neverRecorded = [
  'several-identities',
  'no-pod-named',
  'not-a-pod',
  'not-the-node',
  'kubelet',
  'host-token-off',
];

function documentedReasons(): readonly string[] {
  const page = readFileSync(join(root, 'docs/nmi.md'), 'utf8');
  const [, table = ''] = /\| reason \| what to do \|\n(.*?)\n\n/s.exec(page) ?? [];
  const rows = table.split('\n').filter((row) => row.startsWith('| `'));
  const ofTokens = rows.filter((row) => !/before it is a token request|other than for tokens/.test(row));
  return ofTokens.flatMap((row) =>
    [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, word = '']) => word),
  );
}

describe('the reason of a refusal', () => {
  it.each(documentedReasons().filter((reason) => !neverRecorded.includes(reason)))(
    '%s has words',
    (reason) => {
      expect(refusalText(reason)).not.toBe(reason);
    },
  );

  it.each(['made-by-a-newer-agent', 'constructor', '__proto__', 'token-x'])('%s stays as it is', (reason) => {
    expect(refusalText(reason)).toBe(reason);
  });
});

describe('the newest refusals', () => {
  const pod = fc.record({
    namespace: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('x', 'y', 'z'),
    reason: fc.constantFrom('no-label', 'no-binding'),
    lastAsked: fc.integer({ min: 0, max: 50 }).map((sec) => new Date(sec * 1000).toISOString()),
  });

  it('are one of each pod, its latest, newest first, and no more than asked for', () => {
    fc.assert(
      fc.property(fc.array(pod), fc.integer({ min: 0, max: 6 }), (pods, most) => {
        const newest = newestRefusals(pods, most);
        const keys = newest.map(({ namespace, name }) => `${namespace}/${name}`);
        const latest = new Map<string, string>();
        for (const { namespace, name, lastAsked } of pods) {
          const key = `${namespace}/${name}`;
          latest.set(key, [lastAsked, latest.get(key) ?? ''].sort().at(-1) ?? '');
        }
        const times = newest.map(({ lastAsked }) => lastAsked);
        expect(new Set(keys).size).toBe(keys.length);
        expect(times).toEqual([...latest.values()].sort().reverse().slice(0, most));
        expect(times).toEqual(keys.map((key) => latest.get(key)));
      }),
    );
  });
});
