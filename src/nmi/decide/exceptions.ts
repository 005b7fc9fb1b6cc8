import type { AzurePodIdentityException } from '../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../domain/kubernetes/pod.ts';

/**
 * Whether a pod is answered as the node itself: one label of one exception of its namespace is enough, the
 * key exact, the value without case. An exception without labels matches nobody.
 */
export function isExcepted(pod: Pod, exceptions: Iterable<AzurePodIdentityException>): boolean {
  for (const { metadata, spec } of exceptions) {
    if (metadata.namespace === pod.namespace && sharesLabel(pod, spec.podLabels ?? {})) {
      return true;
    }
  }
  return false;
}

function sharesLabel(pod: Pod, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).some(
    ([key, value]) =>
      Object.hasOwn(pod.labels, key) && pod.labels[key]?.toLowerCase() === value.toLowerCase(),
  );
}
