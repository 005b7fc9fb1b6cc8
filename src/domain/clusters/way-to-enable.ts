import { type Hint, joinHints } from '../../errors/hint.ts';
import { nextCommand } from '../hints/next-command.ts';
import type { Cluster } from './cluster.ts';
import { isKubenet, isServicePrincipal } from './cluster-kind.ts';

/** The commands that lead to the add-on, in order: on its own `podid enable` would be refused on some clusters. */
export function wayToEnable(cluster: Cluster): Hint {
  const { id } = cluster;
  const isBridged = isKubenet(cluster);
  return joinHints(
    [
      ...(isServicePrincipal(cluster)
        ? [
            nextCommand('cluster update', id, {
              'enable-managed-identity': true,
              'upgrade-node-images': true,
            }),
          ]
        : []),
      ...(isBridged ? [nextCommand('policy kubenet', id, { apply: true })] : []),
      nextCommand('enable', id, { 'enable-pod-identity-with-kubenet': isBridged || undefined }),
    ],
    ', then ',
  );
}

/** Entries as objects in the cluster need no add-on, and so nothing of what that demands. */
export function wayWithoutAddon({ id }: Pick<Cluster, 'id'>): Hint {
  return nextCommand('add', id, { mode: 'cluster', help: true });
}
