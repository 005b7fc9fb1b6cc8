import { changeAgent } from '../../../domain/hints/change-agent.ts';
import type { TaintedNode } from '../../../domain/kubernetes/agent-cluster.ts';
import {
  type AgentInstallation,
  agentKindText,
  keyVaultDriverPort,
} from '../../../domain/kubernetes/agent-installation.ts';
import { nodeWithTaints } from '../../../domain/kubernetes/taints.ts';
import { advice, command, othersText } from '../../../errors/hint.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import { exchangeGuardValues, unguardedText } from '../../doctor/exchange-of-agent.ts';
import type { AgentDeps } from '../agent-deps.ts';
import { chooseWay, type WayAsked } from '../choose-way.ts';
import type { AgentNode } from './agent-node.ts';

interface Findings {
  readonly installation: AgentInstallation;
  readonly own: readonly AgentInstallation[];
  readonly rows: readonly AgentNode[];
  /** Undefined where they may not be listed. */
  readonly nodes: readonly TaintedNode[] | undefined;
  /** Whether the agents' pods may be listed: else it is unknown which node has none. */
  readonly isListed: boolean;
}

/** The way to install it is the one that `podid nmi install` names beside the same agents. */
export function reportAbsence(
  { report }: AgentDeps,
  others: readonly AgentInstallation[],
  asked: Pick<WayAsked, 'namespace' | 'addon'>,
): void {
  const there = others.map(agentKindText).join(' and ');
  if (there === '') {
    report.note(advice`podid's agent is not installed. To install it: ${command('podid nmi install')}`);
    return;
  }
  try {
    chooseWay(others, { ...asked, alongside: false, force: false });
  } catch (error) {
    if (!isPodidError(error, 'AgentPresent') || error.hint === undefined) {
      throw error;
    }
    report.note(advice`podid's agent is not installed; the nodes run ${othersText(there)}. ${error.hint}`);
  }
}

export function reportFindings(
  { report }: AgentDeps,
  { installation, own, rows, nodes, isListed }: Findings,
): void {
  if (own.length > 1) {
    report.warn(`podid's agent is installed ${own.length} times: ${own.map(agentKindText).join(', ')}.`);
  }
  const without = rows.filter(({ version }) => version === '').map(({ name }) => name);
  if (without.length > 0 && isListed) {
    const named = without.slice(0, 5).map((name) => {
      const { taints = [] } = nodes?.find((node) => node.name === name) ?? {};
      return nodeWithTaints({ name, taints }, installation.tolerations);
    });
    report.warn(
      `${without.length === 1 ? '1 node has' : `${without.length} nodes have`} no agent. Unless something else blocks 169.254.169.254, pods there can use the node's own identities: ${named.join(', ')}.`,
      advice`Let the agent onto them (nmi.nodeSelector, nmi.tolerations); rules that one left there go with: ${command('podid nmi uninstall --namespace', installation.namespace, '--node', 'NAME')}`,
    );
  }
  if (!installation.bootGuard && (nodes === undefined || rows.length + nodes.length > 0)) {
    report.warn(
      'Open at boot: after a reboot, pods can use the identities of their node until the agent has started.',
      advice`With the values that it was installed with: ${changeAgent(installation, 'podid.bootGuard.enabled=true')}; or use the IMDS restriction of AKS, if your cluster has that feature`,
    );
  }
  const unguarded = rows.filter(({ exchange }) => exchange === 'unguarded').map(({ name }) => name);
  if (unguarded.length > 0) {
    report.warn(
      unguardedText(unguarded),
      advice`With the values that it was installed with: ${changeAgent(installation, ...exchangeGuardValues)}`,
    );
  }
  if (installation.port !== keyVaultDriverPort) {
    report.warn(
      `The agent listens at port ${installation.port}, and the Key Vault CSI driver always uses ${keyVaultDriverPort}: pods that mount secrets with usePodIdentity do not reach this agent.`,
    );
  }
}
