import { isKubenet } from '../../../domain/clusters/check-cluster.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { advice } from '../../../errors/hint.ts';
import { type Check, counted, fail, judging, pass } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { resourcesForAgents } from '../pod-decisions.ts';

/**
 * Whether the add-on is on. Without it, objects in the cluster can do its work together with podid's agent.
 */
export const addOn: Check = {
  name: 'add-on',
  behind: ['cluster'],
  judge: (evidence) =>
    judging(evidence.cluster, (cluster) => {
      const { enabled, identities } = cluster.profile;
      if (enabled) {
        return pass(
          `The add-on is on, with ${counted(identities.length, 'pod identity', 'pod identities')}.`,
        );
      }
      const kubenet = isKubenet(cluster) ? true : undefined;
      const enable = nextCommand('enable', cluster.id, { 'enable-pod-identity-with-kubenet': kubenet });
      return holdsObjects(evidence)
        ? pass(
            'The add-on is off: the objects in the cluster alone decide which pod may use which identity (--mode cluster).',
          )
        : fail(
            'The add-on is off, and the cluster holds no pod identities: no pod gets a token.',
            advice`${enable}; or, without it: ${nextCommand('add', cluster.id, { mode: 'cluster', help: true })}`,
          );
    }),
};

/** Of any namespace, and those that make no entry: whether they are the right ones is judged further on. */
function holdsObjects(evidence: Evidence): boolean {
  const { bindings, identities } = resourcesForAgents(evidence);
  return bindings.length + identities.length > 0;
}
