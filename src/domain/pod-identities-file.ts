import type { Cluster } from './cluster.ts';

/** The file of `plan`, `apply` and `export`, as a plain value. */
export interface PodIdentitiesFile {
  readonly apiVersion: 'podid.io/v1';
  readonly kind: 'PodIdentities';
  readonly cluster?: { readonly subscription: string; readonly resourceGroup: string; readonly name: string };
  readonly identities: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly identityResourceId: string;
    readonly bindingSelector?: string;
  }[];
  readonly exceptions: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly podLabels: Readonly<Record<string, string>>;
  }[];
}

/** Everything the cluster's profile holds, in the server's order. */
export function profileFile({ id, profile }: Cluster): PodIdentitiesFile {
  return {
    apiVersion: 'podid.io/v1',
    kind: 'PodIdentities',
    cluster: { subscription: id.subscriptionId, resourceGroup: id.resourceGroup, name: id.name },
    identities: profile.identities.map(({ name, namespace, bindingSelector, identity }) => ({
      name,
      namespace,
      identityResourceId: identity.resourceId,
      bindingSelector,
    })),
    exceptions: profile.exceptions.map(({ name, namespace, podLabels }) => ({ name, namespace, podLabels })),
  };
}
