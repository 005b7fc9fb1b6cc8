import { carriesIdentity } from '../../../domain/azure/machine-identities.ts';
import type { Deps } from '../../../domain/deps.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import { findMachines } from '../../nodes/find-machines.ts';
import type { ExchangeView, IdentityStanding } from '../read-exchange.ts';

/**
 * Warns of identities that machines of the nodes do not carry: IMDS gives no tokens of them there. In standard mode the
 * controller puts them there by itself.
 */
export async function warnOfMissing(
  deps: Pick<Deps, 'azure' | 'report' | 'signal'>,
  { cluster, agent }: ExchangeView,
  standings: readonly IdentityStanding[],
): Promise<void> {
  if (standings.length === 0 || (agent !== undefined && agent.mode !== 'managed')) {
    return;
  }
  const every = { nodePools: [], scaleSets: [], virtualMachines: [] };
  const machines = await findMachines(deps, cluster, every).catch((error: unknown) => {
    if (!isPodidError(error)) {
      throw error;
    }
    deps.report.warn(`Whether the nodes carry the identities cannot be seen: ${error.message}`, error.hint);
    return [];
  });
  const missing = standings.filter(({ identity: { spec } }) => {
    const { resourceID: resourceId = '', clientID: clientId = '' } = spec;
    return machines.some((machine) => carriesIdentity(machine, { resourceId, clientId }) === false);
  });
  if (missing.length > 0) {
    const names = missing.map(({ row }) => entryText(row)).join(', ');
    const identities = missing.map(({ identity }) => identity.spec.resourceID ?? '').filter(Boolean);
    deps.report.warn(
      `Missing on some nodes, where pods would get no tokens from IMDS: ${names}.`,
      nextCommand('node assign', cluster.id, { identities }),
    );
  }
}
