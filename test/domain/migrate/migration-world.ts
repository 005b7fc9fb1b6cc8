import type { FederatedCredential } from '../../../src/domain/azure/federated-credential.ts';
import { fitBinding } from '../../../src/domain/kubernetes/decide/binding-fit.ts';
import type { IdentityResources } from '../../../src/domain/kubernetes/identity-resources.ts';
import type {
  MigrationFacts,
  Reading,
  ReadServiceAccount,
} from '../../../src/domain/migrate/migration-facts.ts';
import type { PodTemplate, ReadPod, ReadWorkload } from '../../../src/domain/migrate/read-workload.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';

export const issuer = 'https://westeurope.oic.prod-aks.azure.com/tenant/guid/';
export const tenantId = '00000000-0000-4000-8000-0000000000aa';

/** A world in which Deployment demo/web with its own account may move at once. */
export function migrationWorld(changes: Partial<MigrationFacts> = {}): MigrationFacts {
  const resources = changes.resources ?? bound('web');
  const identities = new Map(
    resources.identities.map(
      ({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, spec] as const,
    ),
  );
  return {
    cluster: {
      subscriptionId: '00000000-0000-4000-8000-000000000001',
      resourceGroup: 'demo-rg',
      name: 'demo',
    },
    issuer: read(issuer),
    tenantId,
    webhook: read(true),
    resources,
    objects: read([]),
    agents: read([]),
    resourceIds: new Map(
      [...identities].flatMap(([key, { resourceID }]) => (resourceID ? [[key, resourceID] as const] : [])),
    ),
    fitOf: (namespace, label, binding) =>
      fitBinding(
        { namespace },
        label,
        binding,
        new Map(
          resources.identities.map((each) => [`${each.metadata.namespace}/${each.metadata.name}`, each]),
        ),
      ),
    identities: new Map(
      [...identities.values()].map(({ resourceID = '' }) => [
        resourceID.toLowerCase(),
        {
          azure: read({
            kind: 'there',
            clientId: clientIdOf(resourceID.split('/').at(-1) ?? ''),
            tenantId,
          } as const),
          credentials: read([]),
        },
      ]),
    ),
    seen: undefined,
    workloads: kinds({ Deployment: [workload()] }),
    pods: read([]),
    serviceAccounts: read([account('default'), account('web')]),
    roleBindings: read([]),
    namespaces: read([{ name: 'demo', labels: {} }]),
    disruptionBudgets: read([]),
    providerClasses: read([]),
    triggers: read([]),
    networkPolicies: read([]),
    nodes: read([]),
    ...changes,
  };
}

export function read<Value>(value: Value): Reading<Value> {
  return { kind: 'read', value };
}

export function forbidden(what: string): Reading<never> {
  return { kind: 'unread', error: new PodidError('Forbidden', `You may not list ${what}.`) };
}

export function kinds(
  byKind: Readonly<Record<string, readonly ReadWorkload[]>>,
): MigrationFacts['workloads'] {
  return new Map(Object.entries(byKind).map(([kind, all]) => [kind, read(all)]));
}

export function template(changes: Partial<PodTemplate> = {}): PodTemplate {
  return {
    labels: { aadpodidbinding: 'web', app: 'web' },
    annotations: {},
    serviceAccount: 'web',
    hostNetwork: false,
    windows: false,
    virtualNode: false,
    variables: [],
    ports: [],
    imagePullSecrets: [],
    audiences: [],
    secretProviderClasses: [],
    ...changes,
  };
}

export function workload(changes: Partial<ReadWorkload> = {}): ReadWorkload {
  const { kind = 'Deployment', namespace = 'demo', name = 'web' } = changes;
  return {
    kind,
    namespace,
    name,
    uid: `${kind}-${namespace}-${name}`,
    labels: {},
    annotations: {},
    managers: [],
    template: template(),
    selector: { app: 'web' },
    onDelete: false,
    finished: false,
    ...changes,
  };
}

export function pod(changes: Partial<ReadPod> = {}): ReadPod {
  const { name = 'web-1', template: own = template() } = changes;
  return {
    namespace: 'demo',
    name,
    uid: `pod-${name}`,
    nodeName: 'aks-1',
    finished: false,
    template: own,
    labels: own.labels,
    annotations: {},
    managers: [],
    createdAt: '2026-11-01T00:00:00Z',
    ...changes,
  };
}

/** As one of the pods of a workload. */
export function podOf(
  { kind, namespace, name, uid, template: own }: ReadWorkload,
  podName = `${name}-1`,
): ReadPod {
  const controller = { apiVersion: 'apps/v1', kind, name, uid };
  return pod({ namespace, name: podName, template: own, labels: own.labels, controller });
}

export function account(
  name: string,
  annotations: Readonly<Record<string, string>> = {},
): ReadServiceAccount {
  return { namespace: 'demo', name, annotations, imagePullSecrets: [], secrets: [] };
}

export function resourceIdOf(name: string): string {
  return `/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}

export function clientIdOf(name: string): string {
  return `00000000-0000-4000-8000-${Buffer.from(name).toString('hex').padStart(12, '0').slice(-12)}`;
}

/** An identity of each name, with its binding by that name. */
export function bound(...names: readonly string[]): IdentityResources {
  return {
    identities: names.map((name) => ({
      metadata: { namespace: 'demo', name },
      spec: { type: 0, resourceID: resourceIdOf(name), clientID: clientIdOf(name) },
    })),
    bindings: names.map((name) => ({
      metadata: { namespace: 'demo', name: `${name}-binding` },
      spec: { azureIdentity: name, selector: name },
    })),
    exceptions: [],
  };
}

/** Identity web with these credentials. */
export function trusting(...credentials: readonly FederatedCredential[]): MigrationFacts['identities'] {
  const azure = read({ kind: 'there', clientId: clientIdOf('web'), tenantId } as const);
  return new Map([[resourceIdOf('web').toLowerCase(), { azure, credentials: read(credentials) }]]);
}

export function credential(changes: Partial<FederatedCredential> = {}): FederatedCredential {
  return {
    name: 'podid-web',
    issuer,
    subject: 'system:serviceaccount:demo:web',
    audiences: ['api://AzureADTokenExchange'],
    ...changes,
  };
}
