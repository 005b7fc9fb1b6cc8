import { renewTag } from './arm/machines/machine-documents.ts';
import { renewTags, setState } from './arm/operations.ts';
import { idOf } from './arm/role-assignments.ts';
import { builtInRoles } from './arm/roles.ts';
import {
  at,
  copyJson,
  type Json,
  type JsonObject,
  listAt,
  objectAt,
  textAt,
  writeJson,
} from './exact-json.ts';
import { giveIssuer, issuerUrl } from './federation/issuers.ts';
import { readSigningKey } from './federation/signing-keys.ts';
import { asksAsSeed, seedAsks } from './seed-asks.ts';
import type { WorldSettings } from './settings.ts';
import type { Application, FeatureState, Operation, ProviderState, Subscription, World } from './world.ts';

/**
 * Merges a seed into the world: lists by id, `settings` by member. Resources named in `remove` go first.
 * Used by scenarios, `PUT /_podid/world` and state files alike.
 * @throws TypeError when an item has no id, or an issuer a key that is none
 */
export function seedWorld(world: World, seed: JsonObject): void {
  for (const id of listAt(seed, 'remove')) {
    removeResource(world, String(id));
  }
  world.tenantId = textAt(seed, 'tenantId') ?? world.tenantId;
  const settings = objectAt(seed, 'settings');
  if (settings !== undefined) {
    world.settings = { ...world.settings, ...(settings as Partial<WorldSettings>) };
  }
  for (const one of listAt(seed, 'subscriptions')) {
    seedSubscription(world, one);
  }
  for (const one of listAt(seed, 'resourceGroups')) {
    world.resourceGroups.set(key(one), copyJson(one as JsonObject));
  }
  for (const one of listAt(seed, 'identities')) {
    world.identities.set(key(one), copyJson(one as JsonObject));
  }
  for (const one of listAt(seed, 'federatedCredentials')) {
    world.federatedCredentials.set(key(one), copyJson(one as JsonObject));
  }
  for (const one of listAt(seed, 'identityBindings')) {
    world.identityBindings.set(key(one), copyJson(one as JsonObject));
  }
  for (const one of listAt(seed, 'issuers')) {
    world.issuers.set(required(one, 'issuer'), listAt(one, 'keys').map(readSigningKey));
  }
  for (const one of listAt(seed, 'machines')) {
    seedMachine(world, copyJson(one as JsonObject));
  }
  for (const one of listAt(seed, 'clusters')) {
    seedCluster(world, one as JsonObject);
  }
  for (const one of listAt(seed, 'operations')) {
    seedOperation(world, one);
  }
  for (const one of listAt(seed, 'roleAssignments')) {
    seedAssignment(world, one);
  }
  for (const one of listAt(seed, 'groups')) {
    world.groups.set(required(one, 'objectId').toLowerCase(), listAt(one, 'members').map(String));
  }
  for (const one of listAt(seed, 'applications')) {
    world.applications.set(required(one, 'appId').toLowerCase(), one as unknown as Application);
  }
  for (const one of listAt(seed, 'youngPrincipals')) {
    world.youngPrincipals.set(required(one, 'objectId').toLowerCase(), Number(at(one, 'misses')));
  }
  const record = objectAt(seed, 'record');
  if (record !== undefined) {
    world.tokenAsks = seedAsks(world.tokenAsks, record, world.clock.now());
  }
  world.kubernetesObjects.push(...listAt(seed, 'kubernetes').map((one) => one as JsonObject));
}

/** The world as a seed that leads to it again. */
export function worldAsSeed(world: World): JsonObject {
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Json;
  return {
    tenantId: world.tenantId,
    settings: plain(world.settings),
    subscriptions: plain([...world.subscriptions.values()]),
    resourceGroups: [...world.resourceGroups.values()],
    clusters: [...world.clusters.values()].map((one) => one.document),
    operations: plain([...world.operations.values()]),
    identities: [...world.identities.values()],
    federatedCredentials: [...world.federatedCredentials.values()],
    identityBindings: [...world.identityBindings.values()],
    issuers: plain([...world.issuers].map(([issuer, keys]) => ({ issuer, keys }))),
    machines: [...world.machines.values()],
    roleAssignments: plain([...world.roleAssignments.values()]),
    groups: [...world.groups].map(([objectId, members]) => ({ objectId, members })),
    applications: plain([...world.applications.values()]),
    youngPrincipals: [...world.youngPrincipals].map(([objectId, misses]) => ({ objectId, misses })),
    record: asksAsSeed(world.tokenAsks),
    kubernetes: world.kubernetesObjects,
  };
}

function removeResource(world: World, id: string): void {
  const lower = id.toLowerCase();
  for (const map of [
    world.clusters,
    world.identities,
    world.federatedCredentials,
    world.identityBindings,
    world.machines,
    world.roleAssignments,
    world.resourceGroups,
    world.groups,
    world.registrations,
  ]) {
    map.delete(lower);
  }
}

function seedMachine(world: World, machine: JsonObject): void {
  if (textAt(machine, 'etag') === undefined && textAt(machine, 'instanceId') === undefined) {
    renewTag(world, machine);
  }
  world.machines.set(key(machine), machine);
  world.registrations.delete(key(machine));
}

function seedSubscription(world: World, one: Json): void {
  const id = required(one, 'subscriptionId');
  const before = world.subscriptions.get(id.toLowerCase());
  const subscription: Subscription = {
    subscriptionId: id,
    displayName: textAt(one, 'displayName') ?? before?.displayName ?? id,
    tenantId: textAt(one, 'tenantId') ?? before?.tenantId ?? world.tenantId,
    managementGroups:
      at(one, 'managementGroups') === undefined
        ? (before?.managementGroups ?? [])
        : listAt(one, 'managementGroups').map(String),
    features: { ...before?.features, ...states<FeatureState>(objectAt(one, 'features'), featureState) },
    providers: { ...before?.providers, ...states<ProviderState>(objectAt(one, 'providers'), providerState) },
  };
  world.subscriptions.set(id.toLowerCase(), subscription);
}

/** A state may be given by its word alone: `"Registered"`. */
function states<State>(
  members: JsonObject | undefined,
  fromWord: (word: string) => State,
): Record<string, State> {
  const entries = Object.entries(members ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'string' ? fromWord(value) : (value as State)]),
  );
}

function featureState(word: string): FeatureState {
  return { state: word as FeatureState['state'], readyAt: 0, effective: word === 'Registered' };
}

function providerState(word: string): ProviderState {
  return { state: word as ProviderState['state'], readyAt: 0 };
}

function seedCluster(world: World, one: JsonObject): void {
  const document = copyJson(one);
  const cluster = { document };
  if (textAt(document, 'properties', 'provisioningState') === undefined) {
    setState(document, 'Succeeded');
  }
  giveIssuer(world, document, issuerUrl(document));
  if (textAt(document, 'eTag') === undefined) {
    renewTags(world, cluster);
  }
  world.clusters.set(key(one), cluster);
}

function seedOperation(world: World, one: Json): void {
  const operation = JSON.parse(writeJson(one)) as Operation;
  world.operations.set(operation.id, operation);
  const cluster = world.clusters.get(operation.clusterKey);
  if (cluster !== undefined && operation.status === undefined) {
    cluster.operation = operation;
  }
}

function seedAssignment(world: World, one: Json): void {
  const scope = required(one, 'scope');
  const role = textAt(one, 'role');
  const known = builtInRoles.find((each) => each.roleName.toLowerCase() === role?.toLowerCase());
  const roleDefinitionId =
    textAt(one, 'roleDefinitionId') ??
    `${subscriptionIn(scope)}/providers/Microsoft.Authorization/roleDefinitions/${known?.name ?? role}`;
  const id = textAt(one, 'id') ?? idOf(scope, textAt(one, 'name') ?? world.newId());
  const condition = textAt(one, 'condition');
  const createdAt = Number(at(one, 'createdAt') ?? 0);
  world.roleAssignments.set(id.toLowerCase(), {
    id,
    scope,
    roleDefinitionId,
    principalId: required(one, 'principalId'),
    principalType: textAt(one, 'principalType') ?? 'ServicePrincipal',
    createdAt,
    countsAt: Number(at(one, 'countsAt') ?? createdAt),
    overlookedPuts: Number(at(one, 'overlookedPuts') ?? 0),
    ...(condition === undefined ? {} : { condition }),
  });
}

/** Definitions are named below the subscription of the assignment, by which az finds their names. */
function subscriptionIn(scope: string): string {
  return /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';
}

function key(one: Json): string {
  return required(one, 'id').toLowerCase();
}

function required(one: Json, member: string): string {
  const text = textAt(one, member);
  if (text === undefined) {
    throw new TypeError(`An item of the seed has no '${member}'.`);
  }
  return text;
}
