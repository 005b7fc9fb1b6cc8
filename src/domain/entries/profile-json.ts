import type { PodIdentityProfile } from '../clusters/cluster.ts';
import { byKey, sortedLabels } from './pod-identities-file.ts';

/**
 * `podIdentityProfile` as Bicep and ARM templates take it: without what the server alone writes, entries
 * sorted.
 */
export function profileJson(profile: PodIdentityProfile): Readonly<Record<string, unknown>> {
  const { enabled, allowNetworkPluginKubenet, identities, exceptions } = profile;
  if (!enabled) {
    return { enabled };
  }
  return {
    enabled,
    ...(allowNetworkPluginKubenet ? { allowNetworkPluginKubenet } : {}),
    userAssignedIdentities: identities
      .toSorted(byKey)
      .map(({ name, namespace, bindingSelector, identity: { resourceId, clientId, objectId } }) => ({
        name,
        namespace,
        bindingSelector,
        identity: { resourceId, clientId, objectId },
      })),
    userAssignedIdentityExceptions: exceptions
      .toSorted(byKey)
      .map(({ name, namespace, podLabels }) => ({ name, namespace, podLabels: sortedLabels(podLabels) })),
  };
}
