import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/domain/azure/machines.ts';
import { type MachineFacts, planMachine } from '../../../src/mic/decide/plan-machine.ts';
import { keyOf, resourceId, scaleSetId } from './mic-objects.ts';

const id = (name: string) => resourceId(name);
const key = (name: string) => keyOf(resourceId(name));
const both = 'SystemAssigned, UserAssigned';

function machine(carried: readonly string[], more: Partial<Machine> = {}): Machine {
  return {
    resourceId: scaleSetId('pool1'),
    name: 'pool1',
    kind: 'vmss',
    osType: 'Linux',
    identityType: carried.length > 0 ? 'UserAssigned' : 'None',
    identityIds: carried.map(id),
    provisioningState: 'Succeeded',
    eTag: '"1"',
    ...more,
  };
}

interface Parts
  extends Partial<Omit<MachineFacts, 'wanted' | 'owned' | 'unneededSince' | 'refusedUntil' | 'groups'>> {
  readonly wanted?: readonly string[];
  readonly owned?: readonly string[];
  readonly unneeded?: Readonly<Record<string, number>>;
  readonly refused?: Readonly<Record<string, number>>;
  readonly groups?: readonly (readonly string[])[];
}

const nowMs = 1_000_000;

function plan(parts: Parts) {
  const { wanted = [], owned = [], unneeded = {}, refused = {}, groups = [], ...more } = parts;
  const keyed = (times: Readonly<Record<string, number>>) =>
    new Map(Object.entries(times).map(([name, time]) => [key(name), time]));
  return planMachine({
    machine: machine([]),
    wanted: new Map(wanted.map((name) => [key(name), id(name)])),
    owned: new Set(owned.map(key)),
    isKept: () => false,
    ownerOf: () => 'shop',
    unneededSince: keyed(unneeded),
    removalDelayMs: 600_000,
    isProtected: () => false,
    mayRemove: () => true,
    refusedUntil: keyed(refused),
    groups: groups.map((group) => group.map(key)),
    notBeforeMs: 0,
    nowMs,
    ...more,
  });
}

/** Unneeded for longer than the delay. */
const long = nowMs - 600_000;

describe('what a machine is sent', () => {
  it('is what pods need and it lacks, in one body', () => {
    expect(plan({ machine: machine(['api']), wanted: ['api', 'web', 'jobs'] })).toEqual({
      kind: 'change',
      add: [id('web'), id('jobs')],
      remove: [],
      identity: { type: 'UserAssigned', userAssignedIdentities: { [id('web')]: {}, [id('jobs')]: {} } },
    });
  });

  it('is nothing where it carries all, in whatever case Azure writes it', () => {
    const shouting = machine([], { identityIds: [id('web').toUpperCase()], identityType: 'UserAssigned' });
    expect(plan({ machine: shouting, wanted: ['web'] })).toEqual({ kind: 'wait', untilMs: undefined });
  });

  it('names at most 150 identities', () => {
    const names = Array.from({ length: 200 }, (_, number) => `i${number}`);
    const sent = plan({ wanted: names });
    expect(sent.kind === 'change' && sent.add).toHaveLength(150);
  });

  it('is read first where nothing is known of it and something is needed', () => {
    expect(plan({ machine: undefined, wanted: ['web'] })).toEqual({ kind: 'read' });
    expect(plan({ machine: undefined })).toEqual({ kind: 'wait', untilMs: undefined });
  });

  it.each([
    ['Updating', 'busy'],
    ['Creating', 'busy'],
    ['Deleting', 'being-deleted'],
    ['Failed', 'change'],
  ])('in state %s: %s (rule 6: conflicts)', (provisioningState, kind) => {
    expect(plan({ machine: machine([], { provisioningState }), wanted: ['web'] }).kind).toBe(kind);
  });

  it('rule 7: still Created long after a passing fault: whatever waits has a time', () => {
    expect(plan({ wanted: ['web'], notBeforeMs: nowMs + 5 })).toEqual({ kind: 'paused', untilMs: nowMs + 5 });
    expect(plan({ wanted: ['web'], refused: { web: nowMs + 9 } })).toEqual({
      kind: 'wait',
      untilMs: nowMs + 9,
    });
    const gone = plan({ machine: machine(['web']), owned: ['web'], unneeded: { web: nowMs - 1 } });
    expect(gone).toEqual({ kind: 'wait', untilMs: nowMs - 1 + 600_000 });
  });
});

describe('rule 5: bad identity', () => {
  it('leaves one that was refused out of the change of the others', () => {
    expect(plan({ wanted: ['web', 'bad'], refused: { bad: nowMs - 1 } })).toMatchObject({ add: [id('web')] });
  });

  it('goes alone once its time has come', () => {
    const sent = plan({
      machine: machine(['web']),
      wanted: ['web', 'bad', 'worse'],
      refused: { bad: 0, worse: 0 },
    });
    expect(sent).toMatchObject({ add: [id('bad')] });
  });

  it('is looked for by halves, one after the other', () => {
    const groups = [['a', 'b'], ['c']];
    expect(plan({ wanted: ['a', 'b', 'c', 'new'], groups })).toMatchObject({ add: [id('a'), id('b')] });
    expect(plan({ machine: machine(['a', 'b']), wanted: ['a', 'b', 'c'], groups })).toMatchObject({
      add: [id('c')],
    });
  });
});

describe('what is taken off a machine', () => {
  const due: Parts = { machine: machine(['web', 'other']), owned: ['web'], unneeded: { web: long } };

  it('is what podid added, once nobody has needed it for the delay', () => {
    expect(plan(due)).toMatchObject({
      kind: 'change',
      add: [],
      remove: [id('web')],
      identity: { type: 'UserAssigned', userAssignedIdentities: { [id('web')]: null } },
    });
  });

  it('goes together with what is added', () => {
    expect(plan({ ...due, wanted: ['api'] })).toMatchObject({
      identity: { userAssignedIdentities: { [id('api')]: {}, [id('web')]: null } },
    });
  });

  it.each<[string, Parts]>([
    ['rule 10: identity in use taken away', { ...due, wanted: ['web', 'other'] }],
    ["rule 11: others' identities taken away", { ...due, owned: [] }],
    [
      'rule 11: immutable ones, the ones of the cluster and podid itself',
      { ...due, isProtected: () => true },
    ],
    ['rule 13: last pod gone, next one pending', { ...due, isKept: () => true }],
    ['rule 13: before the delay is over', { ...due, unneeded: { web: long + 1 } }],
    ['rule 13: never', { ...due, removalDelayMs: undefined }],
    ['rule 16: before the second look', { ...due, mayRemove: () => false }],
  ])('never: %s', (_rule, parts) => {
    expect(plan(parts).kind).toBe('wait');
  });
});

describe('rule 12: system-assigned identity destroyed', () => {
  it.each([
    ['UserAssigned', ['web'], { type: 'None' }],
    [both, ['web'], { type: 'SystemAssigned' }],
    [both, ['web', 'other'], { type: both, userAssignedIdentities: { [id('web')]: null } }],
    [
      'UserAssigned',
      ['web', 'other'],
      { type: 'UserAssigned', userAssignedIdentities: { [id('web')]: null } },
    ],
  ])('a removal from type %s with %j sends %j', (identityType, carried, identity) => {
    const parts = { machine: machine(carried, { identityType }), owned: ['web'], unneeded: { web: long } };
    expect(plan(parts)).toMatchObject({ identity });
  });

  it('sends nothing to a machine that has a system-assigned identity alone', () => {
    const parts = {
      machine: machine([], { identityType: 'SystemAssigned' }),
      owned: ['web'],
      unneeded: { web: long },
    };
    expect(plan(parts).kind).toBe('wait');
  });

  it('keeps it when the first user-assigned one is added', () => {
    const parts = { machine: machine([], { identityType: 'SystemAssigned' }), wanted: ['web'] };
    expect(plan(parts)).toMatchObject({ identity: { type: both } });
  });
});
