import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cacheKey } from '../../../src/nmi/tokens/cached-key.ts';

const key = (clientId: string, resourceId: string, resource: string) =>
  cacheKey({
    subject: { kind: 'managed-identity', choice: { clientId, resourceId } },
    resource,
    askerId: 'pod',
  });

describe('the key of a cached token', () => {
  it('differs wherever one text is cut into identity and resource in different places', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 2 }), fc.nat(), fc.nat(), (text, first, second) => {
        const [a, b] = [first % text.length, second % text.length];
        fc.pre(a !== b);
        expect(key(text.slice(0, a), '', text.slice(a))).not.toBe(key(text.slice(0, b), '', text.slice(b)));
        expect(key(text.slice(0, a), text.slice(a), 'r')).not.toBe(key(text.slice(0, b), text.slice(b), 'r'));
      }),
    );
  });

  it('is one for ids that differ in case alone, and not for resources that do', () => {
    expect(key('AB', '/SUB/x', 'r')).toBe(key('ab', '/sub/X', 'r'));
    expect(key('ab', '', 'R')).not.toBe(key('ab', '', 'r'));
  });

  it('is another one for each account whose token is exchanged, and for the agent’s', () => {
    const by = (subject: 'agent' | 'workload', account?: { namespace: string; name: string }) =>
      cacheKey({
        subject: {
          kind: 'exchange',
          clientId: 'a',
          tenantId: 'b',
          subject,
          ...(account === undefined ? {} : { account }),
        },
        resource: 'r',
        askerId: 'pod',
      });
    const keys = [
      by('agent'),
      by('workload', { namespace: 'shop', name: 'web' }),
      by('workload', { namespace: 'shop', name: 'batch' }),
      by('workload', { namespace: 'shopw', name: 'eb' }),
      by('workload', { namespace: 'bank', name: 'web' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
