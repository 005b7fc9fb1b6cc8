import { entryText, type PodIdentityException } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { exceptionTakes } from '../../../domain/kubernetes/exception-match.ts';
import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../../domain/kubernetes/pod.ts';
import { type Check, fail, judging, listed, pass } from '../check.ts';
import { exceptionsForAgents } from '../chosen-entries.ts';

/**
 * Whether a pod that wants an identity is excepted all the same: one shared label of an exception is enough,
 * and the node's identity answers.
 */
export const exceptions: Check = {
  name: 'exceptions',
  behind: ['label', 'definitions'],
  judge: (evidence) =>
    judging(evidence.pods, (pods) => {
      const all = exceptionsForAgents(evidence);
      const hits = pods
        .filter(({ labels }) => Boolean(labels[bindingLabel]))
        .flatMap((pod) =>
          all.filter((exception) => matches(exception, pod)).map((exception) => ({ pod, exception })),
        );
      const [first] = hits;
      if (first === undefined) {
        return pass('No exception matches.');
      }
      const { namespace, name } = first.exception;
      return fail(
        `An exception matches by one of its labels: ${listed(hits.map(({ pod, exception }) => `${entryText(exception)} takes ${entryText(pod)}`))}. Such a pod is answered as the node itself, with another identity.`,
        nextCommand('exception delete', evidence.subject.cluster, { namespace, name }),
      );
    }),
};

function matches({ namespace, podLabels }: PodIdentityException, pod: Pod): boolean {
  return namespace === pod.namespace && exceptionTakes(podLabels, pod.labels);
}
