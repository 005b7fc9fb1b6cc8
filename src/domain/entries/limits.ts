import { PodidError } from '../../errors/podid-error.ts';
import type { Cluster, PodIdentityProfile } from '../clusters/cluster.ts';
import { nextCommand } from '../hints/next-command.ts';

/** Identities, and as many exceptions, that AKS takes in one cluster (AKS changelog of 2021-03-08). */
export const entryLimit = 200;

/**
 * Objects in the cluster know no such limit. @throws PodidError LimitReached, unless the profile is no larger
 * than it was
 */
export function checkLimits({ id, profile: before }: Cluster, after: PodIdentityProfile): void {
  if (before.objects !== undefined) {
    return;
  }
  for (const [list, called] of [
    ['identities', 'pod identities'],
    ['exceptions', 'exceptions'],
  ] as const) {
    const count = after[list].length;
    if (count > entryLimit && count > before[list].length) {
      throw new PodidError(
        'LimitReached',
        `The cluster would hold ${count} ${called}; Azure takes at most ${entryLimit}.`,
        {
          hint:
            list === 'identities'
              ? `${nextCommand('delete', id, { failed: true })} clears dead entries; ${nextCommand('list', id)} shows all`
              : `${nextCommand('exception list', id)} shows what there is`,
        },
      );
    }
  }
}
