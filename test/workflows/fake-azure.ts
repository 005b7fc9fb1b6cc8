import type { RoleAssignment } from '../../src/domain/azure/role-assignment.ts';
import type { Cluster } from '../../src/domain/clusters/cluster.ts';
import type { ClusterEdit } from '../../src/domain/clusters/cluster-edit.ts';
import type { Deps } from '../../src/domain/deps.ts';
import type { PodIdentity } from '../../src/domain/entries/pod-identity.ts';
import { editProfile, type ProfileEdit } from '../../src/domain/entries/profile-edit.ts';
import { profileStore } from '../../src/domain/entries/profile-store.ts';
import type { MirrorRequest, ObjectChange } from '../../src/domain/kubernetes/cluster-objects.ts';
import type { Azure, ManagedIdentity, OperationEnd, PutAnswer } from '../../src/domain/ports.ts';
import { PodidError } from '../../src/errors/podid-error.ts';
import type { ChangeOptions } from '../../src/workflows/change/start-change.ts';

export const clusterId = { subscriptionId: 'sub', resourceGroup: 'rg', name: 'aks' };
export const webIdentity = identityId('web');

export function identityId(name: string): string {
  return `/subscriptions/sub/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
}

export function podIdentity(name: string, more: Partial<PodIdentity> = {}): PodIdentity {
  const identity = { resourceId: identityId(name), clientId: `client-${name}`, objectId: `object-${name}` };
  return { namespace: 'shop', name, bindingSelector: name, identity, provisioningState: 'Assigned', ...more };
}

export function clusterWith(more: Partial<Cluster> = {}, profile: Partial<Cluster['profile']> = {}): Cluster {
  return {
    id: clusterId,
    resourceId:
      '/subscriptions/sub/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/aks',
    location: 'westeurope',
    provisioningState: 'Succeeded',
    eTag: '1',
    networkPlugin: 'azure',
    identity: {
      type: 'SystemAssigned',
      principalId: 'cluster-principal',
      tenantId: 'tenant',
      userAssigned: [],
    },
    pools: [{ name: 'pool1', osType: 'Linux', type: 'VirtualMachineScaleSets' }],
    profile: { enabled: true, allowNetworkPluginKubenet: false, identities: [], exceptions: [], ...profile },
    document: '{}',
    ...more,
  };
}

const unasked = () => Promise.reject(new Error('nobody expected federated credentials to be asked for'));

/** An Azure in memory. Faults are functions put in front of the ports; what was written can be read back. */
export class FakeAzure {
  cluster: Cluster;
  identities = new Map<string, ManagedIdentity>();
  assignments: RoleAssignment[] = [];
  readonly puts: ClusterEdit[] = [];
  readonly notes: string[] = [];
  readonly progress: string[] = [];
  readonly warnings: string[] = [];
  readonly hints: string[] = [];
  readonly questions: string[] = [];
  readonly mirrored: MirrorRequest[] = [];
  /** How many PUTs had been sent each time the way to the objects was prepared. */
  readonly prepared: number[] = [];
  readonly created: string[] = [];
  readonly deleted: string[] = [];
  readonly createdIdentities: string[] = [];
  readonly upgraded: string[] = [];
  /** Changes what a PUT comes to besides the profile: the cluster's own identities. */
  applyIdentities: (cluster: Cluster, edit: ClusterEdit) => Cluster = (cluster) => cluster;
  /** One function a PUT, shifted off; `undefined` lets it pass. */
  putFaults: ((() => void | Promise<void>) | undefined)[] = [];
  /** Changes what the answer to the next PUT says. */
  answerFault: ((answer: PutAnswer) => PutAnswer) | undefined;
  ends: OperationEnd[] = [];
  beforeGet: ((azure: FakeAzure) => void) | undefined;
  createFault: (() => void) | undefined;
  listFault: (() => void) | undefined;
  answerYes = true;
  objects: ObjectChange[] = [];
  objectsFault: (() => void) | undefined;
  nowMs = 1_000_000;
  tenantId = 'tenant';
  states = ['Registered'];
  registered = 0;

  constructor(cluster: Cluster = clusterWith()) {
    this.cluster = cluster;
    for (const name of ['web', 'other', 'api']) {
      this.addIdentity(name);
    }
    for (const entry of cluster.profile.identities) {
      this.grant(entry.identity.resourceId);
    }
  }

  addIdentity(name: string, more: Partial<ManagedIdentity> = {}): void {
    const resourceId = identityId(name);
    const clientId = `client-${name}`;
    this.identities.set(resourceId.toLowerCase(), {
      resourceId,
      clientId,
      principalId: `object-${name}`,
      tenantId: 'tenant',
      ...more,
    });
  }

  grant(scope: string, more: Partial<RoleAssignment> = {}): void {
    const roleDefinitionId =
      '/providers/Microsoft.Authorization/roleDefinitions/f1a07417-d97a-45cb-824c-7a7467783830';
    const row = {
      id: `${scope}/ra`,
      name: 'ra',
      scope,
      principalId: 'cluster-principal',
      roleDefinitionId,
      hasCondition: false,
    };
    this.assignments.push({ ...row, ...more });
  }

  /** As another client's write: new content, new eTag. */
  changeByColleague(edit: ProfileEdit): void {
    this.write(editProfile(this.cluster.profile, edit));
  }

  write(profile: Cluster['profile'], more: Partial<Cluster> = {}): void {
    const eTag = this.cluster.eTag === undefined ? {} : { eTag: String(Number(this.cluster.eTag) + 1) };
    this.cluster = { ...this.cluster, profile, ...eTag, ...more };
  }

  private put(base: Cluster, edit: ClusterEdit): PutAnswer {
    this.puts.push(edit);
    if (base.eTag !== undefined && base.eTag !== this.cluster.eTag) {
      throw new PodidError('StaleCluster', 'Changed meanwhile.');
    }
    const profile = editProfile(base.profile, edit);
    const identities = profile.identities.map((entry) => ({
      ...entry,
      provisioningState: entry.provisioningState ?? 'Updating',
    }));
    this.write({ ...profile, identities });
    this.cluster = this.applyIdentities(this.cluster, edit);
    const answer = { cluster: this.cluster, operation: { url: 'https://azure/operation' } };
    const faulty = this.answerFault?.(answer) ?? answer;
    this.answerFault = undefined;
    return faulty;
  }

  private follow(): OperationEnd {
    const end = this.ends.shift() ?? { status: 'Succeeded' as const };
    if (end.status === 'Succeeded') {
      const { profile } = this.cluster;
      const identities = profile.identities.map((entry) =>
        entry.provisioningState === 'Updating' ? { ...entry, provisioningState: 'Assigned' } : entry,
      );
      this.cluster = { ...this.cluster, profile: { ...profile, identities } };
    }
    return end;
  }

  deps(signal = new AbortController().signal): Omit<Deps, 'deadline'> {
    const azure = this.azure();
    return {
      azure,
      entries: profileStore(azure.clusters),
      kube: {
        prepare: async () => {
          this.prepared.push(this.puts.length);
        },
        objects: async () => {
          this.objectsFault?.();
          return {
            mirror: async (request) => {
              this.mirrored.push(request);
              return this.objects;
            },
            read: async () => ({ identities: [], exceptions: [] }),
          };
        },
        connect: () => unexpected('kube.connect'),
      },
      signal,
      clock: {
        now: () => this.nowMs,
        monotonic: () => this.nowMs,
        random: () => 0.5,
        sleep: async (ms, signal) => {
          // A pause passes at once; the deadline's own alarm, which is longer than any pause, waits for its
          // signal.
          if (ms <= 60_000) {
            signal.throwIfAborted();
            this.nowMs += ms;
            return;
          }
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason)),
          );
        },
      },
      report: {
        progress: (text) => this.progress.push(text),
        note: (text) => this.notes.push(String(text)),
        warn: (text, hint) => {
          this.warnings.push(text);
          this.hints.push(String(hint ?? ''));
        },
      },
      confirm: async (question) => {
        this.questions.push(question);
        return this.answerYes;
      },
    };
  }

  private azure(): Azure {
    return {
      identityBindings: { list: async () => [] },
      federatedCredentials: { list: unasked, create: unasked, remove: unasked },
      exchangeAssertion: unasked,
      exchangeEndpoint: unasked,
      clusters: {
        get: async () => {
          this.beforeGet?.(this);
          return this.cluster;
        },
        put: async (base, edit) => {
          await this.putFaults.shift()?.();
          return this.put(base, edit);
        },
        follow: async (_operation, { onStatus }) => {
          onStatus('ReconcilingAddons');
          return this.follow();
        },
        upgradeNodeImage: async (_id, pool) => {
          this.upgraded.push(pool);
          return { url: 'https://azure/operation' };
        },
        list: async () => [
          {
            ...clusterId,
            provisioningState: this.cluster.provisioningState,
            networkPlugin: this.cluster.networkPlugin,
            identityType: this.cluster.identity.type,
            addonEnabled: this.cluster.profile.enabled,
          },
        ],
        userKubeconfig: async () => 'unused',
        prepareCommand: () => unexpected('clusters.prepareCommand'),
        apiServerHosts: async () => ({ names: [], besideLoopbackArm: false }),
        runCommand: () => unexpected('clusters.runCommand'),
      },
      identities: {
        list: async () =>
          [...this.identities.values()].map(({ resourceId }) => ({ resourceId, location: 'westeurope' })),
        get: async (resourceId) => {
          const found = this.identities.get(resourceId.toLowerCase());
          if (!found) {
            throw new PodidError('IdentityNotFound', `Managed identity ${resourceId} does not exist.`);
          }
          return { ...found, resourceId };
        },
        create: async (resourceId, location) => {
          const name = resourceId.slice(resourceId.lastIndexOf('/') + 1);
          this.addIdentity(name, { location });
          this.createdIdentities.push(resourceId);
          return { resourceId, clientId: `client-${name}`, principalId: `object-${name}`, location };
        },
      },
      roles: {
        assignmentsFor: async (scope, principalId) => {
          this.listFault?.();
          return this.assignments.filter(
            (row) =>
              row.principalId === principalId && scope.toLowerCase().startsWith(row.scope.toLowerCase()),
          );
        },
        assignmentsOf: async (_subscription, principalId) =>
          this.assignments.filter((row) => row.principalId === principalId),
        assignmentsIn: async () => this.assignments,
        definition: async (id) => ({
          id,
          roleName: 'Owner',
          permissions: [{ actions: ['*'], notActions: [] }],
        }),
        find: async (roleName) => {
          if (roleName !== 'Reader') {
            throw new PodidError('RoleNotFound', `No role is called "${roleName}".`);
          }
          return 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
        },
        assignmentName: ({ scope, principalId }) => `guid-of-${scope}-${principalId}`,
        create: async ({ scope, principalId }) => {
          this.createFault?.();
          this.created.push(scope);
          this.grant(scope, { createdOnMs: this.nowMs, principalId });
          return { created: true };
        },
        delete: async (id) => {
          this.deleted.push(id);
        },
      },
      subscriptions: {
        find: async () => ({ subscriptionId: 'sub', displayName: 'Sub', tenantId: this.tenantId }),
        list: async () => [{ subscriptionId: 'sub', displayName: 'Sub', tenantId: this.tenantId }],
      },
      caller: () => 'anna@contoso.com',
      entraToken: () => unexpected('entraToken'),
      permissions: { at: () => unexpected('permissions.at') },
      machines: {
        get: () => unexpected('machines.get'),
        scaleSets: () => unexpected('machines.scaleSets'),
        virtualMachines: () => unexpected('machines.virtualMachines'),
        instances: () => unexpected('machines.instances'),
        assignIdentities: () => unexpected('machines.assignIdentities'),
        removeIdentities: () => unexpected('machines.removeIdentities'),
        upgradeInstances: () => unexpected('machines.upgradeInstances'),
        follow: () => unexpected('machines.follow'),
      },
      features: {
        state: async () => this.states.shift() ?? 'Registered',
        register: async () => {
          this.registered++;
        },
        registerProvider: async () => {
          this.registered++;
        },
      },
    };
  }
}

export function options(more: Partial<ChangeOptions> = {}): ChangeOptions {
  return {
    timeoutMs: 30 * 60_000,
    pollIntervalMs: 5_000,
    headers: {},
    dryRun: false,
    noWait: false,
    skipRoleAssignment: false,
    mirror: 'best-effort',
    force: false,
    ...more,
  };
}

function unexpected(what: string): Promise<never> {
  return Promise.reject(new Error(`nobody expected ${what}`));
}
