import type { KubeObject } from '../objects/kube-object.ts';
import type { KubeStore } from '../objects/kube-store.ts';
import { stepDeployment } from './deployments.ts';
import { type Revisions, stepDaemonSet, stepJob, stepStatefulSet } from './ordered-pods.ts';
import { type Cluster, ownedBy, removePod, startPods } from './pods.ts';

export interface ControllerOptions {
  /** Whether the cluster runs pods at all. */
  readonly isOn: () => boolean;
  /** Milliseconds since the epoch, of the emulator's clock. */
  readonly now: () => number;
  readonly podStartMs: () => number;
}

/** Between two steps, in real milliseconds: whoever polls sees what is in between. */
const stepMs = 10;

const watched = new Set([
  'pods.',
  'nodes.',
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
]);

export interface Controllers {
  /** Has them look, where nothing of the cluster has changed. */
  look(): void;
  stop(): void;
}

/**
 * Runs what Kubernetes' controllers and kubelets do between them, as far as a rollout shows it. kube-system stays as it was
 * put there: what runs in it is the cloud's.
 */
export function runControllers(store: KubeStore, { isOn, now, podStartMs }: ControllerOptions): Controllers {
  const cluster: Cluster = { store, now, podStartMs, madeAt: new Map() };
  const revisions: Revisions = new Map();
  let timer: NodeJS.Timeout | undefined;
  const schedule = () => {
    timer ??= setTimeout(tick, stepMs).unref();
  };
  const tick = () => {
    timer = undefined;
    if (isOn() && stepAll(cluster, revisions)) {
      schedule();
    }
  };
  const unsubscribe = store.subscribe(({ key }) => {
    if (isOn() && watched.has(key)) {
      schedule();
    }
  });
  return {
    look: schedule,
    stop() {
      clearTimeout(timer);
      unsubscribe();
    },
  };
}

function stepAll(cluster: Cluster, revisions: Revisions): boolean {
  const { store } = cluster;
  endOrphans(cluster);
  const steps: readonly (readonly [string, (found: KubeObject) => boolean])[] = [
    ['Deployment', (found) => stepDeployment(cluster, found)],
    ['StatefulSet', (found) => stepStatefulSet(cluster, found, revisions)],
    ['DaemonSet', (found) => stepDaemonSet(cluster, found)],
    ['Job', (found) => stepJob(cluster, found)],
  ];
  let more = startPods(cluster);
  for (const [kind, step] of steps) {
    for (const found of store.list(kind).filter(({ metadata }) => metadata.namespace !== 'kube-system')) {
      more = step(found) || more;
    }
  }
  return more;
}

/** ReplicaSets whose Deployment is gone go with their pods. */
function endOrphans(cluster: Cluster): void {
  const { store } = cluster;
  const uids = new Set(store.list('Deployment').map(({ metadata }) => metadata.uid));
  for (const set of store.list('ReplicaSet')) {
    const owners = (set.metadata.ownerReferences ?? []) as readonly { kind?: string; uid?: string }[];
    if (owners.some(({ kind, uid }) => kind === 'Deployment' && !uids.has(uid))) {
      for (const pod of ownedBy(store, 'Pod', set)) {
        removePod(cluster, pod);
      }
      store.remove('replicasets', set.metadata.namespace ?? '', set.metadata.name);
    }
  }
}
