import { type AgentValues, agentPorts } from '../../../domain/kubernetes/agent-values.ts';
import { advice, command } from '../../../errors/hint.ts';
import type { AgentDeps } from '../agent-deps.ts';

export function reportPorts({ report }: AgentDeps, values: AgentValues): void {
  if (!values.podid.alongside) {
    return;
  }
  const { pods, probes, metrics } = agentPorts(values);
  report.warn(
    `podid's agent uses ports ${pods}, ${probes} and ${metrics}, and pods are redirected to it. The Key Vault CSI driver always uses port 2579, which stays with the other agent.`,
  );
}

export function reportTolerations({ report }: AgentDeps, { nmi, podid }: AgentValues): void {
  if (podid.tolerateNothing) {
    report.warn(
      "podid.tolerateNothing keeps the agent off every tainted node. Unless something else blocks 169.254.169.254 there, pods on those nodes can use the node's own identities.",
      advice`${command('podid nmi status')}  # names those nodes`,
    );
  } else if (nmi.tolerations.length === 0) {
    report.warn(
      "nmi.tolerations is empty, as in upstream's charts up to 4.1.14. The agent tolerates every taint all the same, because pods on a node without it can use the node's own identities.",
      advice`podid.tolerateNothing=true keeps it off tainted nodes`,
    );
  }
}

export function reportWithoutEffect({ report }: AgentDeps, { mode, withoutEffect }: AgentValues): void {
  if (withoutEffect.length > 0) {
    report.note(`These values have no effect in ${mode} mode: ${withoutEffect.join(', ')}.`);
  }
}
