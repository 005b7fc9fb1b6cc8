import { randomUUID } from 'node:crypto';
import type { EmulatorClock } from './clock.ts';
import type { JsonObject } from './exact-json.ts';
import type { SigningKey } from './federation/signing-keys.ts';
import type { Registrations } from './imds/imds-identity.ts';
import type { TokenAsks } from './kube/played/agent-record.ts';
import type { WorldSettings } from './settings.ts';

export interface Subscription {
  readonly subscriptionId: string;
  displayName: string;
  tenantId: string;
  /** Names of the management groups above it, nearest first. */
  managementGroups: string[];
  features: Record<string, FeatureState>;
  providers: Record<string, ProviderState>;
}

export interface FeatureState {
  state: 'NotRegistered' | 'Registering' | 'Registered' | 'Unregistering';
  /** Emulator time at which Registering becomes Registered. */
  readyAt: number;
  /** A registered feature counts once its provider was registered again. */
  effective: boolean;
}

export interface ProviderState {
  state: 'NotRegistered' | 'Registering' | 'Registered';
  readyAt: number;
}

export interface Cluster {
  /** The document that GET answers, server-owned members included. */
  document: JsonObject;
  operation?: Operation;
}

export interface Operation {
  readonly id: string;
  readonly subscriptionId: string;
  readonly location: string;
  /** Lower-case id of the cluster; empty once a DELETE has ended, and where a machine is changed. */
  readonly clusterKey: string;
  /**
   * The scale set or virtual machine that it changes, and the instances that follow their scale set by it.
   */
  readonly machine?: { readonly key: string; readonly upgrade: readonly string[] | null };
  readonly kind: 'create' | 'update' | 'delete';
  /** The agent pool that it is about, by name, and whether it goes. */
  readonly pool?: { readonly name: string; readonly isDeleted: boolean };
  /** `t,c,s,h` as they must come back, byte for byte. */
  readonly signature: string;
  readonly startedAt: number;
  readonly endsAt: number;
  polls: number;
  endedAt?: number;
  status?: 'Succeeded' | 'Failed' | 'Canceled';
  error?: JsonObject;
  /** Ordered by a fault: how it ends. */
  forced?: { status: 'Failed' | 'Canceled'; error: JsonObject };
  /** Ordered by faults: entries that end Failed, `namespace/name` to the innermost error. */
  failedEntries: Record<string, JsonObject>;
}

/** A command that ran in a cluster, or runs. */
export interface CommandRun {
  readonly id: string;
  readonly clusterKey: string;
  readonly startedAt: number;
  finishedAt?: number;
  end?:
    | { readonly state: 'Succeeded'; readonly exitCode: number; readonly logs: string }
    | { readonly state: 'Failed'; readonly reason: string };
}

export interface RoleAssignment {
  readonly id: string;
  readonly scope: string;
  readonly roleDefinitionId: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly condition?: string;
  readonly createdAt: number;
  readonly countsAt: number;
  /** Cluster PUTs that still overlook it. */
  overlookedPuts: number;
}

/** A registered application: what may sign in at the token endpoint. */
export interface Application {
  readonly appId: string;
  readonly objectId: string;
  readonly tenantId: string;
  readonly secret: string;
  /** Who else may sign in as it: in the shape of the `properties` of an identity's federated credential. */
  readonly federatedCredentials?: readonly JsonObject[];
}

export type AddonPart = 'nmi' | 'definitions' | 'identities';

/** Of one cluster: what the add-on has, and what of it goes when. */
export interface AddonState {
  /** Lower-case ids of the identities of its entries. */
  identityIds: readonly string[];
  leaving: { readonly what: AddonPart; readonly atMs: number }[];
}

/** Everything the emulator knows. Keys of the maps are lower-case resource ids. */
export interface World {
  readonly clock: EmulatorClock;
  settings: WorldSettings;
  /** As they were before any scenario. */
  readonly ownSettings: WorldSettings;
  tenantId: string;
  /** Where the emulator listens, without a slash at the end; empty until it does. */
  origin: string;
  readonly subscriptions: Map<string, Subscription>;
  readonly resourceGroups: Map<string, JsonObject>;
  readonly clusters: Map<string, Cluster>;
  readonly identities: Map<string, JsonObject>;
  /** Of the identities: who else may sign in as them. */
  readonly federatedCredentials: Map<string, JsonObject>;
  /** Of clusters: identities that AKS hands to their service accounts. */
  readonly identityBindings: Map<string, JsonObject>;
  /** Keys of identities whose credentials are written at this moment. */
  readonly credentialWrites: Set<string>;
  /** Federated credentials that Entra does not know yet, or not as they are now. Emulator times. */
  readonly laggingCredentials: Map<string, { readonly madeMs: number; readonly seenAtMs: number }>;
  /** Identities whose credentials are not found yet: key to the emulator time at which they are. */
  readonly freshIdentities: Map<string, number>;
  /** Keys by the URL of their OIDC issuer, newest first: of clusters, and of others whose tokens are known here. */
  readonly issuers: Map<string, readonly SigningKey[]>;
  /** Scale sets and virtual machines, of which the nodes are made. */
  readonly machines: Map<string, JsonObject>;
  /** What the metadata services of machines know, by the machine; of one that never changed nothing. */
  readonly registrations: Map<string, Registrations>;
  /** What is left of the limits of requests, by limit and what it counts. */
  readonly buckets: Map<string, { tokens: number; readonly at: number }>;
  /**
   * Principals so new that the directory does not find them yet: object id to the number of misses still to
   * come.
   */
  readonly youngPrincipals: Map<string, number>;
  readonly roleAssignments: Map<string, RoleAssignment>;
  readonly operations: Map<string, Operation>;
  readonly commandRuns: Map<string, CommandRun>;
  /** Object id of a group to the object ids of its members. */
  readonly groups: Map<string, string[]>;
  readonly applications: Map<string, Application>;
  /** What goes with the add-on, by the key of the cluster that has it or had it. */
  readonly addons: Map<string, AddonState>;
  /** What pods asked the agents of their nodes. */
  tokenAsks: TokenAsks;
  /** Kubernetes objects that a scenario brings, handed to the cluster's API. */
  kubernetesObjects: JsonObject[];
  /** Counts up with each PUT; feeds the drawn durations. */
  draws: number;
  newId(): string;
}

/** Of a world without a scenario. */
const emptyTenant = '00000000-0000-4000-8000-00000000aaaa';

export function createWorld(clock: EmulatorClock, settings: WorldSettings): World {
  return {
    clock,
    settings,
    ownSettings: settings,
    tenantId: emptyTenant,
    origin: '',
    subscriptions: new Map(),
    resourceGroups: new Map(),
    clusters: new Map(),
    identities: new Map(),
    federatedCredentials: new Map(),
    identityBindings: new Map(),
    credentialWrites: new Set(),
    laggingCredentials: new Map(),
    freshIdentities: new Map(),
    issuers: new Map(),
    machines: new Map(),
    registrations: new Map(),
    buckets: new Map(),
    youngPrincipals: new Map(),
    roleAssignments: new Map(),
    operations: new Map(),
    commandRuns: new Map(),
    groups: new Map(),
    applications: new Map(),
    addons: new Map(),
    tokenAsks: { asks: [] },
    kubernetesObjects: [],
    draws: 0,
    newId: randomUUID,
  };
}

/** Back to where `createWorld` was. The clock goes on. */
export function clearWorld(world: World): void {
  world.settings = world.ownSettings;
  world.tenantId = emptyTenant;
  world.draws = 0;
  world.tokenAsks = { asks: [] };
  for (const map of [
    world.subscriptions,
    world.resourceGroups,
    world.clusters,
    world.identities,
    world.federatedCredentials,
    world.identityBindings,
    world.laggingCredentials,
    world.freshIdentities,
    world.issuers,
    world.machines,
    world.registrations,
    world.buckets,
    world.youngPrincipals,
    world.roleAssignments,
    world.operations,
    world.commandRuns,
    world.groups,
    world.applications,
    world.addons,
  ]) {
    map.clear();
  }
  world.kubernetesObjects = [];
}
