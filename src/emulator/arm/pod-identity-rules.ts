import { type Json, type JsonObject, listAt, objectAt, textAt } from '../exact-json.ts';
import type { Subscription, World } from '../world.ts';
import { refuseAsAks } from './arm-answers.ts';
import { mayDo, noteOverlooked } from './roles.ts';

/** Entries a cluster takes of each list (AKS changelog 2021-03-08). */
export const entryLimit = 200;
export const podIdentityFeature = 'Microsoft.ContainerService/EnablePodIdentityPreview';
/** As Azure's own list of operations spells it, star included. */
export const assignAction = 'Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action';

/** The profile of a cluster document, where pod identity is on. */
export function enabledProfile(document: Json | undefined): JsonObject | undefined {
  const profile = objectAt(document, 'properties', 'podIdentityProfile');
  return profile?.['enabled'] === true ? profile : undefined;
}

export interface ProposedCluster {
  readonly world: World;
  readonly subscription: Subscription;
  readonly before: JsonObject | undefined;
  /** The document as it would be stored, with the control-plane identity resolved. */
  readonly after: JsonObject;
}

/**
 * What AKS checks of pod identity before it accepts a PUT.
 * @throws Refusal 400 with a flat error
 */
export function checkPodIdentity(proposed: ProposedCluster): void {
  const profile = enabledProfile(proposed.after);
  if (profile === undefined) {
    return;
  }
  checkFeature(proposed);
  checkClusterIdentity(proposed.after);
  checkKubenet(proposed, profile);
  const entries = listAt(profile, 'userAssignedIdentities');
  if (proposed.before === undefined && entries.length > 0) {
    refuse(
      'PodIdentityAddonUserAssignedIdentitiesNotAllowedInCreation',
      'Pod identities cannot be given when the cluster is created.',
    );
  }
  checkLists(profile);
  checkSameNames(entries, listAt(enabledProfile(proposed.before), 'userAssignedIdentities'));
  if (!makesPrincipal(proposed)) {
    checkAssignments(proposed, entries);
  }
}

/**
 * Whether the PUT gives the control plane a system-assigned identity it did not have: made before AKS looks
 * at the document, so that AKS finds out only while the operation runs that its principal may not assign the
 * entries' identities.
 */
export function makesPrincipal({ before, after }: Pick<ProposedCluster, 'before' | 'after'>): boolean {
  const principal = textAt(after, 'identity', 'principalId');
  return (
    principal !== undefined && before !== undefined && principal !== textAt(before, 'identity', 'principalId')
  );
}

/** Why the operation of such a PUT fails, for each entry that does; undefined when none does. */
export function lateAnswer(
  world: World,
  after: JsonObject,
): { readonly error: JsonObject; readonly keys: readonly string[] } | undefined {
  const entries = listAt(enabledProfile(after), 'userAssignedIdentities');
  const principal = clusterPrincipal(world, after) ?? '';
  const blocked = entries.filter((entry) => !isAssignable(world, principal, entry));
  if (blocked.length === 0) {
    return undefined;
  }
  const error = { code: assignmentErrorCode, message: assignmentErrorText(principal, blocked) };
  return { error, keys: blocked.map(keyOf) };
}

function checkFeature({ subscription, before }: ProposedCluster): void {
  if (enabledProfile(before) !== undefined) {
    return;
  }
  const entry = Object.entries(subscription.features).find(
    ([name]) => name.toLowerCase() === podIdentityFeature.toLowerCase(),
  );
  if (entry?.[1].state === 'Registered' && entry[1].effective) {
    return;
  }
  refuse(
    'PodIdentityAddonFeatureFlagNotEnabled',
    `The preview feature ${podIdentityFeature} is not registered for the subscription.`,
  );
}

function checkClusterIdentity(document: JsonObject): void {
  const type = textAt(document, 'identity', 'type');
  if (type !== undefined && type.toLowerCase() !== 'none') {
    return;
  }
  refuse(
    'BadRequest',
    'Pod identity requires a cluster with a managed identity; this one uses a service principal.',
  );
}

function checkKubenet({ world, after }: ProposedCluster, profile: JsonObject): void {
  const plugin = textAt(after, 'properties', 'networkProfile', 'networkPlugin');
  if (plugin?.toLowerCase() !== 'kubenet') {
    return;
  }
  if (!world.settings.kubenetAllowed) {
    refuse('PodIdentityAddonWithKubeNetNotAllowed', 'Pod identity is not allowed on network plugin kubenet.');
  }
  if (profile['allowNetworkPluginKubenet'] === true) {
    return;
  }
  refuse(
    'PodIdentityAddonWithKubeNetNeedsConsent',
    'Pod identity on network plugin kubenet needs allowNetworkPluginKubenet to be true.',
  );
}

function checkLists(profile: JsonObject): void {
  for (const list of ['userAssignedIdentities', 'userAssignedIdentityExceptions']) {
    const entries = listAt(profile, list);
    if (entries.length > entryLimit) {
      refuse(
        'BadRequest',
        `The maximum number of pod identities of a cluster is ${entryLimit}; ${list} has ${entries.length}.`,
      );
    }
    for (const entry of entries) {
      checkEntry(entry, list);
    }
  }
}

function checkEntry(entry: Json, list: string): void {
  const name = textAt(entry, 'name') ?? '';
  const namespace = textAt(entry, 'namespace') ?? '';
  if (!isSubdomain(name)) {
    refuse(
      'BadRequest',
      `The pod identity name '${name}' must be a fully qualified DNS name.`,
      `${list}.name`,
    );
  }
  if (namespace.length > 63 || !isSubdomain(namespace) || namespace.includes('.')) {
    refuse(
      'BadRequest',
      `The namespace '${namespace}' of '${name}' is not a DNS label.`,
      `${list}.namespace`,
    );
  }
  if (list === 'userAssignedIdentityExceptions') {
    if (objectAt(entry, 'podLabels') === undefined) {
      refuse('BadRequest', `The exception '${namespace}/${name}' has no podLabels.`, `${list}.podLabels`);
    }
  } else if (!/\/userAssignedIdentities\/[^/]+$/i.test(textAt(entry, 'identity', 'resourceId') ?? '')) {
    refuse(
      'BadRequest',
      `The pod identity '${namespace}/${name}' names no user-assigned identity.`,
      `${list}.identity`,
    );
  }
}

/** Covers entries on their way out and failed ones too: the name stays taken until it is gone. */
function checkSameNames(entries: readonly Json[], existing: readonly Json[]): void {
  const taken = new Map<string, string>();
  for (const entry of [...existing, ...entries]) {
    const key = keyOf(entry);
    const id = (textAt(entry, 'identity', 'resourceId') ?? '').toLowerCase();
    const other = taken.get(key);
    if (other !== undefined && other !== id && entries.some((one) => keyOf(one) === key)) {
      refuse('BadRequest', `The same name '${key}' in a namespace is used by different identities.`);
    }
    taken.set(key, id);
  }
}

/** Every listed identity counts, touched or not: one that is gone blocks the whole cluster. */
function checkAssignments({ world, after }: ProposedCluster, entries: readonly Json[]): void {
  const principal = clusterPrincipal(world, after) ?? '';
  const blocked = entries.filter((entry) => !isAssignable(world, principal, entry));
  if (blocked.length === 0) {
    return;
  }
  for (const entry of blocked) {
    noteOverlooked(world, principal, assignAction, textAt(entry, 'identity', 'resourceId') ?? '');
  }
  refuse(assignmentErrorCode, assignmentErrorText(principal, blocked));
}

const assignmentErrorCode = 'PodIdentityAddonIdentitiesAssignmentError';

function assignmentErrorText(principal: string, blocked: readonly Json[]): string {
  const named = blocked.map((entry) => {
    const identity = objectAt(entry, 'identity');
    return `{resourceId: ${textAt(identity, 'resourceId')}, clientId: ${textAt(identity, 'clientId')}, objectId: ${textAt(identity, 'objectId')}}`;
  });
  return `The cluster identity ${principal} may not assign ${named.join(', ')}; it needs the role Managed Identity Operator on each.`;
}

function isAssignable(world: World, principal: string, entry: Json): boolean {
  const id = textAt(entry, 'identity', 'resourceId') ?? '';
  const identity = world.identities.get(id.toLowerCase());
  if (identity === undefined) {
    return false;
  }
  const clientId = textAt(entry, 'identity', 'clientId');
  const recreated = clientId !== undefined && clientId !== textAt(identity, 'properties', 'clientId');
  return !recreated && mayDo(world, principal, assignAction, id);
}

/** Object id of the control plane's identity. */
export function clusterPrincipal(world: World, document: JsonObject): string | undefined {
  const [firstId] = Object.keys(objectAt(document, 'identity', 'userAssignedIdentities') ?? {});
  if (firstId === undefined) {
    return textAt(document, 'identity', 'principalId');
  }
  return textAt(world.identities.get(firstId.toLowerCase()), 'properties', 'principalId');
}

export function keyOf(entry: Json): string {
  return `${textAt(entry, 'namespace')}/${textAt(entry, 'name')}`;
}

function isSubdomain(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);
}

function refuse(code: string, message: string, target?: string): never {
  return refuseAsAks(400, code, message, target);
}
