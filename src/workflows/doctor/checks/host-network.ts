import { entryText } from '../../../domain/entries/pod-identity.ts';
import { advice, command } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass } from '../check.ts';

/** Whether a pod shares its node's addresses, so that no agent can identify it. */
export const hostNetwork: Check = {
  name: 'host-network',
  behind: ['pod'],
  judge: ({ pods: probed }) =>
    judging(probed, (pods) => {
      const shared = pods.filter((pod) => pod.hostNetwork);
      const [first] = shared;
      if (first === undefined) {
        return pass('None of the pods uses the network of its node.');
      }
      return fail(
        `${listed(shared.map(entryText))} uses the network of its node (hostNetwork): it reaches the metadata service as the node, past the agent, and never gets its own identity.`,
        advice`Remove hostNetwork: true from the workload that creates the pod: ${command('kubectl get pod', first.name, '-n', first.namespace, '-o', 'jsonpath={.metadata.ownerReferences}')}`,
      );
    }),
};
