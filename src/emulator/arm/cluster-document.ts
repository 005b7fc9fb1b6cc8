import { copyJson, type Json, type JsonObject, listAt, objectAt, sameJson, textAt } from '../exact-json.ts';
import { giveIssuer, issuerUrl } from '../federation/issuers.ts';
import type { World } from '../world.ts';
import { refuseAsAks } from './arm-answers.ts';
import { keyOf } from './pod-identity-rules.ts';

/** Members that only the server writes: `readonly` in the models of api-version 2026-04-01. */
export const readOnlyMembers = {
  root: ['id', 'name', 'type', 'systemData', 'eTag'],
  properties: [
    'provisioningState',
    'powerState',
    'maxAgentPools',
    'currentKubernetesVersion',
    'fqdn',
    'privateFQDN',
    'azurePortalFQDN',
    'resourceUID',
    'status',
  ],
  pool: [
    'eTag',
    'provisioningState',
    'currentOrchestratorVersion',
    'nodeImageVersion',
    'powerState',
    'status',
  ],
  entry: ['provisioningState', 'provisioningInfo'],
} as const;

/**
 * The document that a PUT leads to while its operation runs: what was sent, unknown members included, with
 * the server's own members kept from before, entries marked Updating or Deleting, labels sorted and empty
 * lists gone.
 */
export function mergeCluster(world: World, body: JsonObject, before: JsonObject | undefined): JsonObject {
  const after = copyJson(body);
  keep(after, before, readOnlyMembers.root);
  const properties = objectAt(after, 'properties') ?? {};
  after['properties'] = properties;
  keep(properties, objectAt(before, 'properties'), readOnlyMembers.properties);
  for (const pool of listAt(properties, 'agentPoolProfiles')) {
    mergePool(pool, before);
  }
  delete objectAt(properties, 'servicePrincipalProfile')?.['secret'];
  delete objectAt(properties, 'windowsProfile')?.['adminPassword'];
  resolveIdentity(world, after, before);
  keepFederation(after, before);
  giveIssuer(world, after, before && issuerUrl(before));
  const profile = objectAt(properties, 'podIdentityProfile');
  if (profile === undefined) {
    delete properties['podIdentityProfile'];
  } else {
    properties['podIdentityProfile'] = mergeProfile(profile, before);
  }
  return after;
}

/** A PUT that leaves out the issuer, or workload identity, leaves it as it is. */
function keepFederation(after: JsonObject, before: JsonObject | undefined): void {
  const properties = objectAt(after, 'properties') ?? {};
  const issuer = objectAt(before, 'properties', 'oidcIssuerProfile');
  if (issuer !== undefined && objectAt(properties, 'oidcIssuerProfile') === undefined) {
    properties['oidcIssuerProfile'] = copyJson(issuer);
  }
  const workloadIdentity = objectAt(before, 'properties', 'securityProfile', 'workloadIdentity');
  const security = objectAt(properties, 'securityProfile');
  if (workloadIdentity !== undefined && objectAt(security, 'workloadIdentity') === undefined) {
    properties['securityProfile'] = { ...security, workloadIdentity: copyJson(workloadIdentity) };
  }
}

/**
 * What AKS checks of the issuer and of workload identity before it accepts a PUT.
 * @throws Refusal 400
 */
export function checkFederation(after: JsonObject, before: JsonObject | undefined): void {
  const isOn = objectAt(after, 'properties', 'oidcIssuerProfile')?.['enabled'] === true;
  if (!isOn && objectAt(before, 'properties', 'oidcIssuerProfile')?.['enabled'] === true) {
    refuseAsAks(
      400,
      'BadRequest',
      'The OIDC issuer cannot be disabled once it is enabled.',
      'oidcIssuerProfile',
    );
  }
  if (!isOn && objectAt(after, 'properties', 'securityProfile', 'workloadIdentity')?.['enabled'] === true) {
    refuseAsAks(
      400,
      'BadRequest',
      'Workload identity requires the OIDC issuer to be enabled.',
      'securityProfile',
    );
  }
}

function keep(target: JsonObject, before: JsonObject | undefined, names: readonly string[]): void {
  for (const name of names) {
    if (before?.[name] === undefined) {
      delete target[name];
    } else {
      target[name] = before[name];
    }
  }
}

function mergePool(pool: Json, before: JsonObject | undefined): void {
  const target = objectAt(pool);
  if (target === undefined) {
    return;
  }
  const old = listAt(before, 'properties', 'agentPoolProfiles').find(
    (one) => textAt(one, 'name') === textAt(pool, 'name'),
  );
  keep(target, objectAt(old), readOnlyMembers.pool);
}

/** Fills in what a caller cannot know: principals of the control plane and of the kubelets. */
function resolveIdentity(world: World, after: JsonObject, before: JsonObject | undefined): void {
  const identity = objectAt(after, 'identity');
  const type = textAt(identity, 'type')?.toLowerCase();
  if (identity === undefined || type === undefined || type === 'none') {
    return;
  }
  if (type.includes('userassigned')) {
    fillUserAssigned(world, identity);
  } else {
    const old = objectAt(before, 'identity');
    const same = textAt(old, 'type')?.toLowerCase() === type;
    const principalId = (same ? textAt(old, 'principalId') : undefined) ?? youngPrincipal(world);
    Object.assign(identity, { principalId, tenantId: textAt(old, 'tenantId') ?? world.tenantId });
  }
  const properties = objectAt(after, 'properties');
  if (properties !== undefined) {
    properties['servicePrincipalProfile'] = { clientId: 'msi' };
  }
  fillKubelet(world, after);
}

function youngPrincipal(world: World): string {
  const principalId = world.newId();
  world.youngPrincipals.set(principalId, world.settings.principalNotFoundTimes);
  return principalId;
}

function fillUserAssigned(world: World, identity: JsonObject): void {
  const assigned = objectAt(identity, 'userAssignedIdentities') ?? {};
  for (const id of Object.keys(assigned)) {
    const known = world.identities.get(id.toLowerCase());
    if (known === undefined) {
      refuseAsAks(400, 'InvalidParameter', `The identity '${id}' does not exist.`, 'identity');
    }
    const { principalId, clientId } = objectAt(known, 'properties') ?? {};
    assigned[id] = { principalId, clientId };
  }
  delete identity['principalId'];
  delete identity['tenantId'];
}

/** A cluster that names no kubelet identity gets one in its node resource group, as AKS makes it. */
function fillKubelet(world: World, after: JsonObject): void {
  const properties = objectAt(after, 'properties') ?? {};
  const kubelet = objectAt(properties, 'identityProfile', 'kubeletidentity');
  if (kubelet === undefined) {
    const made = ownKubelet(world, after);
    if (made !== undefined) {
      properties['identityProfile'] = { ...objectAt(properties, 'identityProfile'), kubeletidentity: made };
    }
    return;
  }
  const known = world.identities.get((textAt(kubelet, 'resourceId') ?? '').toLowerCase());
  if (known === undefined) {
    return;
  }
  kubelet['clientId'] = textAt(known, 'properties', 'clientId');
  kubelet['objectId'] = textAt(known, 'properties', 'principalId');
}

function ownKubelet(world: World, after: JsonObject): JsonObject | undefined {
  const group = textAt(after, 'properties', 'nodeResourceGroup');
  const subscription = /^\/subscriptions\/[^/]+/i.exec(textAt(after, 'id') ?? '')?.[0];
  if (group === undefined || subscription === undefined) {
    return undefined;
  }
  const name = `${textAt(after, 'name')}-agentpool`;
  const resourceId = `${subscription}/resourcegroups/${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
  return { resourceId, clientId: world.newId(), objectId: world.newId() };
}

/** A profile that is off comes back as `{}`, whatever else it was sent with. */
function mergeProfile(sent: JsonObject, before: JsonObject | undefined): JsonObject {
  if (sent['enabled'] !== true) {
    return {};
  }
  const profile: JsonObject = { ...sent };
  const old = listAt(before, 'properties', 'podIdentityProfile', 'userAssignedIdentities');
  const entries = mergeEntries(listAt(sent, 'userAssignedIdentities'), old);
  const exceptions = listAt(sent, 'userAssignedIdentityExceptions').map(withSortedLabels);
  profile['userAssignedIdentities'] = entries.length > 0 ? entries : undefined;
  profile['userAssignedIdentityExceptions'] = exceptions.length > 0 ? exceptions : undefined;
  return copyJson(profile);
}

function mergeEntries(sent: readonly Json[], old: readonly Json[]): Json[] {
  const left = new Set(sent.map(keyOf));
  const leaving = old
    .filter((entry) => !left.has(keyOf(entry)))
    .map((entry) => ({ ...objectAt(entry), provisioningState: 'Deleting', provisioningInfo: undefined }));
  const staying = sent.map((entry) => {
    const bare: JsonObject = { ...objectAt(entry) };
    for (const name of readOnlyMembers.entry) {
      delete bare[name];
    }
    const known = old.find((one) => keyOf(one) === keyOf(entry));
    const unchanged = known !== undefined && isSettled(known) && sameEntry(known, bare);
    return { ...bare, provisioningState: unchanged ? textAt(known, 'provisioningState') : 'Updating' };
  });
  return [...staying, ...leaving];
}

function isSettled(entry: Json): boolean {
  return ['assigned', 'succeeded'].includes((textAt(entry, 'provisioningState') ?? '').toLowerCase());
}

function sameEntry(known: Json, bare: JsonObject): boolean {
  return ['identity', 'bindingSelector'].every((name) => sameJson(objectAt(known)?.[name], bare[name]));
}

function withSortedLabels(exception: Json): Json {
  const labels = objectAt(exception, 'podLabels');
  if (labels === undefined) {
    return exception;
  }
  const sorted = Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1));
  return { ...objectAt(exception), podLabels: Object.fromEntries(sorted) };
}
