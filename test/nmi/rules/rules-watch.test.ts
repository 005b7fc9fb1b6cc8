import { describe, expect, it } from 'vitest';
import type { Heartbeat } from '../../../src/nmi/rules/heartbeat.ts';
import { createRulesWatch } from '../../../src/nmi/rules/rules-watch.ts';

const heartbeat: Heartbeat = {
  rules: { intact: true, backend: 'nft', putBack: 0, packets: {} },
  guard: { active: false, pods: 0, unknown: 0, putBack: 0, packets: {} },
  listenOn: [],
  problems: [],
  addresses: { '10.0.0.1': 'web' },
  records: { keepsRecords: true, stamp: '1 2', sources: { '10.0.0.1': { name: 'net-a', stamp: '3 4' } } },
  intervalMs: 1_000,
  writtenAtMs: 0,
  writtenAtUptimeMs: 0,
};
const none = { keepsRecords: false, stamp: '', sources: {} };

interface Situation {
  readonly beat?: Partial<Heartbeat> | undefined;
  readonly ageMs?: number;
  readonly stamp?: string;
  readonly record?: string;
  readonly isKept?: boolean;
  readonly address?: string;
}

function watch({ beat, ageMs = 0, stamp = '', record = '', isKept = true }: Situation) {
  const lost: string[] = [];
  const rules = createRulesWatch({
    uptimeMs: () => ageMs,
    onChange: () => undefined,
    isKept,
    folderStamp: () => stamp,
    recordStamp: () => record,
    onAddressLost: (address, uid) => lost.push(`${uid} ${address}`),
  });
  if (beat !== undefined) {
    void rules.publish({ ...heartbeat, ...beat });
  }
  return { rules, lost };
}

describe('the evidence of who has an address', () => {
  it.each<[string, Situation, string]>([
    ['is the record, while the keeper reports', { beat: {} }, 'recorded'],
    [
      'is the record, as long as the folder is as it was read',
      { beat: {}, stamp: '1 2', ageMs: 60_000 },
      'recorded',
    ],
    ['is not there yet when the folder has changed since', { beat: {}, stamp: '1 3' }, 'not-yet'],
    [
      'is not there yet when it was read while it changed',
      { beat: { records: { ...none, keepsRecords: true } }, stamp: '1 2' },
      'not-yet',
    ],
    [
      'is not there yet when the keeper has not reported for three intervals',
      { beat: {}, ageMs: 3_001 },
      'not-yet',
    ],
    ['is not there yet when the keeper was never heard', {}, 'not-yet'],
    ['is the record, which is as it was read', { beat: {}, stamp: '1 2', record: '3 4' }, 'recorded'],
    [
      'is not there yet when the record was written anew in its place',
      { beat: {}, stamp: '1 2', record: '3 5' },
      'not-yet',
    ],
    ['is that there is no record', { beat: {}, address: '10.0.0.2' }, 'unrecorded'],
    [
      'is that there is no record, for an address that is named as a member of every object',
      { beat: {}, address: 'constructor' },
      'unrecorded',
    ],
    ['is none where nobody writes records', { beat: { records: none } }, 'none-kept'],
    [
      'is none where the folder stays empty',
      { beat: { records: { ...none, stamp: '1 2' } }, stamp: '1 2' },
      'none-kept',
    ],
    [
      'is not there yet when the first record comes',
      { beat: { records: { ...none, stamp: '1 2' } }, stamp: '1 3' },
      'not-yet',
    ],
    ['is none where nobody is to report', { isKept: false }, 'none-kept'],
  ])('%s', (_what, situation, kind) => {
    const { rules } = watch(situation);
    expect(rules.evidenceOf(situation.address ?? '10.0.0.1').kind).toBe(kind);
  });
});

describe('a heartbeat', () => {
  it('tells which pod has lost which address', () => {
    const { rules, lost } = watch({
      beat: { addresses: { '10.0.0.1': 'a', '10.0.0.2': 'b', '10.0.0.3': 'c' } },
    });
    void rules.publish({ ...heartbeat, addresses: { '10.0.0.1': 'a', '10.0.0.2': 'd' } });
    expect(lost).toEqual(['b 10.0.0.2', 'c 10.0.0.3']);
  });
});
