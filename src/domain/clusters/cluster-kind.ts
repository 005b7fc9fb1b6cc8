import type { Cluster } from './cluster.ts';

export function isKubenet({ networkPlugin }: Pick<Cluster, 'networkPlugin'>): boolean {
  return networkPlugin.toLowerCase() === 'kubenet';
}

/** Its control plane signs in with a secret, and has no managed identity. */
export function isServicePrincipal({ identity }: Pick<Cluster, 'identity'>): boolean {
  return ['', 'none'].includes(identity.type.toLowerCase());
}
