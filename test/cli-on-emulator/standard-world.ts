import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import type { Emulator } from '../../src/emulator/start-emulator.ts';
import { identityId } from './emulated-podid.ts';

export const solo = 'aks-solo-12345678-vms1';
const api = 'aadpodidentity.k8s.io/v1';

export function agoText(ms: number): string {
  return new Date(Date.now() - ms).toISOString();
}

/** A lease that podid-mic has just renewed. */
export function seedLease({ kube }: Emulator, more: Readonly<Record<string, unknown>> = {}): void {
  kube.seed({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'podid-mic', namespace: 'kube-system' },
    spec: { holderIdentity: 'mic-1_a', leaseDurationSeconds: 15, renewTime: agoText(1000), ...more },
  });
}

/** What somebody wrote on which machine: names of identities by the end of the machine's id. */
export function putOn({ world }: Emulator, machineId: string, ...names: readonly string[]): void {
  const machine = world.machines.get(machineId.toLowerCase());
  if (machine === undefined) {
    throw new Error(`The world has no machine ${machineId}.`);
  }
  const ids = Object.fromEntries(names.map((name) => [identityId(name), {}]));
  machine['identity'] = { type: names.length === 0 ? 'None' : 'UserAssigned', userAssignedIdentities: ids };
}

export function soloId({ world }: Emulator): string {
  const found = [...world.machines.keys()].find((key) => key.endsWith(`/${solo}`));
  if (found === undefined) {
    throw new Error('The scenario has the machine.');
  }
  return found;
}

/** As podid-mic writes it for a pod of namespace demo. */
export function seedAssignment(
  { kube }: Emulator,
  name: 'web' | 'jobs',
  { state = 'Assigned', ageMs = 20 * 60_000 }: { readonly state?: string; readonly ageMs?: number } = {},
): void {
  const pod = kube.get('pods', 'demo', `${name}-1`);
  const nodename = (pod?.spec as { readonly nodeName?: string } | undefined)?.nodeName ?? '';
  kube.seed({
    apiVersion: api,
    kind: 'AzureAssignedIdentity',
    metadata: {
      name: `${name}-1-demo-${name}`,
      namespace: 'demo',
      labels: { nodename },
      annotations: { 'podid.io/pod-uid': pod?.metadata.uid ?? '' },
      creationTimestamp: agoText(ageMs).replace(/\.\d+/, ''),
    },
    spec: {
      azureIdentityRef: kube.get('azureidentities', 'demo', name),
      azureBindingRef: kube.get('azureidentitybindings', 'demo', `${name}-binding`),
      pod: `${name}-1`,
      podNamespace: 'demo',
      nodename,
    },
    status: { status: state },
  });
}

/** What podid-mic says of a pod of namespace demo. */
export function seedEvent({ kube }: Emulator, pod: string, message: string): void {
  kube.seed({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${pod}.1`, namespace: 'demo' },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'demo', name: pod },
    reason: 'IdentityNotAssigned',
    message,
    type: 'Warning',
    lastTimestamp: agoText(5_000).replace(/\.\d+/, ''),
  } as KubeObject);
}

/** The scenario standard-mode as podid-mic leaves it: a leader, and both pods have their identities. */
export function settle(emulator: Emulator): void {
  const { kube } = emulator;
  for (const pod of kube.list('Pod', 'demo')) {
    const creationTimestamp = agoText(30 * 60_000).replace(/\.\d+/, '');
    kube.seed({ ...pod, metadata: { ...pod.metadata, creationTimestamp } });
  }
  seedLease(emulator);
  putOn(emulator, scaleSetId('nodepool1'), 'web');
  putOn(emulator, soloId(emulator), 'jobs');
  seedAssignment(emulator, 'web');
  seedAssignment(emulator, 'jobs');
}
