import { entryProgress, type PodIdentity } from '../../domain/entries/pod-identity.ts';
import type { ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import { bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
import type { Evidence } from './evidence.ts';
import { readOr } from './probe.ts';

type Known = Pick<Evidence, 'subject' | 'cluster' | 'objects' | 'pods'>;

/**
 * The entries in question: those of the pods asked about, else those of the namespace, else all. Where the
 * add-on is off, the cluster's own objects are the entries.
 */
export function entriesInQuestion(evidence: Known): readonly PodIdentity[] {
  const { namespace, pod, deployment } = evidence.subject;
  const all = allEntries(evidence).filter(
    (entry) => namespace === undefined || entry.namespace === namespace,
  );
  if (pod === undefined && deployment === undefined) {
    return all;
  }
  const labels = new Set(readOr(evidence.pods, []).map(({ labels }) => labels[bindingLabel]));
  const bound = all.filter((entry) => labels.has(entry.bindingSelector));
  return bound.length > 0 ? bound : all;
}

/** Those whose identity is not known to be gone. */
export function entriesWithIdentity(evidence: Known & Pick<Evidence, 'identities'>): readonly PodIdentity[] {
  return entriesInQuestion(evidence).filter((entry) => !isGone(evidence, entry.identity.resourceId));
}

/** Those of them that Azure holds for assigned. */
export function livingEntries(evidence: Known & Pick<Evidence, 'identities'>): readonly PodIdentity[] {
  return entriesWithIdentity(evidence).filter((entry) => entryProgress(entry) === 'done');
}

export function isGone({ identities }: Pick<Evidence, 'identities'>, resourceId: string): boolean {
  const probed = identities.get(resourceId.toLowerCase());
  return probed?.kind === 'unread' && probed.error.code === 'IdentityNotFound';
}

function allEntries({ cluster, objects }: Known): readonly PodIdentity[] {
  const profile = readOr(cluster, undefined)?.profile;
  if (profile?.enabled) {
    return profile.identities;
  }
  return readOr(objects, { identities: [] }).identities.map(asEntry);
}

function asEntry(object: ObjectsInCluster['identities'][number]): PodIdentity {
  const { namespace, name, bindingSelector = '', resourceId = '', clientId = '' } = object;
  return { namespace, name, bindingSelector, identity: { resourceId, clientId, objectId: '' } };
}
