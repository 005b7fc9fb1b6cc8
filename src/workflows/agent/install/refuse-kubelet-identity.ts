import type { AgentValues } from '../../../domain/kubernetes/agent-values.ts';
import { advice, othersText } from '../../../errors/hint.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import type { AgentDeps } from '../agent-deps.ts';

/**
 * The values with the kubelet's identity among those that no AzureIdentity gives access to: it is on every node, so that
 * whoever may write an AzureIdentity could use it.
 *
 * @param kubeletClientId undefined where Azure is not asked, or the identity is not to be refused
 */
export async function refuseKubeletIdentity(
  { report }: Pick<AgentDeps, 'report'>,
  values: AgentValues,
  kubeletClientId: (signal: AbortSignal) => Promise<string | undefined>,
  signal: AbortSignal,
): Promise<AgentValues> {
  const clientId = await kubeletClientId(signal).catch((error: unknown) => {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    report.warn(
      `Which identity the kubelet has could not be read, so an AzureIdentity may name it. ${error.message}`,
      advice`The same command with --set podid.refusedClientIds[0]=CLIENT-ID, or with --allow-kubelet-identity`,
    );
    return undefined;
  });
  const { refusedClientIds } = values.podid;
  if (!clientId || refusedClientIds.some((each) => each.toLowerCase() === clientId.toLowerCase())) {
    return values;
  }
  report.note(
    advice`No AzureIdentity gives access to the kubelet's identity ${othersText(clientId)}; --allow-kubelet-identity lifts that`,
  );
  return { ...values, podid: { ...values.podid, refusedClientIds: [...refusedClientIds, clientId] } };
}
