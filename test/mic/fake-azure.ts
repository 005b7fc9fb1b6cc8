import type { PatchAnswer } from '../../src/arm/machines/patch-identities.ts';
import type { MachineFault } from '../../src/domain/azure/machine-fault.ts';
import type { IdentityPatch } from '../../src/domain/azure/machine-identities.ts';
import type { Machine } from '../../src/domain/azure/machines.ts';
import type { Clock } from '../../src/domain/time/clock.ts';
import { PodidError } from '../../src/errors/podid-error.ts';
import { groupKey, groupOf, type MachineApi } from '../../src/mic/machines/machine-api.ts';

interface FakeMachine {
  readonly resourceId: string;
  hasSystem: boolean;
  /** By key, as Azure writes them. */
  readonly ids: Map<string, string>;
  /** What podid has added and nobody has taken off since. */
  readonly byPodid: Set<string>;
  /** What is there and may be podid's or not: nobody can tell. Podid may take it off, or leave it. */
  readonly anybodys: Set<string>;
  /**
   * Since podid last read the idle machine others have taken these off, or podid may have put them there: once they are there,
   * nobody can tell whose they are.
   */
  readonly unseen: Set<string>;
  eTag: number;
  busyUntilMs: number;
  /** The last change that was accepted did not come to its end. */
  hasFailed: boolean;
}

/** How one PATCH is answered in place of being done. */
export type PatchTrouble =
  | { readonly kind: 'refuse'; readonly fault: MachineFault }
  /** It is done, and nobody hears of it. */
  | { readonly kind: 'lost' }
  /** It is done, and answered as if it were not. */
  | { readonly kind: 'denied'; readonly fault: MachineFault }
  /** The connection fails before it gets there. */
  | { readonly kind: 'unreached' }
  /** It is accepted, and its operation fails. */
  | { readonly kind: 'operation-fails' };

export interface SentPatch {
  readonly machineId: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  readonly type: string;
}

export interface FakeAzure extends MachineApi {
  readonly machines: Map<string, FakeMachine>;
  readonly patches: SentPatch[];
  reads: number;
  /** Breaches of what must never happen, in words. */
  readonly breaches: string[];
  /** Keys that Azure refuses wherever; it names them if told to. */
  readonly bad: Set<string>;
  namesBad: boolean;
  readonly troubles: PatchTrouble[];
  isAway: boolean;
  /** Called right before a PATCH is done. */
  onPatch: (patch: SentPatch) => void;
  addMachine(
    resourceId: string,
    more?: { readonly hasSystem?: boolean; readonly others?: readonly string[] },
  ): void;
  /** As an administrator, or AKS, does. */
  putByOthers(machineId: string, id: string): void;
  takeByOthers(machineId: string, key: string): void;
}

/** How long a change of a machine takes. */
export const operationMs = 40_000;

export function fakeFault(status: number, code: string, message = code): MachineFault {
  return { status, code, message, innermost: { code, message } };
}

/** Scale sets and machines as plain objects, by a clock that a test moves. */
export function fakeAzure(clock: Clock): FakeAzure {
  const machines = new Map<string, FakeMachine>();
  const operations = new Map<string, { error?: { code: string; message: string } }>();
  const azure: FakeAzure = {
    machines,
    patches: [],
    reads: 0,
    breaches: [],
    bad: new Set(),
    namesBad: true,
    troubles: [],
    isAway: false,
    onPatch: () => undefined,
    addMachine(resourceId, { hasSystem = false, others = [] } = {}) {
      const ids = new Map(others.map((id) => [id.toLowerCase(), id]));
      machines.set(resourceId.toLowerCase(), {
        resourceId,
        hasSystem,
        ids,
        byPodid: new Set(),
        anybodys: new Set(),
        unseen: new Set(),
        eTag: 1,
        busyUntilMs: 0,
        hasFailed: false,
      });
    },
    putByOthers(machineId, id) {
      const machine = machines.get(machineId);
      if (machine !== undefined && !machine.ids.has(id.toLowerCase())) {
        machine.ids.set(id.toLowerCase(), id);
        machine.eTag += 1;
        if (machine.unseen.delete(id.toLowerCase())) {
          machine.anybodys.add(id.toLowerCase());
        }
      }
    },
    takeByOthers(machineId, key) {
      const machine = machines.get(machineId);
      if (machine?.ids.delete(key)) {
        const [wasPodids, wasAnybodys] = [machine.byPodid.delete(key), machine.anybodys.delete(key)];
        if (wasPodids || wasAnybodys) {
          machine.unseen.add(key);
        }
        machine.eTag += 1;
      }
    },
    async list(group) {
      azure.reads += 1;
      await reach(azure);
      return [...machines.values()]
        .filter(({ resourceId }) => groupKey(groupOf(resourceId)) === groupKey(group))
        .map((machine) => shown(machine, clock));
    },
    async get(machineId) {
      azure.reads += 1;
      await reach(azure);
      const machine = machines.get(machineId.toLowerCase());
      if (machine === undefined) {
        throw new PodidError('MachineNotFound', 'There is no such machine.');
      }
      return shown(machine, clock);
    },
    async patch(read, identity) {
      const machine = machines.get(read.resourceId.toLowerCase());
      if (azure.isAway && machine !== undefined) {
        const put = Object.entries(identity.userAssignedIdentities ?? {}).filter(
          ([, value]) => value !== null,
        );
        noteUnanswered(
          machine,
          put.map(([id]) => id.toLowerCase()),
        );
      }
      await reach(azure);
      return answerPatch(azure, { clock, operations }, read, identity);
    },
    follow: async ({ url }) => {
      await reach(azure);
      const { error } = operations.get(url) ?? {};
      return error === undefined ? { status: 'Succeeded' } : { status: 'Failed', error };
    },
  };
  return azure;
}

/** Of a change whose outcome Azure does not tell podid cannot know who put what it was to add there, before it or after. */
function noteUnanswered(machine: FakeMachine, add: readonly string[]): void {
  for (const key of add) {
    (machine.ids.has(key) ? machine.anybodys : machine.unseen).add(key);
  }
}

async function reach({ isAway }: FakeAzure): Promise<void> {
  if (isAway) {
    throw new PodidError('Unavailable', 'Azure could not be reached.');
  }
}

interface Inner {
  readonly clock: Clock;
  readonly operations: Map<string, { error?: { code: string; message: string } }>;
}

function answerPatch(azure: FakeAzure, inner: Inner, read: Machine, identity: IdentityPatch): PatchAnswer {
  const { clock, operations } = inner;
  const machine = azure.machines.get(read.resourceId.toLowerCase());
  const named = Object.entries(identity.userAssignedIdentities ?? {});
  const patch: SentPatch = {
    machineId: read.resourceId.toLowerCase(),
    add: named.flatMap(([id, value]) => (value === null ? [] : [id.toLowerCase()])),
    remove: named.flatMap(([id, value]) => (value === null ? [id.toLowerCase()] : [])),
    type: identity.type,
  };
  azure.patches.push(patch);
  azure.onPatch(patch);
  const trouble = azure.troubles.shift();
  const refusal = refusalOf(azure, machine, { read, patch, trouble, nowMs: clock.monotonic() });
  if (refusal !== undefined) {
    return { kind: 'refused', fault: refusal };
  }
  if (trouble?.kind === 'unreached' || machine === undefined) {
    if (machine !== undefined) {
      noteUnanswered(machine, patch.add);
    }
    throw new PodidError('Unavailable', 'The connection was cut.');
  }
  const url = `operation-${operations.size}`;
  if (trouble?.kind === 'operation-fails') {
    operations.set(url, { error: { code: 'InternalError', message: 'It failed.' } });
    machine.busyUntilMs = clock.monotonic() + operationMs;
    machine.hasFailed = true;
    return { kind: 'accepted', machine: shown(machine, clock), operation: { url } };
  }
  apply(azure, machine, patch, identity);
  operations.set(url, {});
  machine.busyUntilMs = clock.monotonic() + operationMs;
  if (trouble?.kind === 'lost') {
    throw new PodidError('Unavailable', 'The answer was lost.');
  }
  if (trouble?.kind === 'denied') {
    return { kind: 'refused', fault: trouble.fault };
  }
  return { kind: 'accepted', machine: shown(machine, clock), operation: { url } };
}

function refusalOf(
  azure: FakeAzure,
  machine: FakeMachine | undefined,
  asked: {
    readonly read: Machine;
    readonly patch: SentPatch;
    readonly trouble: PatchTrouble | undefined;
    readonly nowMs: number;
  },
): MachineFault | undefined {
  const { read, patch, trouble, nowMs } = asked;
  if (machine === undefined) {
    return fakeFault(404, 'ResourceNotFound');
  }
  if (trouble?.kind === 'refuse') {
    const { status } = trouble.fault;
    if (status === 408 || status >= 500) {
      noteUnanswered(machine, patch.add);
    }
    return trouble.fault;
  }
  if (machine.busyUntilMs > nowMs) {
    return fakeFault(409, 'Conflict');
  }
  if (read.eTag !== String(machine.eTag)) {
    return fakeFault(412, 'PreconditionFailed');
  }
  const bad = patch.add.filter((key) => azure.bad.has(key));
  return bad.length === 0
    ? undefined
    : fakeFault(
        400,
        'FailedIdentityOperation',
        azure.namesBad ? `'${bad.join("', '")}' was not found.` : 'It failed.',
      );
}

/** As Azure does it; what must never be asked of it is noted. */
function apply(azure: FakeAzure, machine: FakeMachine, patch: SentPatch, identity: IdentityPatch): void {
  const isUserAssigned = identity.type.includes('UserAssigned');
  if (machine.hasSystem && !identity.type.includes('SystemAssigned')) {
    azure.breaches.push(`the system-assigned identity of ${patch.machineId} was destroyed`);
    machine.hasSystem = false;
  }
  const removed = isUserAssigned ? patch.remove : [...machine.ids.keys()];
  for (const key of removed) {
    if (machine.ids.has(key) && !machine.byPodid.has(key) && !machine.anybodys.has(key)) {
      azure.breaches.push(`${key} of others was taken off ${patch.machineId}`);
    }
    machine.ids.delete(key);
    machine.byPodid.delete(key);
    machine.anybodys.delete(key);
  }
  for (const [id, value] of Object.entries(identity.userAssignedIdentities ?? {})) {
    if (value !== null && !machine.ids.has(id.toLowerCase())) {
      machine.ids.set(id.toLowerCase(), id);
      machine.byPodid.add(id.toLowerCase());
    }
  }
  machine.eTag += 1;
  machine.hasFailed = false;
}

function shown(machine: FakeMachine, clock: Clock): Machine {
  const { resourceId, hasSystem, ids, eTag, busyUntilMs } = machine;
  if (busyUntilMs <= clock.monotonic()) {
    machine.unseen.clear();
  }
  const ended = machine.hasFailed ? 'Failed' : 'Succeeded';
  const user = ids.size > 0;
  const both = 'SystemAssigned, UserAssigned';
  return {
    resourceId,
    name: resourceId.split('/').at(-1) ?? '',
    kind: groupOf(resourceId).kind,
    osType: 'Linux',
    identityType: hasSystem ? (user ? both : 'SystemAssigned') : user ? 'UserAssigned' : 'None',
    identityIds: [...ids.values()],
    provisioningState: busyUntilMs > clock.monotonic() ? 'Updating' : ended,
    eTag: String(eTag),
  };
}
