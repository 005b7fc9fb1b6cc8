import { describe, expect, it } from 'vitest';
import type { Machine, Machines } from '../../../src/domain/azure/machines.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { startChange } from '../../../src/workflows/change/start-change.ts';
import { changeNodes } from '../../../src/workflows/nodes/change-nodes.ts';
import { hintText } from '../../hint-text.ts';
import { clusterWith, FakeAzure, options } from '../fake-azure.ts';

const wanted = { action: 'assign', identityIds: ['/web'] } as const;
const machine = (number: number): Machine => ({
  resourceId: `/x/vm${number}`,
  name: `vm${number}`,
  kind: 'vm',
  osType: 'Linux',
  identityType: 'UserAssigned',
  identityIds: ['/kubelet'],
  provisioningState: 'Succeeded',
});
const machines = Array.from({ length: 20 }, (_, number) => machine(number));

function depsOf(port: Partial<Machines>, signal = new AbortController().signal) {
  const azure = new FakeAzure();
  const deps = azure.deps(signal);
  return startChange({ ...deps, azure: { ...deps.azure, machines: port as Machines } }, options());
}

describe('the change of many machines', () => {
  it('has at most eight under way at once, and gives the results in their order', async () => {
    const done = new Set<string>();
    let underWay = 0;
    let most = 0;
    const change = depsOf({
      get: async (id) => ({
        ...(machines.find(({ resourceId }) => resourceId === id) as Machine),
        identityIds: done.has(id) ? ['/kubelet', '/web'] : ['/kubelet'],
      }),
      assignIdentities: async (one) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setImmediate(resolve));
        underWay -= 1;
        done.add(one.resourceId);
        return { machine: one };
      },
    });
    const { result, failure } = await changeNodes(change, clusterWith(), machines, wanted);
    expect(failure).toBeUndefined();
    expect(most).toBe(8);
    expect(result.map(({ resource }) => resource)).toEqual(machines.map(({ resourceId }) => resourceId));
    expect(result.every(({ identities }) => identities.includes('/web'))).toBe(true);
  });

  it('ends with the interruption, and says what goes on in Azure', async () => {
    const interrupt = new AbortController();
    const change = depsOf(
      {
        get: async (id) => machines.find(({ resourceId }) => resourceId === id) as Machine,
        assignIdentities: async (_one, _ids, signal) => {
          interrupt.abort(new PodidError('Interrupted', 'Interrupted.'));
          signal.throwIfAborted();
          throw new Error('unreachable');
        },
      },
      interrupt.signal,
    );
    await expect(changeNodes(change, clusterWith(), machines, wanted)).rejects.toMatchObject({
      code: 'Interrupted',
      message: 'Interrupted. Azure finishes what it has accepted.',
      hint: hintText(expect.stringContaining('podid node list')),
    });
  });
});
