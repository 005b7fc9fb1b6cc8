import type { AccessFacts, AzureSideOfIdentity } from '../../../src/domain/access/access-facts.ts';
import type { AccessPod, RbacObjects, RbacSubject } from '../../../src/domain/access/access-objects.ts';
import type { Machine } from '../../../src/domain/azure/machines.ts';
import type { Cluster } from '../../../src/domain/clusters/cluster.ts';
import { fitBinding } from '../../../src/domain/kubernetes/decide/binding-fit.ts';
import type { IdentityResources } from '../../../src/domain/kubernetes/identity-resources.ts';
import type { AgentPod, ClusterNode } from '../../../src/domain/kubernetes/workloads.ts';
import type { Reading } from '../../../src/domain/migrate/migration-facts.ts';
import type { PodTemplate, ReadWorkload } from '../../../src/domain/migrate/read-workload.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { clusterId, clusterWith, identityId } from '../../workflows/fake-azure.ts';

export const issuer = 'https://issuer.example.net/own/';
export const nowMs = Date.parse('2026-12-01T00:00:00Z');

export function read<Value>(value: Value): Reading<Value> {
  return { kind: 'read', value };
}

export function unread(what: string) {
  return { kind: 'unread', error: new PodidError('Forbidden', `You may not read ${what}.`) } as const;
}

export function pod(name: string, more: Partial<AccessPod> = {}): AccessPod {
  return {
    namespace: 'shop',
    name,
    labels: {},
    nodeName: 'node-1',
    serviceAccount: 'default',
    hostNetwork: false,
    privileged: false,
    workload: `Pod/${name}`,
    secrets: [],
    ...more,
  };
}

/** A workload with a template of these labels, and no pod. */
export function workload(kind: string, name: string, more: Partial<PodTemplate> = {}): ReadWorkload {
  return {
    kind,
    namespace: 'shop',
    name,
    uid: `${kind}-${name}`,
    labels: {},
    annotations: {},
    managers: [],
    selector: {},
    onDelete: false,
    finished: false,
    template: {
      labels: {},
      annotations: {},
      serviceAccount: 'default',
      hostNetwork: false,
      windows: false,
      virtualNode: false,
      variables: [],
      ports: [],
      imagePullSecrets: [],
      audiences: [],
      secretProviderClasses: [],
      ...more,
    },
  };
}

/** As they are read, by kind. */
export function workloads(...all: readonly ReadWorkload[]): AccessFacts['workloads'] {
  return new Map(all.map(({ kind }) => [kind, read(all.filter((each) => each.kind === kind))]));
}

/** An AzureIdentity `shop/NAME` with its binding, for pods whose label is its name. */
export function bound(name: string, namespace = 'shop'): Pick<IdentityResources, 'identities' | 'bindings'> {
  return {
    identities: [
      {
        metadata: { namespace, name },
        spec: { type: 0, resourceID: identityId(name), clientID: `client-${name}` },
      },
    ],
    bindings: [
      {
        metadata: { namespace, name: `${name}-binding` },
        spec: { azureIdentity: name, selector: name },
      },
    ],
  };
}

export function machine(number: number, names: readonly string[]): Machine {
  const resourceId = `/subscriptions/sub/resourceGroups/nodes/providers/Microsoft.Compute/virtualMachines/vm-${number}`;
  return {
    resourceId,
    name: `vm-${number}`,
    kind: 'vm',
    osType: 'Linux',
    identityType: 'UserAssigned',
    identityIds: names.map(identityId),
    provisioningState: 'Succeeded',
  };
}

export function node(number: number, more: Partial<ClusterNode> = {}): ClusterNode {
  return {
    name: `node-${number}`,
    os: 'linux',
    ready: true,
    virtual: false,
    taints: [],
    providerId: `azure://${machine(number, []).resourceId}`,
    ...more,
  };
}

export function agent(nodeName: string, ready = true): AgentPod {
  return {
    namespace: 'kube-system',
    name: `agent-of-${nodeName}`,
    daemonSet: 'podid-nmi',
    nodeName,
    ready,
    hostNetwork: true,
    serviceAccount: 'podid-nmi',
    tolerations: [],
    container: 'serve',
    probePort: 8080,
    metricsPort: 9090,
    ofAddon: false,
    needsMic: false,
    provesReadiness: true,
  };
}

export function side(
  name: string,
  more: Partial<AzureSideOfIdentity> = {},
): readonly [string, AzureSideOfIdentity] {
  const resourceId = identityId(name);
  return [
    resourceId.toLowerCase(),
    {
      resourceId,
      state: read('there'),
      clientId: `client-${name}`,
      principalId: `principal-${name}`,
      credentials: read([]),
      ...more,
    },
  ];
}

/** A subject with one rule in the whole cluster, or in a namespace. */
export function rights(
  subject: RbacSubject,
  rule: Partial<RbacObjects['roles'][number]['rules'][number]>,
  namespace?: string,
): RbacObjects {
  const rules = [{ verbs: [], apiGroups: [''], resources: [], resourceNames: [], ...rule }];
  const where = namespace === undefined ? {} : { namespace };
  return {
    roles: [{ name: 'role', rules }],
    bindings: [{ ...where, name: 'held', roleKind: 'ClusterRole', roleName: 'role', subjects: [subject] }],
  };
}

/** A cluster with an issuer and no add-on, one node with an agent, and nothing to get. */
export function factsWith({
  resources,
  cluster = {},
  ...more
}: Partial<Omit<AccessFacts, 'resources' | 'cluster'>> & {
  readonly resources?: Partial<IdentityResources>;
  readonly cluster?: Partial<Cluster>;
} = {}): AccessFacts {
  const all: IdentityResources = { identities: [], bindings: [], exceptions: [], ...resources };
  const byName = new Map(
    all.identities.map((each) => [`${each.metadata.namespace}/${each.metadata.name}`, each]),
  );
  return {
    id: clusterId,
    cluster: read(clusterWith({ oidcIssuer: { url: issuer }, ...cluster }, { enabled: false })),
    resources: all,
    objects: read([]),
    pods: read([]),
    workloads: new Map(),
    namespaces: read([{ name: 'shop', labels: {} }]),
    nodes: read([node(1)]),
    agents: read([agent('node-1')]),
    serviceAccounts: read([]),
    rbac: read({ roles: [], bindings: [] }),
    machines: read([machine(1, [])]),
    identityBindings: read([]),
    azure: new Map(all.identities.map(({ metadata: { name } }) => side(name))),
    idsByClient: new Map(),
    roles: [{ subscriptionId: 'sub', assignments: read([]), definitions: new Map() }],
    fitOf: (namespace, label, binding) => fitBinding({ namespace }, label, binding, byName),
    exchange: undefined,
    seen: read(undefined),
    ...more,
  };
}
