import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { TableShape } from '../../terminal/print-result.ts';

/**
 * The whole cluster as az prints it: what ARM has under `properties` is on the first level, and the resource
 * group is added.
 */
export function rawCluster({ document, id }: Cluster): Readonly<Record<string, unknown>> {
  const { properties, ...outer }: Record<string, unknown> = JSON.parse(document);
  const inner = typeof properties === 'object' && properties !== null ? properties : {};
  return { ...outer, ...inner, resourceGroup: id.resourceGroup };
}

interface RawCluster {
  readonly name?: unknown;
  readonly location?: unknown;
  readonly resourceGroup?: unknown;
  readonly provisioningState?: unknown;
}

export const rawClusterShape: TableShape = {
  rows: (cluster: RawCluster) => [cluster],
  columns: [
    { heading: 'NAME', cell: (cluster: RawCluster) => cluster.name },
    { heading: 'LOCATION', cell: (cluster: RawCluster) => cluster.location },
    { heading: 'RESOURCE-GROUP', cell: (cluster: RawCluster) => cluster.resourceGroup },
    { heading: 'STATE', cell: (cluster: RawCluster) => cluster.provisioningState },
  ],
};
