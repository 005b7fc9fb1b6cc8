import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gapsAfterLook, type NodeGap } from '../../../src/domain/takeover/node-gaps.ts';

const one = { machine: '/machines/a', identityId: '/ids/web' };
const other = { machine: '/machines/b', identityId: '/ids/web' };

describe('the gaps of the nodes', () => {
  it('begin at the look before, and end at the one that finds it back', () => {
    const lost = gapsAfterLook([], [one], { at: '12:00:10', before: '12:00:00' });
    expect(lost).toEqual([{ ...one, from: '12:00:00', until: null }]);
    const more = gapsAfterLook(lost, [one, other], { at: '12:00:20', before: '12:00:10' });
    expect(more).toEqual([...lost, { ...other, from: '12:00:10', until: null }]);
    expect(gapsAfterLook(more, [other], { at: '12:00:30', before: '12:00:20' })).toEqual([
      { ...one, from: '12:00:00', until: '12:00:30' },
      { ...other, from: '12:00:10', until: null },
    ]);
  });

  it('are two where it is taken twice, and one however an id is spelled', () => {
    const past = [{ ...one, from: '12:00:00', until: '12:00:10' }];
    expect(gapsAfterLook(past, [one], { at: '12:00:30', before: '12:00:20' })).toHaveLength(2);
    const open = [{ ...one, from: '12:00:00', until: null }];
    const spelled = { machine: '/MACHINES/a', identityId: '/ids/WEB' };
    expect(gapsAfterLook(open, [spelled], { at: '12:00:30', before: '12:00:20' })).toEqual(open);
  });

  it('are open for what was missing at the last look, and for nothing else', () => {
    const lacks = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));
    fc.assert(
      fc.property(fc.array(lacks, { minLength: 1 }), (looks) => {
        let gaps: readonly NodeGap[] = [];
        for (const [number, missing] of looks.entries()) {
          const carried = missing.map((identityId) => ({ machine: '/machines/a', identityId }));
          gaps = gapsAfterLook(gaps, carried, { at: `${number + 1}`, before: `${number}` });
        }
        const open = gaps.filter(({ until }) => until === null).map(({ identityId }) => identityId);
        expect(open.toSorted()).toEqual(looks.at(-1)?.toSorted());
        expect(gaps.every(({ from, until }) => until === null || Number(until) > Number(from))).toBe(true);
      }),
    );
  });
});
