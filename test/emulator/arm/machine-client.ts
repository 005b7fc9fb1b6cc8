import { scaleSetId } from '../../../src/emulator/scenarios/machine-parts.ts';
import { identityId } from '../../../src/emulator/scenarios/scenario-parts.ts';
import type { Emulator } from '../../../src/emulator/start-emulator.ts';

/** A system-assigned identity is on it, `jobs`, and the kubelets' own. */
export const batch = scaleSetId('batch');
export const solo = scaleSetId('solo').replace(
  'virtualMachineScaleSets/aks-solo-12345678-vmss',
  'virtualMachines/aks-solo-12345678-vms1',
);
export const both = 'SystemAssigned, UserAssigned';

/** Straight at the emulator, so that nothing of ours stands between a request and its rules. */
export async function send(emulator: Emulator, method: string, path: string, body?: unknown, headers = {}) {
  const endpoint = emulator.environment['PODID_ARM_ENDPOINT'] ?? '';
  const response = await fetch(`${endpoint}${path}?api-version=2024-07-01`, {
    method,
    headers: {
      authorization: `Bearer ${emulator.environment['PODID_ARM_TOKEN']}`,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text), headers: response.headers };
}

/** A PATCH that adds identities by their names and takes others away. */
export function assign(
  emulator: Emulator,
  machine: string,
  added: readonly string[],
  removed: readonly string[] = [],
) {
  const type = machine === batch ? both : 'UserAssigned';
  const map = [...added.map((name) => [name, {}]), ...removed.map((name) => [name, null])];
  const userAssignedIdentities = Object.fromEntries(
    map.map(([name, value]) => [identityId(`${name}`), value]),
  );
  return send(emulator, 'PATCH', machine, { identity: { type, userAssignedIdentities } });
}

/** Names of the identities that a machine carries. */
export async function carriedBy(emulator: Emulator, machine: string): Promise<string[]> {
  const { body } = await send(emulator, 'GET', machine);
  return Object.keys(body.identity?.userAssignedIdentities ?? {}).map((id) => id.split('/').at(-1) ?? '');
}

export async function stateOf(emulator: Emulator, machine: string): Promise<string> {
  return (await send(emulator, 'GET', machine)).body.properties.provisioningState;
}

/** Operations take minutes of emulator time, and end by the clock alone. */
export const slowly = { operationMs: [60_000, 60_000], operationPolls: 0 };

/** A request of `/_podid/`. */
export async function control(emulator: Emulator, path: string, body: unknown) {
  const response = await fetch(`${emulator.url}/_podid/${path}`, {
    method: 'PUT',
    headers: { 'podid-emulator-key': emulator.key },
    body: JSON.stringify(body),
  });
  const answered = (await response.json()) as { machines: string[] };
  return { status: response.status, body: answered };
}
