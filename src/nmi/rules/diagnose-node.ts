import { linkLocalTarget } from './local-target.ts';
import { rulePurposes } from './redirect-options.ts';

/** Something about the node that the rules cannot hold, or that an operator should know. */
export interface NodeProblem {
  readonly kind:
    | 'earlier-redirect'
    | 'address-guard'
    | 'ebpf-host-routing'
    | 'host-port'
    | 'not-looked-at'
    | 'other-agent'
    | 'port-taken'
    | 'route-localnet-off'
    | 'weak-backend';
  /** The agent may not call itself ready. */
  readonly blocking: boolean;
  readonly message: string;
}

/** What was found on the node; read by `read-node-facts.ts`. */
export interface NodeFacts {
  readonly backend: 'nft' | 'iptables';
  readonly port: number;
  /** Cilium says that it moves packets past the kernel's routing and its hooks. */
  readonly ebpfHostRouting: boolean;
  /** Others' chains that redirect the metadata address before podid does; `earlier-redirects.ts`. */
  readonly earlierRedirects: readonly string[];
  /** Upstream's or the add-on's chain is in the node's NAT table. */
  readonly upstreamChain: boolean;
  /** `namespace/name` of pods whose `hostPort` is the agent's port. */
  readonly hostPortPods: readonly string[];
  /** Pods are sent to the link-local address, since the kernel does not route to 127.0.0.0/8. */
  readonly linkLocal: boolean;
  /** Users that listen on the agent's port, apart from the one expected. */
  readonly othersOnPort: readonly number[];
}

/** Names what is wrong, each with the way out. Empty on an ordinary node. */
export function diagnoseNode(facts: NodeFacts): readonly NodeProblem[] {
  const problems: NodeProblem[] = [];
  if (facts.ebpfHostRouting) {
    problems.push(ebpfProblem);
  }
  if (facts.earlierRedirects.length > 0) {
    problems.push({
      kind: 'earlier-redirect',
      blocking: true,
      message: `Others' NAT rules name the metadata address and come before podid's: ${facts.earlierRedirects.slice(0, 5).join(', ')}. Pods get no answer from podid; remove them.`,
    });
  }
  if (facts.hostPortPods.length > 0) {
    problems.push({
      kind: 'host-port',
      blocking: false,
      message: `Pods claim port ${facts.port} of the node: ${facts.hostPortPods.slice(0, 5).join(', ')}. The rule "${rulePurposes.ownPort}" keeps the port with the agent; declare the port in the agent's DaemonSet, so that the scheduler refuses such pods.`,
    });
  }
  if (facts.upstreamChain) {
    problems.push({
      kind: 'other-agent',
      blocking: false,
      message:
        "The chain aad-metadata of another pod-identity agent is on this node. podid's rules come first, so podid answers; uninstall the other one, or disable the add-on.",
    });
  }
  if (facts.othersOnPort.length > 0) {
    problems.push({
      kind: 'port-taken',
      blocking: true,
      message: `A process of user ${facts.othersOnPort.join(', ')} listens on port ${facts.port}: an agent of upstream or of the add-on, most likely. Uninstall it, or choose another --nmi-port.`,
    });
  }
  if (facts.linkLocal) {
    problems.push({
      kind: 'route-localnet-off',
      blocking: false,
      message: `The kernel does not route to 127.0.0.0/8 (net.ipv4.conf.all.route_localnet is 0), so pods are sent to ${linkLocalTarget}. Egress policies must allow ${linkLocalTarget}:${facts.port}.`,
    });
  }
  if (facts.backend === 'iptables') {
    problems.push({
      kind: 'weak-backend',
      blocking: false,
      message:
        'The rules are in iptables chains: a rule that someone inserts above them wins, and iptables -F removes them until the next check.',
    });
  }
  return problems;
}

/** Of a keeper that has just written the rules. */
export const notLookedAt: NodeProblem = {
  kind: 'not-looked-at',
  blocking: true,
  message: 'The redirect rules are in place, and the node has not been looked at yet.',
};

const ebpfProblem: NodeProblem = {
  kind: 'ebpf-host-routing',
  blocking: true,
  message:
    'Cilium routes the packets of pods past netfilter (eBPF host routing), so no redirect rule can hold them. Use a CiliumLocalRedirectPolicy for the metadata address and an egress deny behind it, or turn on legacy host routing.',
};
