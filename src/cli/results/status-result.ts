import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { type Drift, driftText } from '../../domain/entries/drift.ts';
import { entryText } from '../../domain/entries/pod-identity.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { AddonStatus, ClusterStatus } from '../../workflows/addon/read-status.ts';
import { type AgentView, agentLines, agentView, withoutTimes } from '../nmi/agents-in-status.ts';
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
  };
}

/** How pod identity stands on the cluster, members in the documented order. */
export function clusterStatusView(status: ClusterStatus): object {
  const { mode, feature, failed, states, agent, drift } = status;
  return {
    ...(statusView(status) as object),
    mode,
    feature,
    failed: failed.map(({ namespace, name, error }) => ({
      namespace,
      name,
      error: error === undefined ? null : { code: error.code, message: error.message },
    })),
    states,
    ...(agent === undefined ? {} : { agent: agentView(agent) }),
    ...(drift === undefined ? {} : { drift: drift.map(driftView) }),
  };
}

/** What `--watch` compares. */
export function watchedText(status: ClusterStatus): string {
  const { agent } = status;
  const said = agent === undefined ? {} : { agent: withoutTimes(agentView(agent)) };
  return JSON.stringify({ ...clusterStatusView(status), ...said });
}

export const statusShape = (cluster: ClusterId): TableShape =>
  recordShape((status: AddonStatus) => addonLines(cluster, status));

/**
 * @param limit Azure's, of the entries that it keeps
 * @param states of the identities
 */
function addonLines(
  { name, resourceGroup }: ClusterId,
  status: AddonStatus,
  limit = ` of ${status.limit}`,
  states = '',
): readonly RecordLine[] {
  return [
    ['cluster', `${name} in ${resourceGroup}`],
    ['add-on', status.enabled ? 'on' : 'off', status.enabled ? 'green' : 'yellow'],
    ['network plugin', status.networkPlugin],
    ['consent to kubenet', status.allowNetworkPluginKubenet],
    [
      'cluster identity',
      [status.clusterIdentity.type, status.clusterIdentity.principalId].filter(Boolean).join(' '),
    ],
    ['identities', `${status.identities}${limit}${states}`],
    ['exceptions', `${status.exceptions}${limit}`],
    ['state', status.provisioningState, stateColour(status.provisioningState)],
  ];
}

/** As it is printed. */
type ShownStatus = Omit<ClusterStatus, 'agent'> & { readonly agent?: AgentView };

export const clusterStatusShape = (cluster: ClusterId): TableShape =>
  recordShape((status: ShownStatus) => [
    ...addonLines(cluster, status, status.mode === 'cluster' ? '' : undefined, statesText(status)),
    ['mode', modeText(status)],
    ['feature', status.enabled ? undefined : (status.feature ?? 'not known')],
    ...status.failed.map((entry): RecordLine => ['failed', failedText(entry), 'red']),
    ...(status.agent === undefined ? [] : agentLines(status.agent)),
    ...(status.drift === undefined ? [] : driftLines(status.drift)),
  ]);

function statesText({ states }: Pick<ClusterStatus, 'states'>): string {
  const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  return counts.length === 0 ? '' : ` (${counts.join(', ')})`;
}

function modeText({ mode }: Pick<ClusterStatus, 'mode'>): string {
  if (mode === null) {
    return 'none: the add-on is off (podid status --mode cluster shows entries that are objects)';
  }
  return mode === 'addon' ? 'addon' : 'cluster: the entries are objects (--mode cluster)';
}

function failedText(entry: ClusterStatus['failed'][number]): string {
  const { error } = entry;
  return error == null ? entryText(entry) : `${entryText(entry)}: ${error.code}: ${error.message}`;
}

/** Of the cluster: what Azure works on passes. */
function stateColour(state: string): 'green' | 'red' | 'yellow' {
  return /^succeeded$/i.test(state) ? 'green' : /^(?:failed|canceled)$/i.test(state) ? 'red' : 'yellow';
}

function driftLines(drift: readonly Drift[]): readonly RecordLine[] {
  if (drift.length === 0) {
    return [['drift', 'none', 'green']];
  }
  return drift.map((each) => ['drift', `${each.kind} ${entryText(each)}: ${driftText(each)}`, 'yellow']);
}
