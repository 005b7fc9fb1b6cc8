import { nativeUsers } from '../../../domain/exchange/native-users.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import type { ConnectedCluster } from '../../../domain/kubernetes/workloads.ts';
import { advice } from '../../../errors/hint.ts';
import { isPodidError, PodidError } from '../../../errors/podid-error.ts';
import type { ExchangeView } from '../read-exchange.ts';

/**
 * Who may use the federated credentials of pods' accounts without the agent, by subject, each with what says so. Empty
 * where no identity is exchanged by such accounts.
 *
 * @throws PodidError Forbidden | ClusterUnreachable: what is not seen may be in use
 */
export async function readNativeUsers(
  { migration }: Pick<ConnectedCluster, 'migration'>,
  { cluster, workload }: ExchangeView,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (workload === undefined || workload.templates.length + workload.accounts.size === 0) {
    return new Map();
  }
  const { templates, agent } = workload;
  try {
    const [serviceAccounts, providerClasses] = await Promise.all([
      migration.serviceAccounts(undefined, signal),
      migration.providerClasses(undefined, signal),
    ]);
    return nativeUsers({ templates, serviceAccounts, providerClasses, audience: agent.audience });
  } catch (error) {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    throw new PodidError(
      error.code,
      `Whether pods use the federated credentials by themselves cannot be seen, so that none is deleted: ${error.message}`,
      {
        hint: advice`Without --revoke-trust they stay: ${nextCommand('exchange disable', cluster.id)}`,
        cause: error,
      },
    );
  }
}
