import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { type Drift, driftText } from '../../domain/entries/drift.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { AddonStatus } from '../../workflows/addon/read-status.ts';
import { type RecordLine, recordShape } from './record-text.ts';
import { driftView } from './result-shapes.ts';

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
          drift: status.drift.map(driftView),
        }),
  };
}

export const statusShape = ({ name, resourceGroup }: ClusterId): TableShape =>
  recordShape((status: AddonStatus) => [
    ['cluster', `${name} in ${resourceGroup}`],
    ['add-on', status.enabled ? 'on' : 'off'],
    ['network plugin', status.networkPlugin],
    ['consent to kubenet', status.allowNetworkPluginKubenet],
    [
      'cluster identity',
      [status.clusterIdentity.type, status.clusterIdentity.principalId].filter(Boolean).join(' '),
    ],
    ['identities', `${status.identities} of ${status.limit}`],
    ['exceptions', `${status.exceptions} of ${status.limit}`],
    ['state', status.provisioningState],
    ...(status.drift === undefined ? [] : driftLines(status.drift)),
  ]);

function driftLines(drift: readonly Drift[]): readonly RecordLine[] {
  if (drift.length === 0) {
    return [['drift', 'none']];
  }
  return drift.map((each) => ['drift', `${each.kind} ${entryText(each)}: ${driftText(each)}`]);
}
