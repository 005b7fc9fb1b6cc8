import type { LiveWorkload, RollingShares, WorkloadChange } from './migration-writes.ts';

/**
 * Annotation of a workload whose rollout podid has come to one new pod first, with what is to come back: the partition or
 * the shares that it had, and `paused` where podid has paused it. It makes a hold podid's own to end, also for a run that
 * did not begin it.
 */
export const heldAnnotation = 'podid.io/migration-held';

/** Whether podid holds its rollout. */
export function isHeld({ annotations }: Pick<LiveWorkload, 'annotations'>): boolean {
  return Object.hasOwn(annotations, heldAnnotation);
}

/**
 * What has a changed template come to one pod first, by the same write: the partition of a StatefulSet, and of a
 * Deployment the number of pods that it makes at a time. Without that its first wave is a quarter of all, and more.
 */
export function holdBefore(live: LiveWorkload): WorkloadChange {
  const { kind, replicas = 0, partition, rolling } = live;
  if (kind === 'StatefulSet' && replicas > 1 && partition === 0) {
    return { partition: replicas - 1, annotations: { [heldAnnotation]: `partition=${partition}` } };
  }
  return canBeHeld(live) && rolling !== undefined
    ? { rolling: onePodOf(rolling), annotations: { [heldAnnotation]: sharesText(rolling) } }
    : {};
}

/** One more than there are to be, and none less; or one less, where whoever made it wants none more. */
function onePodOf({ maxSurge }: RollingShares): RollingShares {
  return Number.parseInt(String(maxSurge), 10) === 0
    ? { maxSurge: 0, maxUnavailable: 1 }
    : { maxSurge: 1, maxUnavailable: 0 };
}

function sharesText({ maxSurge, maxUnavailable }: RollingShares): string {
  return `maxSurge=${maxSurge},maxUnavailable=${maxUnavailable}`;
}

/** No pod follows those that are there. */
export function holdNow({ annotations }: Pick<LiveWorkload, 'annotations'>): WorkloadChange {
  const held = annotations[heldAnnotation] ?? '';
  const kept = held === '' || held === 'paused' ? '' : `,${held}`;
  return { paused: true, annotations: { [heldAnnotation]: `paused${kept}` } };
}

/** Lets the rollout go on as it was before podid held it. */
export function release({ annotations }: Pick<LiveWorkload, 'annotations'>): WorkloadChange {
  const held = annotations[heldAnnotation] ?? '';
  const partition = /^partition=(\d+)$/.exec(held)?.[1];
  const shares = /maxSurge=(\d+%?),maxUnavailable=(\d+%?)$/.exec(held);
  const given = { annotations: { [heldAnnotation]: null } };
  if (partition !== undefined) {
    return { ...given, partition: Number(partition) };
  }
  const [, maxSurge = '', maxUnavailable = ''] = shares ?? [];
  return {
    ...given,
    ...(shares === null
      ? {}
      : { rolling: { maxSurge: shareOf(maxSurge), maxUnavailable: shareOf(maxUnavailable) } }),
    // Somebody else's pause is theirs.
    ...(shares === null || held.startsWith('paused') ? { paused: false } : {}),
  };
}

function shareOf(text: string): number | string {
  return text.endsWith('%') ? text : Number(text);
}

/** Whether there is a first pod to look at, with others after it. */
export function canBeHeld({ kind, replicas = 0, recreates }: LiveWorkload): boolean {
  return kind === 'Deployment' && replicas > 1 && !recreates;
}
