import { describe, expect, it } from 'vitest';
import { parseAskedPods, parseRefusals } from '../../../src/validate/kubernetes/agent-record.ts';

const use = { sdk: 'other', lastAsked: '2026-12-01T08:00:00.000Z', outcome: 'no-binding' };
const pod = { uid: 'u', namespace: 'demo', name: 'web-1', uses: [use] };
const read = (counts: object) => parseAskedPods(JSON.stringify({ pods: [{ ...pod, ...counts }] }));

describe('what an agent counted of a pod', () => {
  it('is read as it is', () => {
    expect(read({ requests: 7, refused: { 'no-binding': 3 } })).toEqual([
      {
        uid: 'u',
        namespace: 'demo',
        name: 'web-1',
        ...use,
        sdk: '',
        requests: 7,
        refused: { 'no-binding': 3 },
      },
    ]);
  });

  it('is absent of an older agent', () => {
    const [asked] = read({});
    expect(asked).toMatchObject({ refused: {} });
    expect(asked).not.toHaveProperty('requests');
  });

  it.each([
    [{ requests: -1, refused: { 'no-binding': 1.5 } }],
    [{ requests: '7', refused: { 'no-binding': '3' } }],
    [{ requests: 1e300, refused: ['no-binding'] }],
    [{ requests: null, refused: { '<script>': 1, ['__proto__']: 1, [`a${'b'.repeat(100)}`]: 1 } }],
  ])('is left out where no agent can have written it: %j', (counts) => {
    const [asked] = read(counts);
    expect(asked?.refused).toEqual({});
    expect(asked).not.toHaveProperty('requests');
  });

  it('names a few reasons, whatever is sent', () => {
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`reason-${at}`, 1]));
    expect(Object.keys(read({ requests: 1, refused: many })[0]?.refused ?? {})).toHaveLength(16);
  });
});

describe('who got no token, by the record of an agent', () => {
  const since = '2026-12-01T00:00:00.000Z';
  const refusals = (more: object) => parseRefusals(JSON.stringify({ since, pods: [{ ...pod, ...more }] }));

  it('is each way of asking whose last answer was no token', () => {
    const uses = [use, { ...use, outcome: 'answered' }, { ...use, outcome: 'token-403' }];
    expect(refusals({ uses })).toEqual({
      since: '2026-12-01T00:00:00Z',
      pods: ['no-binding', 'token-403'].map((reason) => ({
        ...{ namespace: 'demo', name: 'web-1', reason },
        lastAsked: '2026-12-01T08:00:00Z',
      })),
    });
  });

  it.each([
    [{ name: '-o=json' }],
    [{ name: 'web\n' }],
    [{ namespace: '../kube-system' }],
    [{ namespace: 'n'.repeat(300) }],
    [{ uses: [{ ...use, outcome: '\u001b[2J' }] }],
    [{ uses: [{ ...use, outcome: 7 }] }],
    [{ uses: [{ ...use, lastAsked: 'yesterday' }] }],
    [{ uses: 'many' }],
  ])('leaves out what no agent can have written: %j', (more) => {
    expect(refusals(more)?.pods).toEqual([]);
  });

  it.each(['', '[]', 'null', '{"pods": []}', '<html>'])('is undefined for what is no record: %s', (text) => {
    expect(parseRefusals(text)).toBeUndefined();
  });
});
