import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { ProfileEdit } from '../../domain/entries/profile-edit.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { PodidError } from '../../errors/podid-error.ts';

/** What to type to follow a change that was left alone. */
export function followUpCommand(id: ClusterId, edit: ProfileEdit): string {
  if (id.mode === 'cluster') {
    return nextCommand('list', id);
  }
  const [put] = edit.putIdentities ?? [];
  const [gone] = edit.deleteIdentities ?? [];
  if (put) {
    return nextCommand('wait', id, { namespace: put.namespace, name: put.name, for: 'assigned' });
  }
  if (gone) {
    return nextCommand('wait', id, { namespace: gone.namespace, name: gone.name, for: 'deleted' });
  }
  return nextCommand('wait', id, { for: 'idle' });
}

/** Who takes the writes, as the subject of a sentence. */
export function acceptor({ mode }: ClusterId): string {
  return mode === 'cluster' ? "The cluster's API" : 'Azure';
}

export function clusterBusy(cluster: Cluster): PodidError {
  return new PodidError(
    'ClusterBusy',
    `Another operation is running on cluster ${cluster.id.name} (${cluster.provisioningState}).`,
    {
      hint: `${nextCommand('wait', cluster.id, { for: 'idle' })}, then the same command again`,
      target: cluster.resourceId,
    },
  );
}
