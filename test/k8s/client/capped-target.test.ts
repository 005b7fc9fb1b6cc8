import { describe, expect, it } from 'vitest';
import { createCappedTarget, type Received } from '../../../src/k8s/client/capped-target.ts';
import { handClock, settle } from '../../domain/time/hand-clock.ts';

interface Thing {
  readonly namespace: string;
  readonly name: string;
  readonly text?: string;
}

function capped() {
  const clock = handClock();
  const logged: unknown[] = [];
  const names = new Set<string>();
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields: object) => void logged.push(fields),
    error: () => undefined,
  };
  const target = createCappedTarget<Thing>({
    kind: 'azureidentities',
    into: {
      replace: (items) => {
        names.clear();
        for (const { name } of items) {
          names.add(name);
        }
      },
      upsert: ({ name }) => void names.add(name),
      remove: ({ name }) => void names.delete(name),
    },
    nameOf: (thing) => thing,
    sizeOf: (thing) => JSON.stringify(thing).length,
    clock,
    logger,
  });
  return { target, clock, logged, names };
}

const thing = (name: string, text = ''): Received<Thing> => ({
  item: { namespace: 'team', name, text },
  isCut: false,
});
const large = 'x'.repeat(20_000);

describe('limits before an index', () => {
  it('let a list in from its start, whatever was known before', () => {
    const { target, names } = capped();
    for (let list = 0; list < 2; list += 1) {
      const keep = target.sieve();
      const items = [thing('a'), thing('b', large), { ...thing('c'), isCut: true }];
      target.replace(items.flatMap((item) => keep(item) ?? []));
      expect([...names]).toEqual(['a']);
      expect([...target.leftOutIn('team').keys()]).toEqual(['b', 'c']);
    }
  });

  it('log one line a minute, however much is written', async () => {
    const { target, clock, logged } = capped();
    for (let index = 0; index < 100; index += 1) {
      target.upsert(thing(`b${index}`, large));
    }
    expect(logged).toHaveLength(1);
    await clock.advance(60_000);
    target.upsert(thing('b', large));
    expect(logged).toHaveLength(2);
  });

  it('have the list read again, at most once in half a minute, when there is room for what was left out', async () => {
    const { target, clock } = capped();
    let lists = 0;
    const stop = new AbortController();
    const relist = () => {
      lists += 1;
      return lists === 1 ? Promise.reject(new Error('away')) : Promise.resolve();
    };
    const running = target.listForRoom({ relist }, stop.signal);
    for (let index = 0; index < 2_010; index += 1) {
      target.upsert(thing(`t${index}`));
    }
    expect(target.countLeftOut()['namespace-full']).toBe(10);
    target.remove(thing('t0'));
    target.remove(thing('t1'));
    await settle();
    expect(lists).toBe(0);
    await clock.advance(45_000);
    expect(lists).toBe(1);
    await clock.advance(45_000);
    expect(lists).toBe(1);
    target.remove(thing('t2'));
    await settle();
    await clock.advance(45_000);
    expect(lists).toBe(2);
    stop.abort();
    await running;
  });

  it('have nothing read again for what is too large in itself', async () => {
    const { target, clock } = capped();
    const stop = new AbortController();
    let lists = 0;
    const relist = async () => {
      lists += 1;
    };
    const running = target.listForRoom({ relist }, stop.signal);
    target.upsert(thing('a'));
    target.upsert(thing('b', large));
    target.remove(thing('a'));
    await settle();
    await clock.advance(300_000);
    expect(lists).toBe(0);
    stop.abort();
    await running;
  });
});
