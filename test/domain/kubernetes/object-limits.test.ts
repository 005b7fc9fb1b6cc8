import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ObjectLedger, type ObjectLimits } from '../../../src/domain/kubernetes/object-limits.ts';

const limits: ObjectLimits = { mostOfObject: 10, mostObjects: 4, mostOfNamespace: 25, mostOfAll: 60 };
const of = (namespace: string, name: string) => ({ namespace, name });

describe('the objects that an agent keeps', () => {
  it.each([
    ['as large as one may be', [10], [undefined]],
    ['larger', [11], ['object-too-large']],
    ['not read to its end', [Number.POSITIVE_INFINITY], ['object-too-large']],
    [
      'more than a namespace may have',
      [1, 1, 1, 1, 1],
      [undefined, undefined, undefined, undefined, 'namespace-full'],
    ],
    ['larger together', [10, 10, 6, 5], [undefined, undefined, 'namespace-full', undefined]],
  ])('are judged one by one: %s', (_name, sizes, reasons) => {
    const ledger = new ObjectLedger(limits);
    expect(sizes.map((size, index) => ledger.admit(of('team', `o${index}`), size))).toEqual(reasons);
  });

  it('of one namespace leave the others their room', () => {
    const ledger = new ObjectLedger(limits);
    for (let index = 0; index < 100; index += 1) {
      ledger.admit(of('hostile', `o${index}`), 10);
    }
    expect(ledger.admit(of('team', 'a'), 10)).toBeUndefined();
    expect(ledger.countLeftOut()).toMatchObject({ 'namespace-full': 98 });
    expect(ledger.leftOutIn('team').size).toBe(0);
  });

  it('of many namespaces leave each its share, and are bounded together', () => {
    const ledger = new ObjectLedger(limits);
    let kept = 0;
    for (let index = 0; index < 50; index += 1) {
      for (const name of ['a', 'b']) {
        kept += ledger.admit(of(`hostile-${index}`, name), 10) === undefined ? 10 : 0;
      }
    }
    expect(kept).toBeLessThanOrEqual(2 * limits.mostOfAll);
    expect(ledger.countLeftOut()['cluster-full']).toBeGreaterThan(0);
    expect(ledger.admit(of('team', 'small'), 1)).toBeUndefined();
  });

  it('come and go: a newer state takes the place of the older, and what is gone makes room', () => {
    const ledger = new ObjectLedger(limits);
    expect(ledger.admit(of('team', 'a'), 10)).toBeUndefined();
    expect(ledger.admit(of('team', 'a'), 9)).toBeUndefined();
    expect(ledger.admit(of('team', 'b'), 10)).toBeUndefined();
    expect(ledger.admit(of('team', 'c'), 10)).toBe('namespace-full');
    expect([...ledger.leftOutIn('team')]).toEqual([['c', 'namespace-full']]);
    expect(ledger.hasRoomIn('team')).toBe(true);
    ledger.release(of('team', 'b'));
    expect(ledger.admit(of('team', 'c'), 10)).toBeUndefined();
    expect(ledger.leftOutIn('team').size).toBe(0);
    expect(ledger.admit(of('team', 'a'), 11)).toBe('object-too-large');
    expect(ledger.namespacesLeftOut).toEqual(['team']);
    ledger.release(of('team', 'a'));
    expect(ledger.namespacesLeftOut).toEqual([]);
  });

  it('remember the names of those that are left out only so far', () => {
    const ledger = new ObjectLedger(limits);
    for (let index = 0; index < 5_000; index += 1) {
      ledger.admit(of('hostile', `o${index}`), 11);
    }
    expect(ledger.leftOutIn('hostile').size).toBe(1_000);
  });

  it('stay within the limits of a namespace, whatever comes and goes', () => {
    const step = fc.record({
      namespace: fc.constantFrom('a', 'b', 'c'),
      name: fc.constantFrom('1', '2', '3', '4', '5', '6'),
      size: fc.integer({ min: 1, max: 12 }),
      gone: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ledger = new ObjectLedger(limits);
        const kept = new Map<string, number>();
        for (const { namespace, name, size, gone } of steps) {
          kept.delete(`${namespace}/${name}`);
          if (gone) {
            ledger.release(of(namespace, name));
          } else if (ledger.admit(of(namespace, name), size) === undefined) {
            kept.set(`${namespace}/${name}`, size);
          }
          const own = [...kept].filter(([key]) => key.startsWith(`${namespace}/`));
          expect(own.length).toBeLessThanOrEqual(limits.mostObjects);
          expect(own.reduce((sum, [, each]) => sum + each, 0)).toBeLessThanOrEqual(limits.mostOfNamespace);
        }
      }),
    );
  });
});
