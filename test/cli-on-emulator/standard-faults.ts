import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { nodeName } from '../../src/emulator/scenarios/nodes.ts';
import type { Emulator } from '../../src/emulator/start-emulator.ts';
import { identityId } from './emulated-podid.ts';
import { agoText, putOn, seedAssignment, seedEvent, seedLease } from './standard-world.ts';

const webRefused = `AzureIdentity demo/web: LinkedAuthorizationFailed: The client 'mic' lacks 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action' over ${identityId('web')}.`;
const vmRefused =
  "AzureIdentity demo/web: AuthorizationFailed: The client 'mic' does not have authorization to perform action 'Microsoft.Compute/virtualMachineScaleSets/write'.";
const gone = "AzureIdentity demo/web: FailedIdentityOperation: Resource '/web' was not found.";

export interface StandardFault {
  readonly what: string;
  readonly check: string;
  readonly title: RegExp;
  readonly hint: RegExp;
  readonly seed: (emulator: Emulator) => void;
}

export const standardFaults: readonly StandardFault[] = [
  {
    what: 'no controller at all',
    check: 'controller',
    title: /runs in standard mode, and the cluster has no controller/,
    hint: /^podid nmi install .*--set operationMode=standard$/,
    seed: ({ kube }) => kube.remove('leases', 'kube-system', 'podid-mic'),
  },
  {
    what: 'a controller that died',
    check: 'controller',
    title: /No controller leads.*mic-1_a has not renewed the lease kube-system\/podid-mic for \d+ s/,
    hint: /^kubectl logs -n ids podid-mic-1$/,
    seed: (emulator) => {
      seedLease(emulator, { renewTime: agoText(10 * 60_000) });
      seedController(emulator);
    },
  },
  {
    what: "upstream's MIC, whose lock is old",
    check: 'controller',
    title:
      /mic-0 has not renewed the endpoints default\/aad-pod-identity-mic for \d+ s.*Not ready: ids\/mic-0/,
    hint: /^kubectl describe pod -n ids mic-0$/,
    seed: (emulator) => {
      emulator.kube.remove('leases', 'kube-system', 'podid-mic');
      seedUpstream(emulator, 20 * 60_000);
    },
  },
  {
    what: 'a node without providerID',
    check: 'node-machines',
    title: /which machine in Azure is behind aks-nodepool1-12345678-vmss000000 \(no providerID\)/,
    hint: /^kubectl describe node aks-nodepool1-12345678-vmss000000$/,
    seed: ({ kube }) => {
      const node = kube.get('nodes', '', nodeName(0));
      if (node) {
        kube.seed({ ...node, spec: {} });
      }
    },
  },
  {
    what: 'an assignment that nobody wrote',
    check: 'assignments',
    title: /has written no AzureAssignedIdentity for demo\/web-1 \(identity demo\/web\)/,
    hint: /^kubectl logs -n ids podid-mic-1$/,
    seed: (emulator) => {
      seedController(emulator);
      emulator.kube.remove('azureassignedidentities', 'demo', 'web-1-demo-web');
    },
  },
  {
    what: 'an assignment of an earlier pod of the name',
    check: 'assignments',
    title: /has written no AzureAssignedIdentity for demo\/web-1/,
    hint: /^kubectl get events -n demo$/,
    seed: ({ kube }) => {
      const found = kube.get('azureassignedidentities', 'demo', 'web-1-demo-web');
      if (found) {
        const annotations = { 'podid.io/pod-uid': 'of-yesterday' };
        kube.seed({ ...found, metadata: { ...found.metadata, annotations } });
      }
    },
  },
  {
    what: 'an assignment in state Created for long',
    check: 'assignments',
    title: /for more than five minutes, and no reason is known: demo\/web-1/,
    hint: /^kubectl get events -n demo$/,
    seed: (emulator) => seedAssignment(emulator, 'web', { state: 'Created' }),
  },
  {
    what: 'a machine on which another operation runs',
    check: 'assignments',
    title: /Another operation runs on aks-nodepool1-12345678-vmss, whose state in Azure is Updating/,
    hint: /^az vmss show --ids \/subscriptions\/\S+ --query provisioningState -o tsv$/,
    seed: (emulator) => {
      seedAssignment(emulator, 'web', { state: 'Created' });
      const machine = emulator.world.machines.get(scaleSetId('nodepool1').toLowerCase());
      const properties = (machine?.['properties'] ?? {}) as Record<string, string>;
      properties['provisioningState'] = 'Updating';
    },
  },
  {
    what: 'an identity that podid-mic may not assign',
    check: 'assignments',
    title: new RegExp(`demo/web-1 \\(identity demo/web\\).* said just now: ${escaped(webRefused)}$`),
    hint: /az role assignment create --role "?'?Managed Identity Operator'?"? .*PRINCIPAL .*\/web$/,
    seed: (emulator) => {
      seedAssignment(emulator, 'web', { state: 'Created', ageMs: 90_000 });
      seedEvent(emulator, 'web-1', webRefused);
    },
  },
  {
    what: 'machines that podid-mic may not change',
    check: 'assignments',
    title: /said just now: AzureIdentity demo\/web: AuthorizationFailed: .*virtualMachineScaleSets\/write/,
    hint: /az role assignment create --role "?'?Virtual Machine Contributor'?"? .*PRINCIPAL .*\/resourceGroups\/[^/]+$/,
    seed: (emulator) => {
      seedAssignment(emulator, 'web', { state: 'Created', ageMs: 90_000 });
      seedEvent(emulator, 'web-1', vmRefused);
    },
  },
  {
    what: 'an identity that Azure refuses for another reason',
    check: 'assignments',
    title: /FailedIdentityOperation: Resource '\/web' was not found\./,
    hint: /^kubectl logs -n ids podid-mic-1$/,
    seed: (emulator) => {
      seedController(emulator);
      seedAssignment(emulator, 'web', { state: 'Created', ageMs: 90_000 });
      seedEvent(emulator, 'web-1', gone);
    },
  },
  {
    what: 'an identity that somebody took off',
    check: 'node-identities',
    title: /missing on their machines: the identity of demo\/web on aks-nodepool1-12345678-vmss\./,
    hint: /^podid node list /,
    seed: (emulator) => putOn(emulator, scaleSetId('nodepool1')),
  },
  {
    what: 'a binding of another namespace, which the controller confines',
    check: 'selector',
    title: /matches no selector in namespace demo.* It matches one in shop\/web-binding/,
    hint: /^podid add .*--mode cluster /,
    seed: ({ kube }) => {
      const binding = kube.get('azureidentitybindings', 'demo', 'web-binding');
      kube.remove('azureidentitybindings', 'demo', 'web-binding');
      if (binding) {
        kube.seed({ ...binding, metadata: { ...binding.metadata, namespace: 'shop' } });
      }
    },
  },
];

export function seedController({ kube }: Emulator, variable = 'FORCENAMESPACED', value = 'true'): void {
  kube.seed({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'podid-mic-1', namespace: 'ids', labels: { 'app.kubernetes.io/component': 'mic' } },
    spec: {
      nodeName: nodeName(0),
      containers: [{ name: 'mic', command: ['podid-mic'], env: [{ name: variable, value }] }],
    },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  });
}

export function seedUpstream({ kube }: Emulator, silentMs: number): void {
  const record = { holderIdentity: 'mic-0', leaseDurationSeconds: 15, renewTime: agoText(silentMs) };
  kube.seed({
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: 'aad-pod-identity-mic',
      namespace: 'default',
      annotations: { 'control-plane.alpha.kubernetes.io/leader': JSON.stringify(record) },
    },
  });
  kube.seed({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'mic-0', namespace: 'ids', labels: { component: 'mic' } },
    spec: { nodeName: nodeName(0), containers: [{ name: 'mic', args: ['--logtostderr'] }] },
    status: { phase: 'Pending' },
  });
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
