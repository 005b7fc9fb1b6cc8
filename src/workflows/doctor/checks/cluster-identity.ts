import { isServicePrincipal } from '../../../domain/clusters/cluster-kind.ts';
import { clusterPrincipal } from '../../../domain/clusters/cluster-principal.ts';
import { wayWithoutAddon } from '../../../domain/clusters/way-to-enable.ts';
import { advice } from '../../../errors/hint.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import { type Check, fail, judging, pass, warn } from '../check.ts';
import { livesInObjects } from '../mend.ts';

/**
 * Whether the control plane acts as a managed identity, and as which: it is the one that puts identities on
 * nodes. Without the add-on podid does that itself.
 */
export const clusterIdentity: Check = {
  name: 'cluster-identity',
  behind: ['cluster'],
  judge: (evidence) =>
    judging(evidence.cluster, (cluster) => {
      const { id, profile } = cluster;
      const isSecret = isServicePrincipal(cluster);
      if (isSecret && livesInObjects(evidence)) {
        return pass(
          `Cluster ${id.name} runs as a service principal, which does not matter without the add-on: podid puts the identities on the nodes.`,
        );
      }
      try {
        const principal = clusterPrincipal(cluster, evidence.subject.clusterPrincipalId);
        return pass(`The control plane acts as ${cluster.identity.type} ${principal}.`);
      } catch (error) {
        if (!isPodidError(error)) {
          throw error;
        }
        const { message, hint } = error;
        if (profile.enabled) {
          return fail(message, hint);
        }
        return livesInObjects(evidence)
          ? pass(`${message} Without the add-on nothing depends on it.`)
          : warn(message, hint && advice`${hint}; or, without the add-on: ${wayWithoutAddon(cluster)}`);
      }
    }),
};
