import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createFairTurns,
  createPlaceCounts,
  type Holder,
  placeToYield,
  type TakenPlace,
} from '../../src/runtime/fair-places.ts';

const pods = ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1'];
const holder = (pod: string): Holder => ({ namespace: pod.split('/')[0] ?? '', pod });
const taken = (...names: readonly string[]): TakenPlace<number>[] =>
  names.map((shared, item) => ({ item, holders: shared.split('+').map(holder) }));

const somePod = fc.constantFrom(...pods);
const somePlace = fc.uniqueArray(somePod, { minLength: 1, maxLength: 3 }).map((names) => names.join('+'));
const of = (places: readonly TakenPlace<number>[], belongs: (one: Holder) => boolean) =>
  places.filter(({ holders }) => holders.some(belongs)).length;

describe('where no place is left', () => {
  it.each([
    { who: 'the largest namespace', places: ['a/1', 'a/2', 'a/3', 'b/1'], newcomer: 'c/1', loses: 2 },
    { who: 'the largest pod of it', places: ['a/1', 'a/1', 'a/2', 'b/1'], newcomer: 'c/1', loses: 1 },
    {
      who: 'not the largest pod of all',
      places: ['b/1', 'b/1', 'a/1', 'a/2', 'a/3'],
      newcomer: 'c/1',
      loses: 4,
    },
    { who: 'a pod of the newcomer’s namespace', places: ['a/1', 'a/1', 'b/1'], newcomer: 'a/2', loses: 1 },
    { who: 'the newcomer that has most', places: ['a/1', 'a/1', 'b/1'], newcomer: 'a/1', loses: undefined },
    {
      who: 'the newcomer that would have as much',
      places: ['a/1', 'b/1'],
      newcomer: 'c/1',
      loses: undefined,
    },
    {
      who: 'nobody who shares with a small one',
      places: ['a/1', 'a/1+b/1', 'a/1+b/1'],
      newcomer: 'c/1',
      loses: 0,
    },
  ])('$who loses the last that came', ({ places, newcomer, loses }) => {
    expect(placeToYield(taken(...places), holder(newcomer))).toBe(loses);
  });

  it('refuses nobody while another namespace has more than its own would have', () => {
    fc.assert(
      fc.property(fc.array(somePod, { maxLength: 40 }), somePod, (names, name) => {
        const places = taken(...names);
        const { namespace } = holder(name);
        const would = of(places, (one) => one.namespace === namespace) + 1;
        const most = Math.max(
          0,
          ...['a', 'b', 'c']
            .filter((other) => other !== namespace)
            .map((other) => of(places, (one) => one.namespace === other)),
        );
        expect(placeToYield(places, holder(name)) !== undefined || most <= would).toBe(true);
      }),
    );
  });

  it('takes a place only from those who all have more than the newcomer would have', () => {
    fc.assert(
      fc.property(fc.array(somePlace, { maxLength: 40 }), somePod, (names, name) => {
        const places = taken(...names);
        const lost = placeToYield(places, holder(name));
        const { namespace } = holder(name);
        for (const loser of lost === undefined ? [] : (places[lost]?.holders ?? [])) {
          const isSame = (one: Holder) =>
            loser.namespace === namespace ? one.pod === loser.pod : one.namespace === loser.namespace;
          const isOwn = (one: Holder) =>
            loser.namespace === namespace ? one.pod === name : one.namespace === namespace;
          expect(of(places, isSame)).toBeGreaterThan(of(places, isOwn) + 1);
        }
      }),
    );
  });

  it('comes to rest: two namespaces that ask without end do not take each other’s places for ever', () => {
    fc.assert(
      fc.property(fc.array(somePod, { minLength: 1, maxLength: 30 }), fc.array(somePod), (first, later) => {
        let places = taken(...first);
        let exchanges = 0;
        for (const [index, name] of [...later, ...later, ...later].entries()) {
          const lost = placeToYield(places, holder(name));
          if (lost !== undefined) {
            exchanges += 1;
            places = [
              ...places.filter(({ item }) => item !== lost),
              { item: 1_000 + index, holders: [holder(name)] },
            ];
          }
        }
        expect(exchanges).toBeLessThanOrEqual(first.length * pods.length);
      }),
    );
  });
});

describe('places of one holder each', () => {
  const counted = (names: readonly string[]) => {
    const counts = createPlaceCounts();
    for (const name of names) {
      counts.add(holder(name), 1);
    }
    return counts;
  };

  it('go by the same rule, counted as they come and go', () => {
    fc.assert(
      fc.property(fc.array(somePod, { maxLength: 40 }), fc.array(somePod), somePod, (names, gone, name) => {
        const counts = counted([...gone, ...names]);
        for (const each of gone) {
          counts.add(holder(each), -1);
        }
        const places = taken(...names);
        const loser = counts.toYield(holder(name));
        const lost = placeToYield(places, holder(name));
        const same = (one?: Holder, other?: Holder) =>
          counts.of(one ?? holder(name)) === counts.of(other ?? holder(name)) &&
          of(places, ({ namespace }) => namespace === one?.namespace) ===
            of(places, ({ namespace }) => namespace === other?.namespace);
        expect(same(loser, lost === undefined ? undefined : places[lost]?.holders[0])).toBe(true);
      }),
      // Two namespaces have as much, and the pods of one of them less each.
      { examples: [[['c/1', 'a/3', 'c/1', 'a/1'], ['a/1'], 'b/1']] },
    );
  });

  it('are most with the largest pod of the largest namespace, however little that is', () => {
    expect(counted(['a/1', 'a/1', 'a/1', 'b/1', 'b/1', 'b/2', 'b/2']).most?.pod).toBe('b/1');
    expect(counted(['a/1']).most?.pod).toBe('a/1');
    expect(counted([]).most).toBeUndefined();
  });
});

describe('turns', () => {
  it('give a namespace of one pod as many as a namespace of five', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), (count) => {
        const turns = createFairTurns();
        const waiting = [...Array.from({ length: count }, (_, i) => `a/${i}`), 'b/1'].map(holder);
        const served: string[] = [];
        for (let turn = 0; turn < 20; turn += 1) {
          const next = waiting.reduce((best, one) => (turns.isBefore(one, best) ? one : best));
          turns.take(next);
          served.push(next.pod);
        }
        expect(served.filter((pod) => pod === 'b/1')).toHaveLength(10);
        const ofPods = waiting.slice(0, -1).map(({ pod }) => served.filter((other) => other === pod).length);
        expect(Math.max(...ofPods) - Math.min(...ofPods)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
