import { isKubenet } from '../../../domain/clusters/check-cluster.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { advice } from '../../../errors/hint.ts';
import { type Check, counted, fail, judging, pass, warn } from '../check.ts';
import { entriesInQuestion } from '../chosen-entries.ts';
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
      return entriesInQuestion(evidence).length > 0 || holdsObjects(evidence)
        ? warn(
            'The add-on is off: only the objects in the cluster decide which pod may use which identity.',
            enable,
          )
        : fail(
            'The add-on is off, and the cluster holds no pod identities: no pod gets a token.',
            advice`${enable}; or, without it: ${nextCommand('add', cluster.id, { mode: 'cluster', help: true })}`,
          );
    }),
};

/** Objects that make no entry, as a binding to an identity of another namespace, are judged further on. */
function holdsObjects(evidence: Evidence): boolean {
  const { namespace } = evidence.subject;
  const { bindings, identities } = resourcesForAgents(evidence);
  return [...bindings, ...identities].some(
    ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
  );
}
