import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameSpec, nodeTokensGuard, ownPodsGuard } from '../../../src/domain/exchange/exchange-guard.ts';

const agent = {
  account: { namespace: 'kube-system', name: 'podid-nmi' },
  audience: 'api://AzureADTokenExchange',
};

describe('the policies of an agent that makes tokens', () => {
  it('are the same whatever the order of their members, and another one with one member more, less or changed', () => {
    const guards = [ownPodsGuard(agent), nodeTokensGuard(agent)];
    fc.assert(
      fc.property(
        fc.constantFrom(...guards.flatMap(({ policy, binding }) => [policy, binding])),
        fc.nat(),
        fc.constantFrom('more', 'less', 'changed'),
        (spec, seed, how) => {
          expect(isSameSpec(spec, reversed(spec))).toBe(true);
          const copy = structuredClone(spec) as Record<string, unknown>;
          const places = objectsIn(copy);
          const place = places[seed % places.length] ?? copy;
          const [name = ''] = Object.keys(place);
          if (how === 'more' || name === '') {
            place['other'] = {};
          } else if (how === 'less') {
            delete place[name];
          } else {
            place[name] = 'another';
          }
          expect(isSameSpec(spec, copy)).toBe(false);
        },
      ),
    );
  });

  it('is never the same as nothing', () => {
    for (const found of [undefined, null, '', {}, []]) {
      expect(isSameSpec(ownPodsGuard(agent).policy, found)).toBe(false);
    }
  });
});

function objectsIn(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) {
    return value.flatMap(objectsIn);
  }
  return typeof value === 'object' && value !== null
    ? [value as Record<string, unknown>, ...Object.values(value).flatMap(objectsIn)]
    : [];
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(reversed);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([name, each]) => [name, reversed(each)]),
      )
    : value;
}
