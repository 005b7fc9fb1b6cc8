import { at, copyJson, type Json, type JsonObject, listAt, objectAt, textAt } from '../exact-json.ts';
import type { EmulatorResponse } from '../http.ts';
import type { Cluster, Operation, World } from '../world.ts';
import { refuseAsAks, refuseAsArm } from './arm-answers.ts';
import { type ArmCall, objectBody, param, requireGroup, subscriptionOf } from './arm-call.ts';
import { checkFederation, mergeCluster, readOnlyMembers } from './cluster-document.ts';
import { operationHeaders } from './operation-answers.ts';
import { renewTags, setState, startOperation } from './operations.ts';
import {
  assignAction,
  checkPodIdentity,
  clusterPrincipal,
  enabledProfile,
  keyOf,
  lateAnswer,
  makesPrincipal,
} from './pod-identity-rules.ts';
import { mayDo } from './roles.ts';
import { answerDocument, clusterId, refuseWhileBusy } from './stored-cluster.ts';

/** Creates (201) or replaces (200) a cluster: checks, stores what was sent, and starts the operation. */
export function putCluster(call: ArmCall): EmulatorResponse {
  requireGroup(call);
  const { world } = call;
  const key = clusterId(call).toLowerCase();
  applyColleaguesEdit(call, key);
  const sent = objectBody(call);
  const cluster = world.clusters.get(key);
  checkConditions(call, cluster);
  if (cluster !== undefined) {
    refuseWhileBusy(cluster);
  }
  checkBody(world, sent, cluster);
  const body = cluster === undefined ? withDefaults(call, sent) : sent;
  const before = cluster?.document;
  const after = mergeCluster(world, body, before ?? serverMembers(call, body));
  // Rules see the lists as sent: an entry on its way out must not be checked again.
  const proposed = { world, subscription: subscriptionOf(call), before, after: asSent(after, body) };
  checkFederation(after, before);
  checkPodIdentity(proposed);
  // One that AKS has made for itself is in nobody's body.
  if (objectAt(body, 'properties', 'identityProfile', 'kubeletidentity') !== undefined) {
    checkKubelet(world, after, before);
  }
  loseEntry(call, after);
  const refusal = makesPrincipal(proposed) ? lateAnswer(world, after) : undefined;
  const stored = storeCluster(call, key, cluster, after);
  if (refusal !== undefined) {
    failLate(stored.operation, refusal);
  }
  const headers = operationHeaders(call, stored.operation);
  return { status: before === undefined ? 201 : 200, headers, body: answerDocument(call, stored) };
}

function applyColleaguesEdit(call: ArmCall, key: string): void {
  const { edit } = call.effects;
  const cluster = call.world.clusters.get(key);
  const profile = enabledProfile(cluster?.document);
  if (edit === undefined || cluster === undefined || profile === undefined) {
    return;
  }
  const gone = new Set((edit.delete ?? []).map((one) => keyOf({ ...one })));
  const entries = listAt(profile, 'userAssignedIdentities').filter((one) => !gone.has(keyOf(one)));
  const added = (edit.add ?? []).map((one) => ({ ...one, provisioningState: 'Assigned' }));
  profile['userAssignedIdentities'] = copyJson([...entries, ...added]);
  profile['userAssignedIdentityExceptions'] = copyJson([
    ...listAt(profile, 'userAssignedIdentityExceptions').filter((one) => !gone.has(keyOf(one))),
    ...(edit.addException ?? []),
  ]);
  dropEmptyLists(profile);
  renewTags(call.world, cluster);
}

function dropEmptyLists(profile: JsonObject): void {
  for (const list of ['userAssignedIdentities', 'userAssignedIdentityExceptions']) {
    if (listAt(profile, list).length === 0) {
      delete profile[list];
    }
  }
}

function checkConditions(call: ArmCall, cluster: Cluster | undefined): void {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = call.request.headers;
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    refuseAsAks(400, 'BadRequest', 'If-Match and If-None-Match cannot be given together.');
  }
  if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
    refuseAsAks(400, 'BadRequest', 'If-None-Match can only be *.');
  }
  if (ifNoneMatch === '*' && cluster !== undefined) {
    refuseConflict('the cluster exists already');
  }
  if (ifMatch === undefined) {
    return;
  }
  if (cluster === undefined) {
    refuseConflict('there is no such cluster');
  }
  // A service that hands out no tags knows none to compare with.
  if (ifMatch === '*' || !call.world.settings.eTags) {
    return;
  }
  if (unquote(ifMatch) !== cluster.document['eTag']) {
    refuseConflict('the cluster has changed since it was read');
  }
}

function unquote(tag: string): string {
  return tag.replace(/^"(.*)"$/, '$1');
}

function refuseConflict(why: string): never {
  return refuseAsAks(412, 'PreconditionFailed', `A condition of the request does not hold: ${why}.`);
}

function checkBody(world: World, body: JsonObject, cluster: Cluster | undefined): void {
  const location = textAt(body, 'location');
  if (location === undefined) {
    refuseAsArm(400, 'LocationRequired', 'The location of the cluster is missing.');
  }
  const before = textAt(cluster?.document, 'location');
  if (before !== undefined && plain(before) !== plain(location)) {
    refuseAsArm(
      409,
      'InvalidResourceLocation',
      `The cluster is in '${before}' and cannot move to '${location}'.`,
    );
  }
  if (cluster !== undefined) {
    refuseStaleTagInBody(body, cluster.document);
  }
  if (world.settings.readOnlyMembers === 'refuse') {
    refuseReadOnly(body);
  }
}

/** `West Europe` and `westeurope` are one place. */
function plain(location: string): string {
  return location.replaceAll(' ', '').toLowerCase();
}

function refuseStaleTagInBody(body: JsonObject, document: JsonObject): void {
  const pools = listAt(document, 'properties', 'agentPoolProfiles');
  const pairs: [Json | undefined, Json | undefined][] = [[body['eTag'], document['eTag']]];
  for (const pool of listAt(body, 'properties', 'agentPoolProfiles')) {
    const known = pools.find((one) => textAt(one, 'name') === textAt(pool, 'name'));
    if (known !== undefined) {
      pairs.push([at(pool, 'eTag'), at(known, 'eTag')]);
    }
  }
  if (pairs.every(([sent, known]) => sent === undefined || sent === null || sent === known)) {
    return;
  }
  refuseAsAks(409, 'EtagMismatch', 'An eTag in the request body is not the current one.');
}

function refuseReadOnly(body: JsonObject): void {
  const sent: string[] = [];
  const look = (value: Json | undefined, names: readonly string[], path: string) => {
    for (const name of names) {
      if (at(value, name) !== undefined) {
        sent.push(`${path}${name}`);
      }
    }
  };
  look(body, readOnlyMembers.root, '');
  look(body['properties'], readOnlyMembers.properties, 'properties.');
  look(at(body, 'properties', 'oidcIssuerProfile'), ['issuerURL'], 'properties.oidcIssuerProfile.');
  for (const pool of listAt(body, 'properties', 'agentPoolProfiles')) {
    look(pool, readOnlyMembers.pool, 'agentPoolProfiles.');
  }
  for (const entry of listAt(body, 'properties', 'podIdentityProfile', 'userAssignedIdentities')) {
    look(entry, readOnlyMembers.entry, 'userAssignedIdentities.');
  }
  if (sent.length > 0) {
    refuseAsAks(400, 'InvalidParameter', `Read-only members were sent: ${sent.join(', ')}.`);
  }
}

function asSent(after: JsonObject, body: JsonObject): JsonObject {
  const sent = objectAt(body, 'properties', 'podIdentityProfile');
  const properties = { ...objectAt(after, 'properties') };
  if (sent !== undefined) {
    properties['podIdentityProfile'] = sent;
  }
  return { ...after, properties };
}

/** A kubelet identity of one's own wants a user-assigned control plane that may assign it. */
function checkKubelet(world: World, after: JsonObject, before: JsonObject | undefined): void {
  const id = textAt(after, 'properties', 'identityProfile', 'kubeletidentity', 'resourceId');
  const old = textAt(before, 'properties', 'identityProfile', 'kubeletidentity', 'resourceId');
  if (id === undefined || id.toLowerCase() === old?.toLowerCase()) {
    return;
  }
  const type = textAt(after, 'identity', 'type')?.toLowerCase() ?? '';
  if (!type.includes('userassigned')) {
    refuseAsAks(
      400,
      'BadRequest',
      'A change of the kubelet identity is not allowed without a user-assigned control-plane identity.',
    );
  }
  const principal = clusterPrincipal(world, after) ?? '';
  if (world.identities.has(id.toLowerCase()) && mayDo(world, principal, assignAction, id)) {
    return;
  }
  refuseAsAks(
    400,
    'CustomKubeletIdentityMissingPermissionError',
    `The cluster identity ${principal} may not assign the kubelet identity ${id}.`,
  );
}

function loseEntry(call: ArmCall, after: JsonObject): void {
  const lost = call.effects.loseEntry;
  const profile = enabledProfile(after);
  if (lost === undefined || profile === undefined) {
    return;
  }
  profile['userAssignedIdentities'] = listAt(profile, 'userAssignedIdentities').filter(
    (one) => keyOf(one) !== keyOf({ ...lost }),
  );
  dropEmptyLists(profile);
}

function failLate(operation: Operation, { error, keys }: NonNullable<ReturnType<typeof lateAnswer>>): void {
  operation.forced = { status: 'Failed', error };
  for (const key of keys) {
    operation.failedEntries[key] = error;
  }
}

function storeCluster(call: ArmCall, key: string, cluster: Cluster | undefined, after: JsonObject) {
  const created = cluster === undefined;
  const operation = startOperation(
    call.world,
    {
      subscriptionId: param(call, 'subscription'),
      location: plain(textAt(after, 'location') ?? ''),
      clusterKey: key,
      kind: created ? 'create' : 'update',
    },
    call.effects,
  );
  const stored = { document: after, operation };
  setState(stored.document, created ? 'Creating' : 'Updating');
  renewTags(call.world, stored);
  call.world.clusters.set(key, stored);
  return stored;
}

/** Of Kubernetes; az sends the empty text for the version that Azure thinks best. */
export const newestVersion = '1.33.5';

/** What a new cluster has although nobody sent it. */
function withDefaults(call: ArmCall, sent: JsonObject): JsonObject {
  const properties = objectAt(sent, 'properties') ?? {};
  return {
    ...sent,
    properties: {
      ...properties,
      kubernetesVersion: textAt(properties, 'kubernetesVersion') || newestVersion,
      nodeResourceGroup:
        textAt(properties, 'nodeResourceGroup') ??
        `MC_${param(call, 'group')}_${param(call, 'name')}_${textAt(sent, 'location')}`,
      networkProfile: objectAt(properties, 'networkProfile') ?? { networkPlugin: 'azure' },
    },
  };
}

/** The members of a new cluster that only the server writes. */
function serverMembers(call: ArmCall, body: JsonObject): JsonObject {
  const name = param(call, 'name');
  return {
    id: clusterId(call),
    name,
    type: 'Microsoft.ContainerService/ManagedClusters',
    properties: {
      currentKubernetesVersion: textAt(body, 'properties', 'kubernetesVersion'),
      powerState: { code: 'Running' },
      maxAgentPools: 100,
      fqdn: `${name}-dns.hcp.${plain(textAt(body, 'location') ?? '')}.azmk8s.io`.toLowerCase(),
    },
  };
}
