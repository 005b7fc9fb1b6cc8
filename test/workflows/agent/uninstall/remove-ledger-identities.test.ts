import { describe, expect, it } from 'vitest';
import type { Machine, Machines } from '../../../../src/domain/azure/machines.ts';
import type { StoredLedger } from '../../../../src/domain/kubernetes/agent-cluster.ts';
import { refText } from '../../../../src/domain/kubernetes/kube-object.ts';
import type { LedgerState } from '../../../../src/domain/standard-mode/ledger-state.ts';
import { PodidError } from '../../../../src/errors/podid-error.ts';
import {
  ownedText,
  removeLedgerIdentities,
} from '../../../../src/workflows/agent/uninstall/remove-ledger-identities.ts';
import { fakePlace } from '../fake-agent-place.ts';

const wait = { timeoutMs: 60_000, intervalMs: 1000, signal: new AbortController().signal };

/** Machines by id, and a ledger whose writes are for the version before alone. */
function world(machines: Readonly<Record<string, readonly string[]>>, state: LedgerState['machines']) {
  const carried = new Map(Object.entries(machines));
  const written: string[] = [];
  let stored: StoredLedger | undefined = { state: { epoch: 3, machines: state }, version: '1' };
  const machine = (id: string): Machine => ({
    ...{ resourceId: id, name: id, kind: 'vm', osType: 'Linux', identityType: 'UserAssigned' },
    ...{ identityIds: carried.get(id) ?? [], provisioningState: 'Succeeded' },
  });
  const azure: Partial<Machines> = {
    async get(id) {
      if (!carried.has(id)) {
        throw new PodidError('MachineNotFound', `${id} does not exist.`);
      }
      return machine(id);
    },
    async removeIdentities({ resourceId }, ids) {
      if (resourceId === 'locked') {
        throw new PodidError('AssignForbidden', 'A lock forbids it.');
      }
      carried.set(
        resourceId,
        (carried.get(resourceId) ?? []).filter((id) => !ids.includes(id)),
      );
      return { machine: machine(resourceId) };
    },
  };
  const place = fakePlace({
    ledger: async () => stored,
    keepLedger: async ({ state: kept, version }) => {
      if (version !== stored?.version) {
        throw new PodidError('AgentRefused', 'conflict');
      }
      stored = { state: kept, version: `${Number(version) + 1}` };
      return stored;
    },
    remove: async (ref) => {
      written.push(`remove ${refText(ref)}`);
      stored = undefined;
      return true;
    },
  });
  const access = { machines: azure as Machines, pollIntervalMs: 1 };
  return { carried, place, access, written, ledger: () => stored, lose: () => (stored = undefined) };
}

describe('taking from machines what podid put there', () => {
  it('takes what the ledger names, what was begun too, leaves all else, and then takes the ledger', async () => {
    const { carried, place, access, written } = world(
      { one: ['web', 'kubelet'], two: ['web', 'jobs', 'others'] },
      { one: { on: ['web'] }, two: { on: ['web'], doing: { add: ['jobs'], remove: [] } } },
    );
    const cleaned = await removeLedgerIdentities(place, access, wait);
    expect(cleaned).toEqual([
      { resource: 'one', identities: ['web'], clean: true },
      { resource: 'two', identities: ['web', 'jobs'], clean: true },
    ]);
    expect(Object.fromEntries(carried)).toEqual({ one: ['kubelet'], two: ['others'] });
    expect(written).toEqual(['remove ConfigMap kube-system/podid-mic-ledger']);
  });

  it('keeps a machine that Azure refuses in the ledger, and that machine alone', async () => {
    const { place, access, written, ledger } = world(
      { locked: ['web'], one: ['web'] },
      { locked: { on: ['web'] }, one: { on: ['web'] }, gone: { on: ['web'] } },
    );
    const cleaned = await removeLedgerIdentities(place, access, wait);
    expect(cleaned.map(({ resource, clean, reason }) => [resource, clean, reason])).toEqual([
      ['locked', false, 'A lock forbids it.'],
      ['one', true, undefined],
      ['gone', true, 'the machine is gone'],
    ]);
    expect(ledger()?.state).toEqual({ epoch: 3, machines: { locked: { on: ['web'] } } });
    expect(written).toEqual([]);
  });

  it('removes nothing without a ledger, and says so', async () => {
    const { carried, place, access, lose } = world({ one: ['web'] }, { one: { on: ['web'] } });
    lose();
    expect(await removeLedgerIdentities(place, access, wait)).toEqual([]);
    expect(carried.get('one')).toEqual(['web']);
    expect(place.messages.join()).toContain('There is no ledger (ConfigMap kube-system/podid-mic-ledger)');
  });

  it('stops where a controller writes the ledger meanwhile', async () => {
    const { place, access } = world({ one: ['web'] }, { one: { on: ['web'] } });
    const before = await place.agent.ledger(wait.signal);
    const other = {
      ...place,
      agent: Object.assign(place.agent, { ledger: async () => before && { ...before, version: '0' } }),
    };
    await expect(removeLedgerIdentities(other, access, wait)).rejects.toMatchObject({ code: 'AgentRefused' });
  });

  it.each([
    [{}, undefined],
    [{ one: { on: ['web'] } }, '1 identity that podid put on 1 machine'],
    [{ one: { on: ['web', 'jobs'] }, two: { on: ['web'] } }, '3 identities that podid put on 2 machines'],
  ])('counts %j', (machines, text) => {
    expect(ownedText({ state: { epoch: 1, machines }, version: '1' })).toBe(text);
  });
});
