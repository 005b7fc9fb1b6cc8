import type {
  ControllerRollout,
  FinishedPod,
  Rollout,
  TaintedNode,
} from '../../domain/kubernetes/agent-cluster.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt, stringMapAt } from '../json-record.ts';
import { parseNode } from './workloads.ts';

/** Where a DaemonSet stands. Undefined when the JSON is none. */
export function parseDaemonSetStatus(json: unknown):
  | (Pick<Rollout, 'counted' | 'desired' | 'failure'> & {
      readonly uid: string;
      readonly template: string | undefined;
      readonly selector: Readonly<Record<string, string>>;
    })
  | undefined {
  if (!isRecord(json)) {
    return undefined;
  }
  const metadata = recordAt(json, 'metadata');
  const status = recordAt(json, 'status');
  const generation = numberAt(metadata, 'generation') ?? 0;
  const annotations = stringMapAt(metadata, 'annotations') ?? {};
  return {
    uid: stringAt(metadata, 'uid') ?? '',
    // Despite its name the controller still writes it, in the pods' label too: no other mark of a template
    // needs a further right.
    template: annotations['deprecated.daemonset.template.generation'],
    selector: stringMapAt(recordAt(recordAt(json, 'spec'), 'selector'), 'matchLabels') ?? {},
    counted: (numberAt(status, 'observedGeneration') ?? -1) >= generation,
    desired: numberAt(status, 'desiredNumberScheduled') ?? 0,
    ...failureOf(status),
  };
}

/** Kubernetes has this condition for Deployments alone; on a DaemonSet it is the emulator's. */
function failureOf(status: JsonRecord): Pick<Rollout, 'failure'> {
  const found = conditionOf(status, 'ReplicaFailure');
  return found?.['status'] === 'True'
    ? { failure: text(stringAt(found, 'message') ?? 'no pod can be made').replace(/\.$/, '') }
    : {};
}

/**
 * A pod of a DaemonSet and its node. Undefined for one that has no node, and for one of another controller, whose
 * selector may be the same. @param template generation of the newest one
 */
export function parseRolledPod(
  json: unknown,
  { uid, template }: { readonly uid: string; readonly template: string | undefined },
): (Rollout['nodes'][number] & { readonly ending?: true }) | undefined {
  if (!isRecord(json)) {
    return undefined;
  }
  const metadata = recordAt(json, 'metadata');
  const node = stringAt(recordAt(json, 'spec'), 'nodeName') ?? chosenNode(json);
  const [controller] = recordsAt(metadata, 'ownerReferences').filter((each) => each['controller'] === true);
  if (node === undefined || (controller !== undefined && controller['uid'] !== uid)) {
    return undefined;
  }
  if (stringAt(metadata, 'deletionTimestamp') !== undefined) {
    return { name: node, ready: false, ending: true, reason: 'ending' };
  }
  const status = recordAt(json, 'status');
  const made = stringMapAt(metadata, 'labels')?.['pod-template-generation'];
  if (template !== undefined && made !== undefined && made !== template) {
    return { name: node, ready: false, reason: 'still runs the previous version' };
  }
  if (conditionOf(status, 'Ready')?.['status'] === 'True') {
    return { name: node, ready: true };
  }
  return { name: node, ready: false, reason: reasonOf(status) };
}

/** Where a Deployment stands; `trouble` is its controller's alone. Undefined when the JSON is none. */
export function parseDeploymentStatus(
  json: unknown,
): (ControllerRollout & { readonly selector: Readonly<Record<string, string>> }) | undefined {
  if (!isRecord(json)) {
    return undefined;
  }
  const [metadata, spec, status] = [
    recordAt(json, 'metadata'),
    recordAt(json, 'spec'),
    recordAt(json, 'status'),
  ];
  const counted = (numberAt(status, 'observedGeneration') ?? -1) >= (numberAt(metadata, 'generation') ?? 0);
  const desired = numberAt(spec, 'replicas') ?? 1;
  const [ready, updated, all] = ['readyReplicas', 'updatedReplicas', 'replicas'].map(
    (key) => numberAt(status, key) ?? 0,
  ) as [number, number, number];
  const { failure } = failureOf(status);
  return {
    desired,
    ready,
    done: counted && updated >= desired && all <= updated && ready >= desired,
    trouble: failure === undefined ? [] : [failure],
    selector: stringMapAt(recordAt(spec, 'selector'), 'matchLabels') ?? {},
  };
}

/** `podid-mic-1: container mic: ImagePullBackOff`; undefined for a pod that is ready or ending. */
export function podTrouble(json: unknown): string | undefined {
  const pod = isRecord(json) ? json : {};
  const [metadata, status] = [recordAt(pod, 'metadata'), recordAt(pod, 'status')];
  const isWell =
    conditionOf(status, 'Ready')?.['status'] === 'True' ||
    stringAt(metadata, 'deletionTimestamp') !== undefined;
  return isWell ? undefined : `${stringAt(metadata, 'name') ?? ''}: ${reasonOf(status)}`;
}

export function parseFinishedPod(json: unknown): FinishedPod {
  const status = isRecord(json) ? recordAt(json, 'status') : {};
  const phases = ['Succeeded', 'Failed', 'Pending', 'Running'] as const;
  const phase = phases.find((each) => each === status['phase']) ?? 'Unknown';
  // Others put containers of their own into pods.
  const statuses = recordsAt(status, 'containerStatuses');
  const own = statuses.find((each) => each['name'] === 'probe') ?? statuses[0] ?? {};
  const ended = recordAt(recordAt(own, 'state'), 'terminated');
  const exitCode = numberAt(ended, 'exitCode');
  const message = stringAt(ended, 'message');
  const uid = stringAt(recordAt(isRecord(json) ? json : {}, 'metadata'), 'uid');
  const killed = phase === 'Failed' ? stringAt(status, 'reason') : undefined;
  return {
    phase,
    ...(uid === undefined ? {} : { uid }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(message === undefined ? {} : { message }),
    ...(phase === 'Pending' ? { reason: reasonOf(status) } : {}),
    ...(killed === undefined ? {} : { reason: text(`${killed}: ${stringAt(status, 'message') ?? ''}`) }),
  };
}

export function parseTaintedNode(json: unknown): TaintedNode | undefined {
  const node = parseNode(json);
  if (node === undefined) {
    return undefined;
  }
  const { name, ready, os, virtual, taints } = node;
  return { name, ready, takesAgent: os === 'linux' && !virtual, taints };
}

/** What the first container that does not run says, else why there is no container yet. */
function reasonOf(status: JsonRecord): string {
  const containers = ['initContainerStatuses', 'containerStatuses'].flatMap((key) => recordsAt(status, key));
  for (const container of containers) {
    const name = stringAt(container, 'name') ?? '';
    const state = recordAt(container, 'state');
    const waiting = recordAt(state, 'waiting');
    const reason = stringAt(waiting, 'reason');
    if (reason !== undefined && reason !== 'PodInitializing') {
      const last = recordAt(recordAt(container, 'lastState'), 'terminated');
      const said = stringAt(waiting, 'message') ?? '';
      const code = numberAt(last, 'exitCode');
      const ended = code === undefined ? '' : `, last exit code ${code}`;
      return text(`container ${name}: ${reason}${said === '' ? '' : `: ${said}`}${ended}`);
    }
    const ended = recordAt(state, 'terminated');
    const code = numberAt(ended, 'exitCode');
    if (code !== undefined && code !== 0) {
      return text(`container ${name} ended with exit code ${code}`);
    }
  }
  const unready = containers.find((each) => each['ready'] === false && isRecord(each['state']));
  const scheduled = conditionOf(status, 'PodScheduled');
  if (scheduled?.['status'] === 'False') {
    return text(stringAt(scheduled, 'message') ?? 'not scheduled yet');
  }
  return unready === undefined ? 'starting' : `container ${stringAt(unready, 'name')} is not ready yet`;
}

/** The DaemonSet's controller binds each pod to its node by an affinity to the node's name. */
function chosenNode(pod: JsonRecord): string | undefined {
  const affinity = recordAt(recordAt(recordAt(pod, 'spec'), 'affinity'), 'nodeAffinity');
  const required = recordAt(affinity, 'requiredDuringSchedulingIgnoredDuringExecution');
  for (const term of recordsAt(required, 'nodeSelectorTerms')) {
    for (const field of recordsAt(term, 'matchFields')) {
      const values = field['values'];
      if (field['key'] === 'metadata.name' && Array.isArray(values) && typeof values[0] === 'string') {
        return values[0];
      }
    }
  }
  return undefined;
}

function conditionOf(status: JsonRecord, type: string): JsonRecord | undefined {
  return recordsAt(status, 'conditions').find((each) => each['type'] === type);
}

/** Words of kubelets and registries: one line, and no novels. */
function text(words: string): string {
  return words.replaceAll(/[\p{Cc}\s]+/gu, ' ').slice(0, 300);
}

function numberAt(record: JsonRecord, key: string): number | undefined {
  const value = record[key];
  return typeof value === 'number' ? value : undefined;
}
