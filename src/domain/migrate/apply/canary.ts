import type { LiveWorkload, WorkloadChange } from './migration-writes.ts';

/**
 * Annotation of a workload whose rollout podid holds at its first new pod, with what is to come back: `paused`, or the
 * partition that it had. It makes a hold podid's own to end, also for a run that did not begin it.
 */
export const heldAnnotation = 'podid.io/migration-held';

/** Whether podid holds its rollout. */
export function isHeld({ annotations }: Pick<LiveWorkload, 'annotations'>): boolean {
  return Object.hasOwn(annotations, heldAnnotation);
}

/**
 * What has a changed template come to one pod first. A StatefulSet says so before it begins, by its partition; a
 * Deployment is paused when its first new pods are there, for while it is paused it makes none.
 */
export function holdBefore(live: LiveWorkload): WorkloadChange {
  const { kind, replicas = 0, partition } = live;
  return kind === 'StatefulSet' && replicas > 1 && partition === 0
    ? { partition: replicas - 1, annotations: { [heldAnnotation]: `partition=${partition}` } }
    : {};
}

export const holdNow: WorkloadChange = { paused: true, annotations: { [heldAnnotation]: 'paused' } };

/** Lets the rollout go on as it was before podid held it. */
export function release({ annotations }: Pick<LiveWorkload, 'annotations'>): WorkloadChange {
  const held = annotations[heldAnnotation] ?? '';
  const partition = /^partition=(\d+)$/.exec(held)?.[1];
  return {
    annotations: { [heldAnnotation]: null },
    ...(partition === undefined ? { paused: false } : { partition: Number(partition) }),
  };
}

/** Whether there is a first pod to look at, with others after it. */
export function canBeHeld({ kind, replicas = 0, recreates }: LiveWorkload): boolean {
  return kind === 'Deployment' && replicas > 1 && !recreates;
}
