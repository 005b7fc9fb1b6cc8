import type { WriteTarget } from './admit-object.ts';
import type { KubeObject } from './kube-object.ts';
import type { KubeStore } from './kube-store.ts';
import { podsOfWorkload } from './pods-of-workload.ts';
import { checkPrecondition, existing } from './write-objects.ts';

interface DeleteOptions {
  readonly dryRun: boolean;
  /** `Orphan` leaves the pods of a workload; otherwise they go with it. */
  readonly propagationPolicy?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

/** With finalizers left, the object is only marked; it goes with its last finalizer. */
export function deleteObject(store: KubeStore, target: WriteTarget, options: DeleteOptions): KubeObject {
  const live = existing(store, target);
  checkPrecondition(target, live, options);
  if (options.dryRun) {
    return live;
  }
  if ((live.metadata.finalizers ?? []).length === 0) {
    const dropped = store.drop(target.kind, target.namespace, target.name) ?? live;
    if (options.propagationPolicy !== 'Orphan') {
      endPods(store, target, live);
    }
    return dropped;
  }
  if (live.metadata.deletionTimestamp !== undefined) {
    return live;
  }
  return store.put(target.kind, {
    ...live,
    metadata: { ...live.metadata, deletionTimestamp: store.timestamp() },
  });
}

/** As a cluster's controllers and nodes do between them, and at once. */
function endPods(store: KubeStore, target: WriteTarget, workload: KubeObject): void {
  for (const { metadata } of podsOfWorkload(store, target.kind, workload)) {
    deleteObject(store, { ...target, kind: store.kind('Pod'), name: metadata.name }, { dryRun: false });
  }
}
