import { entryText } from '../../../domain/entries/pod-identity.ts';
import { bindingLabelOf } from '../../../domain/kubernetes/decide/pod-decision.ts';
import { type Check, fail, judging, listed, pass } from '../check.ts';
import { removalOfException } from '../mend.ts';
import { decideAsAgent, resourcesForAgents } from '../pod-decisions.ts';

/**
 * Whether a pod that wants an identity is excepted all the same: one shared label of an exception is enough,
 * and the node's identity answers.
 */
export const exceptions: Check = {
  name: 'exceptions',
  behind: ['label', 'definitions'],
  judge: (evidence) =>
    judging(evidence.pods, (pods) => {
      const resources = resourcesForAgents(evidence);
      const hits = pods
        .filter((pod) => bindingLabelOf(pod) !== '')
        .flatMap((pod) => {
          const verdict = decideAsAgent(pod, resources);
          return verdict.kind === 'excepted'
            ? verdict.exceptions.map(({ metadata }) => ({ pod, exception: metadata }))
            : [];
        });
      const [first] = hits;
      if (first === undefined) {
        return pass('No AzurePodIdentityException has a label of the pods.');
      }
      return fail(
        `An exception matches by one of its labels: ${listed(hits.map(({ pod, exception }) => `${entryText(exception)} takes ${entryText(pod)}`))}. Such a pod is answered as the node itself, with another identity.`,
        removalOfException(evidence, first.exception),
      );
    }),
};
