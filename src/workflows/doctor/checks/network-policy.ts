import { entryText } from '../../../domain/entries/pod-identity.ts';
import {
  allowsEgress,
  egressPolicies,
  type NetworkPolicy,
} from '../../../domain/kubernetes/network-policy.ts';
import { advice, command, type Hint } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, warn } from '../check.ts';

/**
 * Some network plugins judge a packet by where the pod sent it, others by where the redirect rules sent it
 * on.
 */
const metadata = { address: '169.254.169.254', port: 80 };
const agent = { address: '127.0.0.1', port: 2579 };

/** Whether the pods may reach the metadata service past their network policies. */
export const networkPolicy: Check = {
  name: 'network-policy',
  behind: ['pod'],
  judge: (evidence) =>
    judging(evidence.pods, (pods) =>
      judging(evidence.policies, (policies) => {
        const confined = pods
          .map((pod) => ({ pod, policies: egressPolicies(policies, pod) }))
          .filter((each) => each.policies.length > 0)
          .map(({ pod, policies: own }) => ({
            own,
            text: `${entryText(pod)} by ${listed(own.map(entryText))}`,
            metadata: allowsEgress(own, metadata.address, metadata.port),
            agent: allowsEgress(own, agent.address, agent.port),
          }));
        const closed = confined.filter((each) => !each.metadata && !each.agent);
        if (closed.length > 0) {
          return fail(
            `A network policy keeps pods from the metadata service: ${listed(closed.map(({ text }) => text))}. Their token requests time out.`,
            allowing(closed[0]?.own[0]),
          );
        }
        const half = confined.filter((each) => each.metadata !== each.agent);
        if (half.length > 0) {
          return warn(
            `A network policy allows only one of the two addresses of the agent: ${listed(half.map(({ text }) => text))}. Which of them is checked depends on the network plugin.`,
            allowing(half[0]?.own[0]),
          );
        }
        return pass('No network policy blocks the metadata service.');
      }),
    ),
};

function allowing(policy: NetworkPolicy | undefined): Hint {
  const edit = command('kubectl edit networkpolicy', policy?.name ?? '', '-n', policy?.namespace ?? '');
  return advice`${edit}, and allow egress to 169.254.169.254/32 TCP 80 and 127.0.0.1/32 TCP 2579`;
}
