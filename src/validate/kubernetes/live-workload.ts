import type { WorkloadKind } from '../../domain/kubernetes/workloads.ts';
import type {
  LivePod,
  LiveWorkload,
  RollingShares,
  Rollout,
} from '../../domain/migrate/apply/migration-writes.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json-record.ts';
import { parseReadPod, parseReadWorkload } from './pod-template.ts';
import { parseLabelSelector } from './workloads.ts';

/** A workload with what its rollout depends on. Undefined where it has no name or version. */
export function parseLiveWorkload(kind: WorkloadKind, json: unknown): LiveWorkload | undefined {
  const read = parseReadWorkload(kind, json);
  const object = isRecord(json) ? json : {};
  const resourceVersion = stringAt(recordAt(object, 'metadata'), 'resourceVersion');
  if (read === undefined || !resourceVersion) {
    return undefined;
  }
  const spec = recordAt(object, 'spec');
  const replicas =
    kind === 'Deployment' || kind === 'StatefulSet' ? numberAt(spec, 'replicas', 1) : undefined;
  const partition = numberAt(recordAt(recordAt(spec, 'updateStrategy'), 'rollingUpdate'), 'partition', 0);
  return {
    ...read,
    kind,
    resourceVersion,
    podSelector: {
      matchLabels: read.selector,
      matchExpressions: parseLabelSelector(recordAt(spec, 'selector')).matchExpressions,
    },
    paused: spec['paused'] === true,
    partition,
    recreates: recordAt(spec, 'strategy')['type'] === 'Recreate',
    ...(kind === 'Deployment' ? { rolling: rollingOf(spec) } : {}),
    ...(replicas === undefined ? {} : { replicas }),
    rollout: rolloutOf(kind, object, { replicas: replicas ?? 0, partition }),
  };
}

export function parseLivePod(json: unknown): LivePod | undefined {
  const read = parseReadPod(json);
  const object = isRecord(json) ? json : {};
  return (
    read && {
      ...read,
      ready: recordsAt(recordAt(object, 'status'), 'conditions').some(
        ({ type, status }) => type === 'Ready' && status === 'True',
      ),
      ending: recordAt(object, 'metadata')['deletionTimestamp'] !== undefined,
    }
  );
}

/** The API server fills in what is not said: a quarter. */
function rollingOf(spec: JsonRecord): RollingShares {
  const { maxSurge, maxUnavailable } = recordAt(recordAt(spec, 'strategy'), 'rollingUpdate');
  return { maxSurge: shareOr(maxSurge), maxUnavailable: shareOr(maxUnavailable) };
}

function shareOr(value: unknown): number | string {
  return typeof value === 'number' || typeof value === 'string' ? value : '25%';
}

/** As `kubectl rollout status` decides it. */
function rolloutOf(
  kind: WorkloadKind,
  object: JsonRecord,
  { replicas, partition }: { readonly replicas: number; readonly partition: number },
): Rollout {
  const status = recordAt(object, 'status');
  const count = (member: string) => numberAt(status, member, 0);
  const generation = numberAt(recordAt(object, 'metadata'), 'generation', 0);
  const isSeen = count('observedGeneration') >= generation;
  const stuck = stuckText(status);
  const more = stuck === undefined ? {} : { stuck };
  switch (kind) {
    case 'Deployment': {
      const updated = count('updatedReplicas');
      const done =
        isSeen &&
        updated >= replicas &&
        count('replicas') <= updated &&
        count('availableReplicas') >= updated;
      return { updated, wanted: replicas, done, ...more };
    }
    case 'StatefulSet': {
      const updated = count('updatedReplicas');
      const wanted = Math.max(0, replicas - partition);
      const done = isSeen && updated >= wanted && count('readyReplicas') >= replicas;
      return { updated, wanted, done, ...more };
    }
    case 'DaemonSet': {
      const updated = count('updatedNumberScheduled');
      const wanted = count('desiredNumberScheduled');
      return {
        updated,
        wanted,
        done: isSeen && updated >= wanted && count('numberAvailable') >= wanted,
        ...more,
      };
    }
    default:
      return { updated: 0, wanted: 0, done: true };
  }
}

function stuckText(status: JsonRecord): string | undefined {
  const found = recordsAt(status, 'conditions').find(
    ({ type, status: holds, reason }) =>
      (type === 'ReplicaFailure' && holds === 'True') ||
      (type === 'Progressing' && holds === 'False' && reason === 'ProgressDeadlineExceeded'),
  );
  return found && (stringAt(found, 'message') || stringAt(found, 'reason') || 'It makes no more pods.');
}

function numberAt(record: JsonRecord, member: string, usual: number): number {
  const value = record[member];
  return typeof value === 'number' ? value : usual;
}
