import { clusterPrincipal } from '../../../domain/clusters/cluster-principal.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import { type Check, fail, judging, pass } from '../check.ts';

/**
 * Whether the control plane acts as a managed identity, and as which: it is the one that puts identities on
 * nodes.
 */
export const clusterIdentity: Check = {
  name: 'cluster-identity',
  behind: ['cluster'],
  judge: ({ cluster: probed }) =>
    judging(probed, (cluster) => {
      try {
        return pass(`The control plane acts as ${cluster.identity.type} ${clusterPrincipal(cluster)}.`);
      } catch (error) {
        if (!isPodidError(error)) {
          throw error;
        }
        return fail(error.message, error.hint);
      }
    }),
};
