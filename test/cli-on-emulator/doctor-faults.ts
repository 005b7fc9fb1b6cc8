import { type WorkloadKind, workloadKindFacts } from '../../src/domain/kubernetes/workloads.ts';
import type { JsonObject } from '../../src/emulator/exact-json.ts';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import type { Emulator } from '../../src/emulator/start-emulator.ts';
import { identityId } from './emulated-podid.ts';

type Taken = 'the add-on' | 'the identity' | 'the assignment' | 'the Linux node' | 'that there is nothing';

/** Something wrong in the world, put there as the world would have it; and the check that names it. */
export interface SeededFault {
  readonly what: string;
  readonly check: string;
  /** What the check's message has to say. */
  readonly title: RegExp;
  /** What the hint has, where it is a choice and no command. */
  readonly fixes?: RegExp;
  readonly seed: (emulator: Emulator) => void;
  /** What it takes away that other faults are about, so that those can no longer be found. */
  readonly takes?: Taken;
  readonly isAbout?: readonly Taken[];
}

export const seededFaults: readonly SeededFault[] = [
  {
    what: 'a sign-in that Azure does not take',
    check: 'sign-in',
    title: /did not accept the sign-in/,
    seed: ({ faults }) =>
      faults.add({
        match: { path: '^/subscriptions' },
        effect: { status: 401, body: { error: { code: 'ExpiredAuthenticationToken', message: 'Expired.' } } },
      }),
  },
  {
    what: 'no such cluster',
    check: 'cluster',
    title: /not found/,
    seed: ({ world }) => world.clusters.clear(),
  },
  {
    what: 'a stopped cluster',
    check: 'cluster',
    title: /is stopped/,
    seed: (emulator) => properties(emulator, { powerState: { code: 'Stopped' } }),
  },
  {
    what: 'an unregistered feature',
    check: 'feature',
    title: /EnablePodIdentityPreview is NotRegistered/,
    seed: (emulator) =>
      emulator.seed({
        subscriptions: [
          {
            subscriptionId: '00000000-0000-4000-8000-000000000001',
            features: { 'Microsoft.ContainerService/EnablePodIdentityPreview': 'NotRegistered' },
          },
        ],
      }),
  },
  {
    what: 'a service principal as control plane',
    check: 'cluster-identity',
    title: /runs as a service principal/,
    isAbout: ['the add-on'],
    seed: (emulator) => {
      const document = clusterDocument(emulator);
      if (document) {
        document['identity'] = { type: 'None' };
      }
    },
  },
  {
    what: 'two identities of the control plane',
    check: 'cluster-identity',
    title: /cannot determine which principal/,
    isAbout: ['the add-on'],
    fixes: /--cluster-principal-id/,
    seed: (emulator) => {
      const document = clusterDocument(emulator);
      const userAssignedIdentities = { '/a': { principalId: 'a' }, '/b': { principalId: 'b' } };
      if (document) {
        document['identity'] = { type: 'UserAssigned', userAssignedIdentities };
      }
    },
  },
  {
    what: 'kubenet without consent',
    check: 'network-plugin',
    title: /kubenet/,
    isAbout: ['the add-on'],
    seed: (emulator) => properties(emulator, { networkProfile: { networkPlugin: 'kubenet' } }),
  },
  {
    what: 'pools of Windows alone',
    check: 'node-pools',
    title: /win \(Windows, VirtualMachineScaleSets\)/,
    seed: (emulator) =>
      properties(emulator, {
        agentPoolProfiles: [{ name: 'win', osType: 'Windows', type: 'VirtualMachineScaleSets' }],
      }),
  },
  {
    what: 'the add-on off, and nothing in the cluster',
    check: 'add-on',
    isAbout: ['that there is nothing'],
    takes: 'the add-on',
    title: /add-on is off/,
    seed: (emulator) => {
      properties(emulator, { podIdentityProfile: {} });
      removeObjects(emulator);
    },
  },
  {
    what: 'an entry that Failed',
    check: 'entries',
    fixes: /podid add .*--namespace demo --name web --identity-resource-id/,
    title: /demo\/web \(Failed: Nope, Not today/,
    takes: 'the assignment',
    seed: (emulator) =>
      editEntry(emulator, {
        provisioningState: 'Failed',
        provisioningInfo: { error: { error: { code: 'Nope', message: 'Not today' } } },
      }),
  },
  {
    what: 'a managed identity that is gone',
    check: 'identities',
    title: /is gone: demo\/web/,
    takes: 'the identity',
    seed: ({ world }) => {
      for (const key of [...world.identities.keys()]) {
        if (key.endsWith('/web')) {
          world.identities.delete(key);
        }
      }
    },
  },
  {
    what: 'a managed identity that was deleted and created again',
    check: 'identities',
    title: /created again.*demo\/web/,
    isAbout: ['the identity'],
    seed: (emulator) => editIdentity(emulator, { clientId: 'new-client', principalId: 'new-principal' }),
  },
  {
    what: 'a managed identity of another tenant',
    check: 'tenants',
    title: /other-tenant/,
    fixes: /of the cluster's tenant/,
    isAbout: ['the identity'],
    seed: (emulator) => editIdentity(emulator, { tenantId: 'other-tenant' }),
  },
  {
    what: "the cluster's role missing",
    check: 'operator-role',
    title: /0000000000c1 has no Managed Identity Operator on .*\/web/,
    isAbout: ['the identity'],
    seed: ({ world }) => {
      for (const [key, one] of world.roleAssignments) {
        if (one.principalId.endsWith('c1')) {
          world.roleAssignments.delete(key);
        }
      }
    },
  },
  {
    what: 'the role with the principal of yesterday',
    check: 'operator-role',
    title: /principal of-today has no/,
    isAbout: ['the identity'],
    seed: (emulator) => {
      const identity = clusterDocument(emulator)?.['identity'] as JsonObject | undefined;
      if (identity) {
        identity['principalId'] = 'of-today';
      }
    },
  },
  {
    what: 'a scale set without the identity',
    check: 'node-identities',
    title: /demo\/web on aks-nodepool1-12345678-vmss/,
    isAbout: ['the identity', 'the assignment'],
    seed: ({ world }) => {
      for (const machine of world.machines.values()) {
        machine['identity'] = { type: 'None' };
      }
    },
  },
  {
    what: 'no definitions of the kinds',
    check: 'definitions',
    title: /of the identity kinds are not installed/,
    seed: ({ kube }) => {
      for (const { metadata } of kube.list('customresourcedefinitions')) {
        kube.remove('customresourcedefinitions', '', metadata.name);
      }
    },
  },
  {
    what: 'objects that are missing',
    check: 'objects',
    title: /identity demo\/web \(missing\)/,
    seed: removeObjects,
  },
  {
    what: 'an object with the client id of yesterday',
    check: 'objects',
    // The object is podid's own, which it may write as it is.
    fixes: /^podid mirror (?!.*--force)/,
    title: /identity demo\/web \((differs|missing)\)/,
    seed: (emulator) =>
      editObject(emulator, 'azureidentities', 'web', (object) => ({
        ...object,
        spec: { ...(object.spec as object), clientID: 'of-yesterday' },
      })),
  },
  {
    what: 'no such pod',
    check: 'pod',
    title: /no pod web-1/,
    seed: ({ kube }) => kube.remove('pods', 'demo', 'web-1'),
  },
  {
    what: 'a pod without a node',
    check: 'pod',
    title: /not scheduled on a node yet/,
    seed: (emulator) => editPod(emulator, { nodeName: undefined }),
  },
  {
    what: 'no label',
    check: 'label',
    title: /has no label aadpodidbinding/,
    seed: (emulator) => {
      labelPod(emulator, undefined);
      editObject(emulator, 'deployments', 'web', (object) => withLabels(object, { app: 'web' }));
    },
  },
  {
    what: 'the label on the Deployment alone',
    check: 'label',
    title: /on Deployment demo\/web and not on the template/,
    seed: (emulator) => {
      labelPod(emulator, undefined);
      editObject(emulator, 'deployments', 'web', (object) => ({
        ...object,
        spec: { ...(object.spec as object), template: { metadata: { labels: { app: 'web' } } } },
      }));
    },
  },
  {
    what: 'a label in other letters',
    check: 'selector',
    title: /aadpodidbinding=Web .*has web\b/,
    seed: (emulator) => labelPod(emulator, 'Web'),
  },
  {
    what: 'a selector of another namespace',
    check: 'selector',
    takes: 'that there is nothing',
    title: /one in other\/jobs/,
    seed: (emulator) => {
      labelPod(emulator, 'jobs');
      const metadata = { namespace: 'other', name: 'jobs' };
      seedIdentityObject(emulator, 'AzureIdentity', metadata, { type: 0 });
      const binding = { ...metadata, name: 'jobs-binding' };
      const spec = { azureIdentity: 'jobs', selector: 'jobs' };
      seedIdentityObject(emulator, 'AzureIdentityBinding', binding, spec);
    },
  },
  {
    what: 'an exception that matches by accident',
    check: 'exceptions',
    title: /demo\/legacy takes demo\/web-1/,
    seed: (emulator) => {
      const metadata = { namespace: 'demo', name: 'legacy' };
      const podLabels = { app: 'WEB', tier: 'none' };
      seedIdentityObject(emulator, 'AzurePodIdentityException', metadata, { podLabels });
      const profile = profileOf(emulator);
      if (profile) {
        profile['userAssignedIdentityExceptions'] = [{ ...metadata, podLabels }];
      }
    },
  },
  {
    what: 'the network of the node',
    check: 'host-network',
    title: /demo\/web-1 uses the network of its node/,
    seed: (emulator) => editPod(emulator, { hostNetwork: true }),
  },
  {
    what: 'a Windows node',
    check: 'node-os',
    title: /Windows node aks-nodepool1-12345678-vmss000000/,
    fixes: /nodeSelector/,
    takes: 'the Linux node',
    seed: (emulator) => labelNode(emulator, { 'kubernetes.io/os': 'windows' }),
  },
  {
    what: 'a virtual node',
    check: 'node-os',
    title: /virtual node/,
    fixes: /nodeSelector/,
    takes: 'the Linux node',
    seed: (emulator) => labelNode(emulator, { 'kubernetes.io/os': 'linux', type: 'virtual-kubelet' }),
  },
  {
    what: 'a policy that lets nothing out',
    check: 'network-policy',
    title: /demo\/web-1 by demo\/closed/,
    seed: ({ kube }) => {
      kube.seed({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { namespace: 'demo', name: 'closed' },
        spec: {
          podSelector: {},
          policyTypes: ['Egress'],
          egress: [{ to: [{ namespaceSelector: {} }], ports: [{ protocol: 'UDP', port: 53 }] }],
        },
      });
    },
  },
  {
    what: 'no agent in the cluster',
    check: 'agent',
    title: /The cluster has no agent/,
    seed: ({ kube }) => {
      kube.remove('daemonsets', 'kube-system', 'podid-nmi');
    },
  },
  {
    what: 'an agent whose DaemonSet has no pod',
    check: 'agent',
    title: /No node has a pod of podid's agent \(DaemonSet kube-system\/podid-nmi\)|The cluster has no agent/,
    isAbout: ['the Linux node'],
    seed: ({ kube }) => {
      for (const { metadata } of kube.list('pods', 'kube-system')) {
        if (metadata.name.startsWith('podid-nmi-')) {
          kube.remove('pods', 'kube-system', metadata.name);
        }
      }
    },
  },
  {
    what: "no agent on the pod's node",
    check: 'agent',
    title: /No agent runs on aks-nodepool1-12345678-vmss000000|The cluster has no agent/,
    isAbout: ['the Linux node'],
    seed: ({ kube }) => kube.remove('pods', 'kube-system', 'podid-nmi-0'),
  },
  {
    what: 'an agent that is not ready',
    check: 'agent',
    title: /(agent on aks-nodepool1-12345678-vmss000000 is not ready|No agent|no agent)/,
    isAbout: ['the Linux node'],
    seed: (emulator) =>
      editAgent(emulator, 0, (object) => ({
        ...object,
        status: { ...(object.status as object), conditions: [{ type: 'Ready', status: 'False' }] },
      })),
  },
  {
    what: 'rules that are not in place',
    check: 'agent-rules',
    title: /podid-nmi-\d on .*: The redirect rules are missing or were changed/,
    seed: (emulator) =>
      answerAs(emulator, '8085/readyz', {
        status: 503,
        text: 'Not Active\nThe redirect rules are missing or were changed.',
      }),
  },
  {
    what: 'a metadata service that does not answer',
    check: 'imds',
    title: /refused or not answered/,
    seed: (emulator) =>
      answerAs(emulator, '9090/metrics', {
        status: 200,
        text: ['duration_seconds_count', 'errors_count']
          .map(
            (name) =>
              `aadpodidentity_imds_operations_${name}{operation_type="adal_token_msi_userassignedid"} 4\n`,
          )
          .join(''),
      }),
  },
  {
    what: 'an agent that refuses the pod',
    check: 'token',
    title: /HTTP 403, reason upstream-refused/,
    seed: (emulator) => {
      const line = JSON.stringify({
        ...{ level: 'warn', kind: 'msi', pod: 'demo/web-1', status: 403 },
        ...{ resource: 'https://vault.azure.net', reason: 'upstream-refused', msg: 'decided' },
      });
      for (const number of [0, 1]) {
        annotateAgent(emulator, number, 'emulator.podid.io/log', `${line}\n`);
      }
    },
  },
];

export interface FaultOfObjects extends SeededFault {
  /** That the check ends with; a failure where none is named. */
  readonly result?: 'warn' | 'pass';
  /** With the add-on on: the checks that fail or warn of it, in their order, where that is not `check` alone. */
  readonly withAddon?: readonly string[];
  /** What finds it, where that is not the question about the pod. */
  readonly line?: string;
}

/** As `podid exchange enable --subject workload` writes them for an agent in namespace gone. */
function seedLeftRoles({ kube }: Emulator): void {
  const [apiGroup, name] = ['rbac.authorization.k8s.io', 'gone-podid-nmi-exchange'];
  const labels = { 'app.kubernetes.io/managed-by': 'podid', 'podid.io/exchange-of': 'gone.podid-nmi' };
  const common = { apiVersion: `${apiGroup}/v1`, metadata: { namespace: 'demo', name, labels } };
  const rule = {
    apiGroups: [''],
    resources: ['serviceaccounts/token'],
    verbs: ['create'],
    resourceNames: ['web'],
  };
  kube.seed({ ...common, kind: 'Role', rules: [rule] });
  kube.seed({
    ...common,
    kind: 'RoleBinding',
    roleRef: { apiGroup, kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', namespace: 'gone', name: 'podid-nmi' }],
  });
}

/** What people add to the kinds of workloads most, and the one of Kubernetes' own that is before Deployments. */
const foreignKinds = [
  'ReplicationController',
  'Rollout',
  'DeploymentConfig',
  'KnativeService',
  'ScaledJob',
] as const satisfies readonly WorkloadKind[];

/**
 * The same for a cluster without the add-on, whose objects nothing in Azure stands against: here a pair need not be
 * sound.
 */
export const faultsOfObjects: readonly FaultOfObjects[] = [
  {
    what: 'a binding that names nobody',
    withAddon: ['objects'],
    check: 'selector',
    title: /names AzureIdentity nobody, which does not exist/,
    seed: (emulator) => onlyBinding(emulator, { azureIdentity: 'nobody', selector: 'web' }),
  },
  {
    what: 'a binding to an identity of another namespace',
    withAddon: ['objects'],
    check: 'selector',
    title: /names AzureIdentity shared, which is in other/,
    seed: (emulator) => {
      const spec = { type: 0, resourceID: identityId('web') };
      seedIdentityObject(emulator, 'AzureIdentity', { namespace: 'other', name: 'shared' }, spec);
      onlyBinding(emulator, { azureIdentity: 'shared', selector: 'web' });
    },
  },
  {
    what: 'a binding in other letters',
    withAddon: ['objects'],
    check: 'selector',
    title: /names AzureIdentity WEB, which does not exist; there is web/,
    seed: (emulator) => onlyBinding(emulator, { azureIdentity: 'WEB', selector: 'web' }),
  },
  {
    what: 'old spelling and a type as text, of which the selector is another',
    withAddon: ['objects'],
    check: 'selector',
    title: /aadpodidbinding=web of demo\/web-1 matches no selector in namespace demo, which has front\./,
    seed: (emulator) => {
      const spec = { type: '0', ResourceID: identityId('web'), ClientID: webClientId };
      seedIdentityObject(emulator, 'AzureIdentity', { namespace: 'demo', name: 'web' }, spec);
      onlyBinding(emulator, { AzureIdentity: 'web', Selector: 'front' });
    },
  },
  {
    what: 'an identity of no type that there is',
    withAddon: ['entries', 'objects'],
    check: 'selector',
    title: /AzureIdentity demo\/web, which demo\/web-1 would get, has the type 7/,
    seed: (emulator) => editSpec(emulator, { type: 7 }),
  },
  {
    what: 'no binding of the identity',
    withAddon: ['objects'],
    check: 'selector',
    title: /matches no selector in namespace demo, which has none/,
    seed: ({ kube }) => kube.remove('azureidentitybindings', 'demo', 'web-binding'),
  },
  {
    what: 'a managed identity that is gone',
    check: 'identities',
    title: /is gone: demo\/web .* Pods that are bound to it get no token\.$/,
    seed: (emulator) => faultWith('a managed identity that is gone').seed(emulator),
  },
  {
    what: 'a managed identity that was deleted and created again',
    withAddon: ['identities', 'own-roles'],
    check: 'identities',
    title: /created again.*demo\/web/,
    seed: (emulator) => faultWith('a managed identity that was deleted and created again').seed(emulator),
  },
  {
    what: 'a scale set without the identity',
    check: 'node-identities',
    title: /demo\/web on aks-nodepool1-12345678-vmss/,
    seed: (emulator) => faultWith('a scale set without the identity').seed(emulator),
  },
  {
    what: 'a scale set without an identity of which there is a client id alone',
    withAddon: ['node-identities', 'objects'],
    check: 'node-identities',
    title: /demo\/web on aks-nodepool1-12345678-vmss/,
    fixes: /^az identity list/,
    seed: (emulator) => {
      faultWith('a scale set without the identity').seed(emulator);
      editSpec(emulator, { resourceID: undefined });
    },
  },
  {
    what: 'a resource id without its first slash, and no client id',
    withAddon: ['objects', 'identity-ids'],
    check: 'identity-ids',
    title: /^resourceID "subscriptions.*" of AzureIdentity demo\/web is no id/,
    seed: (emulator) => editSpec(emulator, { resourceID: identityId('web').slice(1), clientID: undefined }),
  },
  {
    what: 'a resource id without its first slash, beside a client id',
    withAddon: ['objects', 'identity-ids'],
    check: 'identity-ids',
    result: 'warn',
    title: /The agent asks by the client id/,
    seed: (emulator) => editSpec(emulator, { resourceID: identityId('web').slice(1) }),
  },
  {
    what: 'an annotation that names no source of tokens',
    check: 'exchange',
    title: /AzureIdentity demo\/web has the annotation podid\.io\/token-source: "vault"/,
    seed: (emulator) => annotateIdentity(emulator, { 'podid.io/token-source': 'vault' }),
  },
  {
    what: 'an identity that is to be exchanged, and no tenant',
    check: 'exchange',
    title: /names no tenant/,
    seed: (emulator) => annotateIdentity(emulator, { 'podid.io/token-source': 'exchange' }),
  },
  {
    what: 'an identity that is to be exchanged, and agents without a token for that',
    check: 'exchange',
    title: /^1 identity here is to be exchanged, and the agent has no token for that on /,
    seed: (emulator) =>
      annotateIdentity(emulator, {
        'podid.io/token-source': 'exchange',
        'podid.io/tenant-id': '00000000-0000-4000-8000-00000000000a',
      }),
  },
  {
    what: 'an identity that is to be exchanged, and no federated credential',
    check: 'federated-credentials',
    title: /^1 identity is to be exchanged, .* demo\/web: NoIssuer: /,
    fixes: /^podid exchange enable .*--identity demo\/web/,
    seed: (emulator) => {
      giveExchangeToken(emulator);
      annotateIdentity(emulator, {
        'podid.io/token-source': 'exchange',
        'podid.io/tenant-id': '00000000-0000-4000-8000-00000000aaaa',
      });
    },
  },
  {
    what: "an agent that is gone, and its rights to tokens of the pods' accounts",
    check: 'token-roles',
    result: 'warn',
    title: /^An agent that is not there any more has left its rights .* \(2 Roles and RoleBindings in demo\)/,
    fixes: /^podid nmi uninstall .*--namespace gone$/,
    seed: seedLeftRoles,
  },
  {
    what: 'a client id that is a name',
    withAddon: ['objects', 'identity-ids'],
    check: 'identity-ids',
    result: 'warn',
    title: /^clientID "web" of AzureIdentity demo\/web is no GUID/,
    seed: (emulator) => editSpec(emulator, { clientID: 'web', resourceID: undefined }),
  },
  {
    what: 'AZURE_CLIENT_ID of another identity',
    check: 'client-id',
    result: 'warn',
    title: /demo\/web-1 is given 00000000-0000-4000-8000-0000000000ff and may use demo\/web/,
    seed: (emulator) => {
      const env = [{ name: 'AZURE_CLIENT_ID', value: '00000000-0000-4000-8000-0000000000ff' }];
      editPod(emulator, { containers: [{ name: 'web', image: 'web:1', env }] });
    },
  },
  ...(['StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob'] as const).map(
    (kind): FaultOfObjects => ({
      line: 'doctor --namespace demo -o json',
      what: `the label on the ${kind} alone`,
      check: 'label',
      title: new RegExp(`on ${kind} demo/work(?:, .*)? and not on the template`),
      fixes: kind === 'Job' ? /kubectl get job work/ : new RegExp(`kubectl patch ${kind.toLowerCase()} work`),
      seed: (emulator) => seedWorkload(emulator, kind),
    }),
  ),
  ...foreignKinds.map(
    (kind): FaultOfObjects => ({
      line: 'doctor --namespace demo -o json',
      what: `the label on the ${workloadKindFacts(kind).title} alone`,
      check: 'label',
      title: new RegExp(`on ${workloadKindFacts(kind).title} demo/work and not on the template`),
      fixes: /^kubectl patch \S+ work -n demo /,
      seed: (emulator) => seedForeignWorkload(emulator, kind),
    }),
  ),
  {
    what: 'two identities of one selector, of which a pod gets the older',
    check: 'selector',
    result: 'pass',
    withAddon: ['objects'],
    title: /leads to several identities; .* demo\/web-1 gets the oldest, demo\/web\.$/,
    seed: (emulator) => {
      const identity = { type: 0, resourceID: identityId('web'), clientID: webClientId };
      const metadata = { namespace: 'demo', name: 'young', creationTimestamp: '2999-01-01T00:00:00Z' };
      seedIdentityObject(emulator, 'AzureIdentity', metadata, identity);
      const spec = { azureIdentity: 'young', selector: 'web' };
      seedIdentityObject(emulator, 'AzureIdentityBinding', { ...metadata, name: 'young-binding' }, spec);
    },
  },
  {
    what: "an identity of podid's own whose binding was emptied by hand",
    withAddon: ['objects'],
    line: 'doctor --namespace demo -o json',
    check: 'entries',
    result: 'warn',
    title: /names AzureIdentity demo\/idle, so no pod gets it/,
    fixes: /^podid add .*--name idle .*--force$/,
    seed: (emulator) => {
      const labels = { 'app.kubernetes.io/managed-by': 'podid' };
      const identity = { type: 0, resourceID: identityId('web'), clientID: webClientId };
      const binding = { namespace: 'demo', name: 'idle-binding', labels };
      const metadata = { namespace: 'demo', name: 'idle', labels };
      seedIdentityObject(emulator, 'AzureIdentity', metadata, identity);
      seedIdentityObject(emulator, 'AzureIdentityBinding', binding, {
        azureIdentity: 'idle',
        selector: 'idle',
      });
      seedIdentityObject(emulator, 'AzureIdentityBinding', binding, { azureIdentity: 'idle', selector: '' });
    },
  },
  {
    what: 'an exception that others wrote',
    withAddon: ['objects', 'exceptions'],
    check: 'exceptions',
    title: /demo\/legacy takes demo\/web-1/,
    fixes: /^podid exception delete .*--name legacy --force$/,
    seed: (emulator) => {
      const metadata = { namespace: 'demo', name: 'legacy' };
      seedIdentityObject(emulator, 'AzurePodIdentityException', metadata, { podLabels: { app: 'WEB' } });
    },
  },
  {
    what: 'an identity that no binding names',
    withAddon: ['objects'],
    line: 'doctor --namespace demo -o json',
    check: 'entries',
    result: 'warn',
    title: /names AzureIdentity demo\/idle, so no pod gets it/,
    seed: (emulator) => {
      const spec = { type: 0, resourceID: identityId('web'), clientID: webClientId };
      seedIdentityObject(emulator, 'AzureIdentity', { namespace: 'demo', name: 'idle' }, spec);
    },
  },
];

/** The world in use as it is once the add-on is off: the objects stay. */
export function withoutAddon(emulator: Emulator): void {
  properties(emulator, { podIdentityProfile: {} });
}

function faultWith(what: string): SeededFault {
  const found = seededFaults.find((fault) => fault.what === what);
  if (found === undefined) {
    throw new Error(`There is no fault called ${what}.`);
  }
  return found;
}

const webClientId = '00000000-0000-4000-8000-0000c11e0001';

function editSpec(emulator: Emulator, spec: JsonObject | Readonly<Record<string, undefined>>): void {
  editObject(emulator, 'azureidentities', 'web', (object) => {
    const whole = { ...(object.spec as object), ...spec };
    return { ...object, spec: JSON.parse(JSON.stringify(whole)) as JsonObject };
  });
}

function annotateIdentity(emulator: Emulator, annotations: Readonly<Record<string, string>>): void {
  editObject(emulator, 'azureidentities', 'web', (object) => ({
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } },
  }));
}

/** As podid.exchange.enabled has it, to the agents that run. */
function giveExchangeToken({ kube }: Emulator): void {
  const serviceAccountToken = { path: 'token', audience: 'api://AzureADTokenExchange' };
  const volumes = [{ name: 'exchange-token', projected: { sources: [{ serviceAccountToken }] } }];
  for (const pod of kube.list('pods', 'kube-system')) {
    kube.seed({ ...pod, spec: { ...(pod.spec as object), volumes } });
  }
  const agents = kube.get('daemonsets', 'kube-system', 'podid-nmi');
  if (agents) {
    const { template, ...spec } = agents.spec as { readonly template?: { readonly spec?: object } };
    kube.seed({
      ...agents,
      spec: { ...spec, template: { ...template, spec: { ...template?.spec, volumes } } },
    });
  }
}

function onlyBinding(emulator: Emulator, spec: object): void {
  const metadata = { namespace: 'demo', name: 'web-binding' };
  seedIdentityObject(emulator, 'AzureIdentityBinding', metadata, spec);
}

function seedWorkload({ kube }: Emulator, kind: string): void {
  const metadata = { namespace: 'demo', name: 'work', labels: { app: 'web', aadpodidbinding: 'web' } };
  const template = { metadata: { labels: { app: 'web' } }, spec: {} };
  const spec = kind === 'CronJob' ? { jobTemplate: { spec: { template } } } : { template };
  const apiVersion = /Job$/.test(kind) ? 'batch/v1' : 'apps/v1';
  kube.seed({ apiVersion, kind, metadata, spec: { ...spec, selector: { matchLabels: { app: 'web' } } } });
}

function seedForeignWorkload({ kube }: Emulator, kind: (typeof foreignKinds)[number]): void {
  const { group, version, plural, template: steps, custom } = workloadKindFacts(kind);
  const kindName = kind === 'KnativeService' ? 'Service' : kind;
  if (custom) {
    const names = { plural, kind: kindName, singular: kindName.toLowerCase() };
    kube.seed({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: { group, scope: 'Namespaced', names, versions: [{ name: version, served: true, storage: true }] },
    });
  }
  const template = { metadata: { labels: { app: 'web' } }, spec: {} };
  const spec = steps.reduceRight<object>((inner, step) => ({ [step]: inner }), template);
  kube.seed({
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind: kindName,
    metadata: { namespace: 'demo', name: 'work', labels: { app: 'web', aadpodidbinding: 'web' } },
    spec: { ...spec, selector: { app: 'web' } },
  });
}

function clusterDocument({ world }: Emulator): JsonObject | undefined {
  return [...world.clusters.values()][0]?.document;
}

function properties(emulator: Emulator, more: JsonObject): void {
  const document = clusterDocument(emulator);
  if (document) {
    document['properties'] = { ...(document['properties'] as JsonObject), ...more };
  }
}

function profileOf(emulator: Emulator): JsonObject | undefined {
  const all = clusterDocument(emulator)?.['properties'] as JsonObject | undefined;
  return all?.['podIdentityProfile'] as JsonObject | undefined;
}

function editEntry(emulator: Emulator, more: JsonObject): void {
  const [entry] = (profileOf(emulator)?.['userAssignedIdentities'] ?? []) as JsonObject[];
  if (entry) {
    Object.assign(entry, more);
  }
}

function editIdentity({ world }: Emulator, more: JsonObject): void {
  for (const identity of world.identities.values()) {
    if (identity['name'] === 'web') {
      Object.assign(identity['properties'] as JsonObject, more);
    }
  }
}

/** In namespace `demo`; an object that another fault has taken away stays away. */
function editObject(
  { kube }: Emulator,
  kind: string,
  name: string,
  edit: (object: KubeObject) => KubeObject,
): void {
  const object = kind.startsWith('azure') && !hasDefinitions(kube) ? undefined : kube.get(kind, 'demo', name);
  if (object) {
    kube.seed(edit(object));
  }
}

function editPod(emulator: Emulator, spec: JsonObject | { readonly nodeName: undefined }): void {
  editObject(emulator, 'pods', 'web-1', (object) => ({
    ...object,
    spec: { ...(object.spec as object), ...spec },
  }));
}

function labelPod(emulator: Emulator, value: string | undefined): void {
  editObject(emulator, 'pods', 'web-1', (object) =>
    // A label that another fault has taken away stays away.
    value === undefined || object.metadata.labels?.['aadpodidbinding'] === undefined
      ? withLabels(object, { app: 'web' })
      : withLabels(object, { app: 'web', aadpodidbinding: value }),
  );
}

function withLabels(object: KubeObject, labels: Readonly<Record<string, string>>): KubeObject {
  return { ...object, metadata: { ...object.metadata, labels } };
}

function labelNode({ kube }: Emulator, labels: Readonly<Record<string, string>>): void {
  const node = kube.get('nodes', '', 'aks-nodepool1-12345678-vmss000000');
  if (node) {
    kube.seed(withLabels(node, labels));
  }
}

function editAgent({ kube }: Emulator, number: number, edit: (object: KubeObject) => KubeObject): void {
  const agent = kube.get('pods', 'kube-system', `podid-nmi-${number}`);
  if (agent) {
    kube.seed(edit(agent));
  }
}

function annotateAgent(emulator: Emulator, number: number, key: string, value: string): void {
  editAgent(emulator, number, (object) => ({
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [key]: value } },
  }));
}

function answerAs(emulator: Emulator, path: string, answer: { status: number; text: string }): void {
  for (const number of [0, 1]) {
    editAgent(emulator, number, (object) => {
      const key = 'emulator.podid.io/answers';
      const answers = JSON.parse(object.metadata.annotations?.[key] ?? '{}') as object;
      const annotations = {
        ...object.metadata.annotations,
        [key]: JSON.stringify({ ...answers, [path]: answer }),
      };
      return { ...object, metadata: { ...object.metadata, annotations } };
    });
  }
}

/** Another fault may have taken them away. */
function hasDefinitions(kube: Emulator['kube']): boolean {
  return kube.list('customresourcedefinitions').length > 0;
}

function removeObjects({ kube }: Emulator): void {
  if (!hasDefinitions(kube)) {
    return;
  }
  kube.remove('azureidentities', 'demo', 'web');
  kube.remove('azureidentitybindings', 'demo', 'web-binding');
}

function seedIdentityObject(
  { kube }: Emulator,
  kind: string,
  metadata: KubeObject['metadata'],
  spec: object,
): void {
  if (hasDefinitions(kube)) {
    kube.seed({ apiVersion: 'aadpodidentity.k8s.io/v1', kind, metadata, spec });
  }
}
