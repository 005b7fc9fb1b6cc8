import type { Deps } from '../../domain/deps.ts';
import { type EntryKey, entryText, type PodIdentity } from '../../domain/entries/pod-identity.ts';
import { bindingLabelOf } from '../../domain/kubernetes/decide/pod-decision.ts';
import { bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
import { isLiving } from '../../domain/kubernetes/pod.ts';

/** What the cluster itself has of an entry. */
export interface SeenInCluster {
  readonly objects: readonly ({ readonly kind: 'AzureIdentity' | 'AzureIdentityBinding' } & EntryKey)[];
  /** Pods of its namespace that carry its label and have not ended. */
  readonly pods: readonly {
    readonly name: string;
    readonly phase: string;
    /** `''` until it is scheduled. */
    readonly node: string;
  }[];
}

/** @throws PodidError Forbidden | ClusterUnreachable | MirrorFailed */
export async function showInCluster(
  { kube }: Pick<Deps, 'kube'>,
  entry: PodIdentity,
  signal: AbortSignal,
): Promise<SeenInCluster> {
  const api = await kube.connect(signal);
  const [{ resources }, pods] = await Promise.all([
    api.read(signal),
    api.workloads.pods(entry.namespace, bindingLabel, signal),
  ]);
  const identities = (resources?.identities ?? []).filter(
    ({ metadata }) => entryText(metadata) === entryText(entry),
  );
  const bindings = (resources?.bindings ?? []).filter(
    ({ metadata, spec }) => metadata.namespace === entry.namespace && spec.azureIdentity === entry.name,
  );
  const selectors = new Set([entry.bindingSelector, ...(entry.moreSelectors ?? [])]);
  selectors.delete('');
  return {
    objects: [
      ...identities.map(({ metadata }) => ({ kind: 'AzureIdentity' as const, ...keyOf(metadata) })),
      ...bindings.map(({ metadata }) => ({ kind: 'AzureIdentityBinding' as const, ...keyOf(metadata) })),
    ],
    pods: pods
      .filter(isLiving)
      .filter((pod) => selectors.has(bindingLabelOf(pod) ?? ''))
      .map(({ name, phase, nodeName }) => ({ name, phase, node: nodeName })),
  };
}

function keyOf({ namespace, name }: EntryKey): EntryKey {
  return { namespace, name };
}
