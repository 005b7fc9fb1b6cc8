import { entryText } from '../../../domain/entries/pod-identity.ts';
import { keyVaultDriverPort } from '../../../domain/kubernetes/agent-installation.ts';
import {
  allowsEgress,
  egressPolicies,
  type NetworkPolicy,
} from '../../../domain/kubernetes/network-policy.ts';
import type { AgentPod } from '../../../domain/kubernetes/workloads.ts';
import { advice, command, type Hint, joinHints, othersText } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, warn } from '../check.ts';
import { readOr } from '../probe.ts';

interface Target {
  readonly address: string;
  readonly port: number;
}

/**
 * Some network plugins judge a packet by where the pod sent it, others by where the redirect rules sent it on:
 * 127.0.0.1, or, where the kernel does not route to that, a link-local address of the agent's own. An agent beside
 * another has a port of its own.
 */
function targetsOf(agents: readonly AgentPod[]): readonly Target[] {
  const ports = new Set(agents.map(({ redirectPort = keyVaultDriverPort }) => redirectPort));
  return [
    { address: '169.254.169.254', port: 80 },
    ...[...(ports.size === 0 ? [keyVaultDriverPort] : ports)]
      .toSorted()
      .flatMap((port) => ['127.0.0.1', '169.254.79.25'].map((address) => ({ address, port }))),
  ];
}

/** Whether the pods may reach the metadata service past their network policies. */
export const networkPolicy: Check = {
  name: 'network-policy',
  behind: ['pod'],
  judge: (evidence) =>
    judging(evidence.pods, (pods) =>
      judging(evidence.policies, (policies) => {
        const targets = targetsOf(readOr(evidence.agents, []));
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
            allowing(closed[0]?.own[0], targets),
          );
        }
        const half = confined.filter((each) => each.closed.length > 0);
        if (half.length > 0) {
          const names = half.map(
            (each) =>
              `${each.text} (not to ${each.closed.map(({ address, port }) => `${address}:${port}`).join(' and ')})`,
          );
          return warn(
            `A network policy allows some of the addresses of the agent and not all: ${listed(names)}. Which of them is checked depends on the network plugin and the kernel.`,
            allowing(half[0]?.own[0], targets),
          );
        }
        return pass('No network policy blocks the metadata service.');
      }),
    ),
};

function allowing(policy: NetworkPolicy | undefined, targets: readonly Target[]): Hint {
  const edit = command('kubectl edit networkpolicy', policy?.name ?? '', '-n', policy?.namespace ?? '');
  const all = targets.map(({ address, port }) => advice`${othersText(`${address}/32`)} TCP ${port}`);
  return advice`${edit}  # and allow egress to ${joinHints(all.slice(0, -1), ', ')} and ${joinHints(all.slice(-1), ', ')}`;
}
