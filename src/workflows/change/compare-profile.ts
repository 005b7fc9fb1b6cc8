import { sameResource } from '../../domain/azure/resource-id.ts';
import type { Cluster, PodIdentityProfile } from '../../domain/clusters/cluster.ts';
import { type ClusterEdit, controlPlaneText, runsAs } from '../../domain/clusters/cluster-edit.ts';
import {
  type DesiredPodIdentity,
  type EntryKey,
  entryProgress,
  entryText,
  type PodIdentity,
  type PodIdentityException,
  sameEntry,
  sameLabels,
} from '../../domain/entries/pod-identity.ts';
import type { ProfileEdit } from '../../domain/entries/profile-edit.ts';

/** Whether the cluster already is what the edit would make of it; what is being deleted counts as gone. */
export function isApplied(cluster: Cluster, edit: ClusterEdit): boolean {
  return missingAfter(cluster, edit).length === 0;
}

/** What the edit wants and the cluster does not have, in words. */
export function missingAfter(cluster: Cluster, edit: ClusterEdit): string[] {
  return [
    ...identitiesMissing(cluster, edit),
    ...issuerMissing(cluster, edit),
    ...entriesMissing(cluster.profile, edit),
  ];
}

function issuerMissing({ oidcIssuer, workloadIdentity }: Cluster, edit: ClusterEdit): string[] {
  return [
    ...(edit.oidcIssuer && oidcIssuer?.url === undefined ? ['the OIDC issuer is not on'] : []),
    ...(edit.workloadIdentity && !workloadIdentity ? ['Workload Identity is not on'] : []),
  ];
}

/** What of the cluster's own identities is not yet as the edit wants it, in words. */
function identitiesMissing(cluster: Cluster, edit: ClusterEdit): string[] {
  const { controlPlane, kubeletIdentity } = edit;
  return [
    ...(controlPlane === undefined || runsAs(cluster, controlPlane)
      ? []
      : [`the control plane does not run as ${controlPlaneText(controlPlane)}`]),
    ...(kubeletIdentity === undefined ||
    sameResource(cluster.kubeletIdentityResourceId ?? '', kubeletIdentity)
      ? []
      : [`the kubelets do not run as ${kubeletIdentity}`]),
  ];
}

function entriesMissing(profile: PodIdentityProfile, edit: ProfileEdit): string[] {
  if (edit.addon === 'off') {
    return profile.enabled ? ['the add-on is still on'] : [];
  }
  return [
    ...(edit.addon === 'on' && !profile.enabled ? ['the add-on is not on'] : []),
    ...(edit.allowNetworkPluginKubenet && !profile.allowNetworkPluginKubenet
      ? ['the kubenet consent is not recorded']
      : []),
    ...(edit.putIdentities ?? [])
      .filter((wanted) => !profile.identities.some((entry) => holdsIdentity(entry, wanted)))
      .map((wanted) => `pod identity ${entryText(wanted)} is missing or differs from what was written`),
    ...(edit.deleteIdentities ?? [])
      .filter((key) =>
        profile.identities.some((entry) => sameEntry(entry, key) && entryProgress(entry) !== 'deleting'),
      )
      .map((key) => `pod identity ${entryText(key)} is still there`),
    ...(edit.putExceptions ?? [])
      .filter((wanted) => !profile.exceptions.some((entry) => holdsException(entry, wanted)))
      .map((wanted) => `exception ${entryText(wanted)} is missing or differs from what was written`),
    ...(edit.deleteExceptions ?? [])
      .filter((key) => profile.exceptions.some((entry) => sameEntry(entry, key)))
      .map((key) => `exception ${entryText(key)} is still there`),
  ];
}

/** Same key, same selector, same identity down to the ids of this very incarnation of it. */
export function holdsIdentity(entry: PodIdentity, wanted: DesiredPodIdentity): boolean {
  return (
    sameEntry(entry, wanted) &&
    entry.bindingSelector === (wanted.bindingSelector ?? wanted.name) &&
    sameResource(entry.identity.resourceId, wanted.identity.resourceId) &&
    sameId(entry.identity.clientId, wanted.identity.clientId) &&
    sameId(entry.identity.objectId, wanted.identity.objectId)
  );
}

/** An id that one side leaves out decides nothing. */
function sameId(one: string, other: string): boolean {
  return one === '' || other === '' || one.toLowerCase() === other.toLowerCase();
}

export function holdsException(entry: PodIdentityException, wanted: PodIdentityException): boolean {
  return sameEntry(entry, wanted) && sameLabels(entry.podLabels, wanted.podLabels);
}

/** An entry that was sent and is not in the answer, with the command that puts it back. */
export interface LostEntry {
  readonly called: string;
  readonly words: 'add' | 'exception add';
  readonly flags: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** What a write must never lose: entries that were sent and that the answer lacks. */
export function lostEntries(sent: PodIdentityProfile, answered: PodIdentityProfile): LostEntry[] {
  if (!sent.enabled) {
    return [];
  }
  const isLost = (list: readonly EntryKey[]) => (entry: EntryKey) =>
    !list.some((other) => sameEntry(entry, other));
  return [
    ...sent.identities.filter(isLost(answered.identities)).map(lostIdentity),
    ...sent.exceptions.filter(isLost(answered.exceptions)).map(lostException),
  ];
}

function lostIdentity({ namespace, name, identity, bindingSelector }: PodIdentity): LostEntry {
  const selector = bindingSelector === name ? undefined : bindingSelector;
  const flags = {
    namespace,
    name,
    'identity-resource-id': identity.resourceId,
    'binding-selector': selector,
  };
  return { called: `pod identity ${namespace}/${name}`, words: 'add', flags };
}

function lostException({ namespace, name, podLabels }: PodIdentityException): LostEntry {
  const labels = Object.entries(podLabels).map(([key, value]) => `${key}=${value}`);
  return {
    called: `exception ${namespace}/${name}`,
    words: 'exception add',
    flags: { namespace, name, 'pod-labels': labels },
  };
}
