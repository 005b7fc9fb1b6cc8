import { entryText } from '../../../domain/entries/pod-identity.ts';
import {
  allowsEgress,
  egressPolicies,
  type NetworkPolicy,
} from '../../../domain/kubernetes/network-policy.ts';
import { advice, command, type Hint } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, warn } from '../check.ts';

/**
 * Some network plugins judge a packet by where the pod sent it, others by where the redirect rules sent it on:
 * 127.0.0.1, or, where the kernel does not route to that, a link-local address of the agent's own.
 */
const targets = [
  { address: '169.254.169.254', port: 80 },
  { address: '127.0.0.1', port: 2579 },
  { address: '169.254.79.25', port: 2579 },
] as const;

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
            closed: targets.filter(({ address, port }) => !allowsEgress(own, address, port)),
          }));
        const closed = confined.filter((each) => each.closed.length === targets.length);
        if (closed.length > 0) {
          return fail(
            `A network policy keeps pods from the metadata service: ${listed(closed.map(({ text }) => text))}. Their token requests time out.`,
            allowing(closed[0]?.own[0]),
          );
        }
        const half = confined.filter((each) => each.closed.length > 0);
        if (half.length > 0) {
          const names = half.map(
            (each) =>
              `${each.text} (not to ${each.closed.map(({ address, port }) => `${address}:${port}`).join(' and ')})`,
          );
          return warn(
            `A network policy allows some of the agent's three addresses and not all: ${listed(names)}. Which of them is checked depends on the network plugin and the kernel.`,
            allowing(half[0]?.own[0]),
          );
        }
        return pass('No network policy blocks the metadata service.');
      }),
    ),
};

function allowing(policy: NetworkPolicy | undefined): Hint {
  const edit = command('kubectl edit networkpolicy', policy?.name ?? '', '-n', policy?.namespace ?? '');
  return advice`${edit}, and allow egress to 169.254.169.254/32 TCP 80, 127.0.0.1/32 TCP 2579 and 169.254.79.25/32 TCP 2579`;
}
