import type { ClusterId } from '../domain/cluster.ts';
import type { TableShape } from '../terminal/print-result.ts';
import type { AddonStatus } from '../workflows/read-status.ts';

/** How the add-on stands, members in the documented order. */
export function statusView(status: AddonStatus): unknown {
  return {
    enabled: status.enabled,
    allowNetworkPluginKubenet: status.allowNetworkPluginKubenet,
    networkPlugin: status.networkPlugin,
    clusterIdentity: { type: status.clusterIdentity.type, principalId: status.clusterIdentity.principalId },
    identities: status.identities,
    exceptions: status.exceptions,
    limit: status.limit,
    provisioningState: status.provisioningState,
    eTag: status.eTag,
    ...(status.drift === undefined
      ? {}
      : {
          drift: status.drift.map(({ kind, namespace, name, arm, cluster }) => ({
            kind,
            namespace,
            name,
            arm,
            cluster,
          })),
        }),
  };
}

/** Two columns: there is one status, and more members than a line bears. */
export const statusShape = ({ name, resourceGroup }: ClusterId): TableShape => ({
  rows: (status: AddonStatus) => [
    ['cluster', `${name} in ${resourceGroup}`],
    ['enabled', status.enabled],
    ['network plugin', status.networkPlugin],
    ['consent to kubenet', status.allowNetworkPluginKubenet],
    [
      'cluster identity',
      [status.clusterIdentity.type, status.clusterIdentity.principalId].filter(Boolean).join(' '),
    ],
    ['identities', `${status.identities} of ${status.limit}`],
    ['exceptions', `${status.exceptions} of ${status.limit}`],
    ['state', status.provisioningState],
    ...(status.drift === undefined ? [] : [['drift', driftText(status.drift)]]),
  ],
  columns: [
    { heading: 'ADD-ON', cell: (row: readonly unknown[]) => row[0] },
    { heading: '', cell: (row: readonly unknown[]) => row[1] },
  ],
});

function driftText(drift: NonNullable<AddonStatus['drift']>): string {
  return drift.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`).join(', ') || 'none';
}
