import { managedClusterType, parseResourceId } from '../../domain/azure/resource-id.ts';
import type { ClusterSummary } from '../../domain/clusters/cluster.ts';
import { readManagedCluster } from '../../validate/azure/managed-cluster.ts';
import { isRecord, type JsonRecord, stringAt } from '../../validate/json-record.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { itemsOf, PageHistory } from '../connection/page-history.ts';

/** Every cluster of a subscription, through all pages of the list. */
export async function listClusters(
  connection: ArmConnection,
  { subscriptionId, apiVersion }: { readonly subscriptionId: string; readonly apiVersion: string },
  signal: AbortSignal,
): Promise<ClusterSummary[]> {
  const about: ArmRequest = {
    doing: 'list AKS clusters',
    action: 'Microsoft.ContainerService/managedClusters/read',
    scope: `/subscriptions/${subscriptionId}`,
    caller: connection.caller,
    notFound: 'SubscriptionNotFound',
  };
  const found: ClusterSummary[] = [];
  let url: string | undefined =
    `${about.scope}/providers/Microsoft.ContainerService/managedClusters?api-version=${apiVersion}`;
  const history = new PageHistory(url);
  while (url !== undefined) {
    const answer = await connection.read(url, about, signal);
    const body: unknown = JSON.parse(answer.text || '{}');
    const page = isRecord(body) ? body : {};
    found.push(...itemsOf(page).flatMap(summaryOf));
    url = history.next(page);
  }
  return found;
}

function summaryOf(item: JsonRecord): ClusterSummary[] {
  const parsed = parseResourceId(stringAt(item, 'id') ?? '', managedClusterType);
  if (parsed === undefined || !isRecord(item['properties'])) {
    return [];
  }
  const { subscriptionId, resourceGroup, name } = parsed;
  const id = { subscriptionId, resourceGroup, name };
  const { provisioningState, powerState, networkPlugin, identity, profile } = readManagedCluster(
    id,
    JSON.stringify(item),
  );
  return [
    {
      ...id,
      provisioningState,
      ...(powerState === undefined ? {} : { powerState }),
      networkPlugin,
      identityType: identity.type,
      addonEnabled: profile.enabled,
    },
  ];
}
