import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { type ChangeDeps, type ChangeOptions, startChange } from '../change/start-change.ts';
import { entriesInCluster } from '../object-store/entries-in-cluster.ts';

/**
 * Begins a change of the entries where this cluster has them: in the add-on's profile, else in the cluster's own objects.
 * A migration writes entries long after it began, so that `--timeout` runs anew.
 */
export function openEntries(
  deps: Omit<Deps, 'deadline'>,
  { profile: { enabled } }: Cluster,
  options: ChangeOptions,
): ChangeDeps {
  return enabled
    ? startChange(deps, { ...options, mirror: 'best-effort' })
    : startChange(
        { ...deps, entries: entriesInCluster(deps, { azure: true, about: {} }) },
        { ...options, mirror: 'off', skipRoleAssignment: true },
      );
}
