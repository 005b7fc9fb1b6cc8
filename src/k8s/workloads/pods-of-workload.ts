import type { LabelSelector } from '../../domain/kubernetes/network-policy.ts';
import { type WorkloadKind, workloadKindFacts } from '../../domain/kubernetes/workloads.ts';
import type { LivePod, LiveWorkload } from '../../domain/migrate/apply/migration-writes.ts';
import { isWorkloadKind } from '../../domain/migrate/workload-commands.ts';
import { isRecord, recordAt, recordsAt, stringAt } from '../../validate/json-record.ts';
import { parseLivePod } from '../../validate/kubernetes/live-workload.ts';
import type { WorkloadApi } from './workload-api.ts';

/** What stands between a workload and its pods; a kind that is not here makes them itself. */
const makers: Partial<Record<WorkloadKind, WorkloadKind>> = {
  Deployment: 'ReplicaSet',
  Rollout: 'ReplicaSet',
  DeploymentConfig: 'ReplicationController',
  CronJob: 'Job',
  ScaledJob: 'Job',
};

/**
 * The pods of a workload: those that its selector chooses, and that it, or what it made, controls. A selector alone may
 * choose pods of others.
 *
 * @throws PodidError Forbidden | ClusterUnreachable
 */
export async function podsOfWorkload(
  api: Pick<WorkloadApi, 'list'>,
  workload: Pick<LiveWorkload, 'kind' | 'namespace' | 'uid' | 'podSelector'>,
  signal: AbortSignal,
): Promise<readonly LivePod[]> {
  const { namespace, kind, uid, podSelector } = workload;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  const labelSelector = selectorText(podSelector);
  const query = labelSelector === '' ? {} : { query: { labelSelector } };
  const items = await api.list({ path, ...query, verb: 'list', resource: 'pods', namespace }, signal);
  const pods = items.map(parseLivePod).filter((pod) => pod !== undefined);
  // Between the two stand a Configuration, a Revision, a Deployment and a ReplicaSet; the label is Knative's own.
  if (kind === 'KnativeService') {
    return pods;
  }
  const maker = isWorkloadKind(kind) ? makers[kind] : undefined;
  const made = maker === undefined ? [] : await uidsMadeBy(api, { maker, namespace, uid }, signal);
  const own = new Set([uid, ...made]);
  return pods.filter(({ controller }) => controller !== undefined && own.has(controller.uid));
}

async function uidsMadeBy(
  api: Pick<WorkloadApi, 'list'>,
  of: { readonly maker: WorkloadKind; readonly namespace: string; readonly uid: string },
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { namespace, uid } = of;
  const { group, version, plural } = workloadKindFacts(of.maker);
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const items = await api.list(
    {
      path: `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`,
      verb: 'list',
      resource: group === '' ? plural : `${plural}.${group}`,
      namespace,
    },
    signal,
  );
  return items.flatMap((item) => {
    const metadata = recordAt(isRecord(item) ? item : {}, 'metadata');
    const isOwn = recordsAt(metadata, 'ownerReferences').some((owner) => owner['uid'] === uid);
    return isOwn ? (stringAt(metadata, 'uid') ?? []) : [];
  });
}

/** As the query of a list has it; empty for one that asks nothing. */
function selectorText({ matchLabels, matchExpressions }: LabelSelector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  return [...labels, ...matchExpressions.map(requirementText)].join(',');
}

/** One that no API server takes asks for the key alone. */
function requirementText({ key, operator, values }: LabelSelector['matchExpressions'][number]): string {
  const list = `(${values.join(',')})`;
  switch (operator) {
    case 'In':
      return `${key} in ${list}`;
    case 'NotIn':
      return `${key} notin ${list}`;
    case 'DoesNotExist':
      return `!${key}`;
    default:
      return key;
  }
}
