import { managedIdentityType, parseResourceId, sameResource } from '../../domain/azure/resource-id.ts';
import type { Azure, IdentitySummary, Reporter } from '../../domain/ports.ts';

export interface ListIdentitiesDeps {
  readonly azure: Pick<Azure, 'identities'>;
  readonly report: Pick<Reporter, 'progress'>;
  readonly signal: AbortSignal;
}

export interface OfSubscription {
  readonly subscriptionId: string;
  /** Absent: of all groups. */
  readonly resourceGroup?: string | undefined;
}

/** The managed identities that the caller sees, in the server's order. @throws PodidError */
export async function listManagedIdentities(
  { azure, report, signal }: ListIdentitiesDeps,
  { subscriptionId, resourceGroup }: OfSubscription,
): Promise<readonly IdentitySummary[]> {
  report.progress('Reading the managed identities');
  const all = await azure.identities.list(subscriptionId, signal);
  const groupOf = (id: string) => parseResourceId(id, managedIdentityType)?.resourceGroup ?? '';
  return resourceGroup === undefined
    ? all
    : all.filter(({ resourceId }) => sameResource(groupOf(resourceId), resourceGroup));
}
