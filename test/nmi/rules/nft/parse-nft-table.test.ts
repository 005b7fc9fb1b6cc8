import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNftTable } from '../../../../src/nmi/rules/nft/parse-nft-table.ts';

const chain = {
  family: 'inet',
  table: 'podid',
  name: 'shield',
  handle: 4,
  type: 'filter',
  hook: 'forward',
  prio: -200,
  policy: 'accept',
};
const rule = (packets: number, handle: number) => ({
  family: 'inet',
  table: 'podid',
  chain: 'shield',
  handle,
  comment: 'podid: nothing else',
  expr: [{ counter: { packets, bytes: packets * 60 } }, { drop: null }],
});
const listing = (...entries: readonly object[]) =>
  JSON.stringify({
    nftables: [
      { metainfo: { version: '1.0.6' } },
      { table: { family: 'inet', name: 'podid', handle: 2 } },
      ...entries,
    ],
  });
const meaning = (text: string) => {
  const { flags, chains, rules } = parseNftTable(text);
  return [flags, ...chains, ...rules].join('\n');
};

describe('what nft lists', () => {
  it('means the same whatever sources packets put into a set, and another thing when the set or its rule changes', () => {
    const set = (elem: readonly object[], size = 4_096) => ({
      set: { family: 'inet', name: 'newcomers', table: 'podid', type: 'ipv4_addr', handle: 2, size, elem },
    });
    const limited = (field: string) => ({
      rule: {
        ...rule(1, 1),
        expr: [{ set: { op: 'update', elem: { payload: { protocol: 'ip', field } }, set: '@newcomers' } }],
      },
    });
    const source = { elem: { val: '10.244.0.10', timeout: 10, expires: 7 } };
    const empty = meaning(listing(set([]), limited('saddr')));
    expect(meaning(listing(set([source]), limited('saddr')))).toBe(empty);
    expect(meaning(listing(set([source], 1), limited('saddr')))).not.toBe(empty);
    expect(meaning(listing(set([source]), limited('daddr')))).not.toBe(empty);
    expect(meaning(listing(limited('saddr')))).not.toBe(empty);
  });

  it('means the same whatever the counters and handles are', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(), (packets, handle, tableHandle) => {
        const before = listing({ chain }, { rule: rule(0, 1) });
        const after = listing({ chain: { ...chain, handle: tableHandle } }, { rule: rule(packets, handle) });
        expect(meaning(after)).toBe(meaning(before));
      }),
    );
  });

  it('means something else with one rule more, one less, another order, or another hook', () => {
    const accept = { rule: { ...rule(0, 9), expr: [{ accept: null }] } };
    const drop = { rule: rule(0, 1) };
    const meanings = [
      listing({ chain }, drop),
      listing({ chain }, accept, drop),
      listing({ chain }, drop, accept),
      listing({ chain }),
      listing({ chain: { ...chain, prio: 200 } }, drop),
      listing({ chain: { ...chain, policy: 'drop' } }, drop),
      listing({ chain }, drop, { set: { name: 'x' } }),
    ].map(meaning);
    expect(new Set(meanings).size).toBe(meanings.length);
  });

  it('means something else when the table is dormant, however nft writes that', () => {
    const intact = listing({ chain }, { rule: rule(0, 1) });
    const flagged = ['"podid"', '["dormant"]'].map((flags) =>
      intact.replace('"handle":2', `"handle":2,"flags":${flags}`),
    );
    for (const text of flagged) {
      expect(meaning(text)).not.toBe(meaning(intact));
    }
  });

  it('counts packets by what the rule is for', () => {
    const { packets } = parseNftTable(listing({ chain }, { rule: rule(3, 1) }, { rule: rule(4, 2) }));
    expect(packets).toEqual({ 'podid: nothing else': 7 });
  });

  it('is refused when it is something else', () => {
    expect(() => parseNftTable('Error: No such file')).toThrow(SyntaxError);
    expect(() => parseNftTable('{}')).toThrow(TypeError);
  });
});
