import { beforeEach, describe, expect, it } from 'vitest';
import type { Machine, Machines } from '../../../src/domain/azure/machines.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { startChange } from '../../../src/workflows/change/start-change.ts';
import { changeMachine } from '../../../src/workflows/nodes/change-machine.ts';
import { FakeAzure, options } from '../fake-azure.ts';

const start: Machine = {
  resourceId: '/x/vm',
  name: 'vm',
  kind: 'vm',
  osType: 'Linux',
  identityType: 'UserAssigned',
  identityIds: ['/kubelet'],
  provisioningState: 'Succeeded',
  eTag: '1',
};
const assigned = { action: 'assign', identityIds: ['/web'] } as const;

/**
 * One machine in memory. A fault is shifted off for each write, and thrown before or after the write has its
 * effect.
 */
class OneMachine {
  readonly azure = new FakeAzure();
  now: Machine = start;
  readonly sent: Machine[] = [];
  faults: ((write: () => void) => void)[] = [];
  /** Reads that still show the machine as it was. */
  lag = 0;
  /** Reads that show an operation under way. */
  busyReads = 0;

  change(noWait = false) {
    const deps = this.azure.deps();
    const machines: Partial<Machines> = {
      get: async () => {
        if (this.busyReads-- > 0) {
          return { ...this.now, provisioningState: 'Updating' };
        }
        return this.lag-- > 0 ? start : this.now;
      },
      assignIdentities: async (machine, ids) => {
        this.sent.push(machine);
        const write = () => {
          this.now = { ...this.now, identityIds: [...this.now.identityIds, ...ids] };
        };
        const fault = this.faults.shift();
        if (fault) {
          fault(write);
        } else {
          write();
        }
        return { machine: this.now };
      },
    };
    const change = startChange(
      { ...deps, azure: { ...deps.azure, machines: machines as Machines } },
      options({ noWait, timeoutMs: 120_000 }),
    );
    return changeMachine(change, start, assigned);
  }
}

let one: OneMachine;
beforeEach(() => {
  one = new OneMachine();
});

describe('the change of a machine', () => {
  it('starts from a fresh read when a colleague was quicker', async () => {
    one.faults = [
      () => {
        one.now = { ...start, eTag: '2', identityType: 'SystemAssigned, UserAssigned' };
        throw new PodidError('StaleMachine', 'Azure says no.');
      },
    ];
    const after = await one.change();
    expect(one.azure.progress).toContain('Azure says no; reading vm again');
    expect(one.sent.map(({ eTag, identityType }) => [eTag, identityType])).toEqual([
      ['1', 'UserAssigned'],
      ['2', 'SystemAssigned, UserAssigned'],
    ]);
    expect(after.identityIds).toEqual(['/kubelet', '/web']);
  });

  it('is not sent again when its lost answer hid a success', async () => {
    one.faults = [
      (write) => {
        write();
        throw new PodidError('Unavailable', 'x');
      },
    ];
    await one.change();
    expect(one.sent).toHaveLength(1);
  });

  it('is given up at the end of --timeout when Azure never shows it', async () => {
    one.lag = Number.POSITIVE_INFINITY;
    await expect(one.change()).rejects.toMatchObject({ code: 'EntryFailed' });
    expect(one.sent.length).toBeLessThan(60);
  });

  it('waits for an operation of others that a lost answer left in the dark', async () => {
    one.faults = [
      (write) => {
        write();
        one.busyReads = 3;
        throw new PodidError('Unavailable', 'x');
      },
    ];
    expect((await one.change()).provisioningState).toBe('Succeeded');
    expect(one.sent).toHaveLength(1);
  });

  it.each([
    ['AssignRefused', false],
    ['AssignForbidden', false],
    ['MachineBusy', true],
  ] as const)('ends at once with %s (--no-wait: %s)', async (code, noWait) => {
    one.faults = [
      () => {
        throw new PodidError(code, 'x');
      },
    ];
    await expect(one.change(noWait)).rejects.toMatchObject({ code });
    expect(one.sent).toHaveLength(1);
  });
});
