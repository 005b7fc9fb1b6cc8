import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { azFlags } from '../../domain/hints/next-command.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ArmFault } from '../connection/arm-answer.ts';
import type { KnownFault } from '../connection/arm-request.ts';
import { messageOf } from '../connection/fault-text.ts';

/** ErrorAnswers of AKS's own, by code (Azure documentation, "Resolve az aks command invoke failures"). */
const hints: Readonly<Record<string, Hint>> = {
  RunCommandBlockedByAzurePolicy: advice`Exempt the namespace aks-command from the Azure Policy assignment that AKS names.`,
  KubernetesPerformanceError: advice`Make room on a node for 200m CPU and 500Mi memory, then run the same command again.`,
  KubernetesOperationError: advice`See what keeps pods of namespace aks-command from starting, then run the same command again.`,
  NotSupportedSetup: advice`Reach the API from inside its network instead, with --kubeconfig FILE.`,
};

/** AKS could not run the command; undefined for what any part of ARM may say. */
export function mapRunCommandError(fault: ArmFault, id: ClusterId): KnownFault | undefined {
  const code = [fault.code, fault.innermost.code].find((each) => Object.hasOwn(hints, each));
  const hint = code === undefined ? undefined : (admissionHint(fault.message) ?? hints[code]);
  if (hint !== undefined) {
    const message = `AKS could not run the command in cluster ${id.name}: ${messageOf(fault)}`;
    return { code: 'ClusterUnreachable', message, hint };
  }
  // The only word by which AKS says that it is switched off there is the message; the code is a general one.
  if (fault.status === 400 && /run\s?command.*disabled/i.test(fault.message)) {
    return { code: 'ClusterUnreachable', ...disabled(id) };
  }
  return undefined;
}

export function runCommandDisabled(id: ClusterId): PodidError {
  const { message, hint } = disabled(id);
  return new PodidError('ClusterUnreachable', message, { hint });
}

function disabled(id: ClusterId) {
  return {
    message: `Running commands through Azure is switched off on cluster ${id.name}.`,
    hint: advice`${command('az aks update', ...azFlags(id), '--enable-run-command')}; or reach the API from inside its network, with --kubeconfig FILE`,
  };
}

/** @param reason AKS's own words */
export function commandFailed(id: ClusterId, reason: string): PodidError {
  const why = reason.trim() === '' ? 'it gives no reason.' : sentence(reason.trim().slice(0, 1000));
  return new PodidError('ClusterUnreachable', `AKS could not run the command in cluster ${id.name}: ${why}`, {
    hint:
      admissionHint(reason) ??
      advice`See the pods of namespace aks-command: they need a node with 200m CPU and 500Mi memory free.`,
  });
}

/** With one full stop. */
function sentence(text: string): string {
  return /[.!?)\]]$/.test(text) ? text : `${text}.`;
}

/** The cluster itself would not have the pod that runs the command; the reason names who. */
function admissionHint(reason: string): Hint | undefined {
  if (
    /admission webhook|denied the request|gatekeeper|kyverno|ValidatingAdmissionPolicy|violates PodSecurity/i.test(
      reason,
    )
  ) {
    return advice`Exempt the namespace aks-command from the policy that the reason names, or reach the API from inside its network, with --kubeconfig FILE.`;
  }
  if (/m(?:ax|in)imum (?:cpu|memory) usage per|limit to request ratio|LimitRange/i.test(reason)) {
    return advice`Let the LimitRange of the namespace aks-command allow 200m CPU and 500Mi memory.`;
  }
  if (/ImagePull|failed to pull/i.test(reason)) {
    return advice`Let the nodes pull from mcr.microsoft.com, or reach the API from inside its network, with --kubeconfig FILE.`;
  }
  return /(?:exceeded|failed) quota/i.test(reason)
    ? advice`Make room in the quota of the namespace aks-command for 200m CPU and 500Mi memory.`
    : undefined;
}
