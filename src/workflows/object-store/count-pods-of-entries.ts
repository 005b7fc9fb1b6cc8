import { countPods } from '../../domain/entries/count-pods.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import { bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
import type { ReachedObjects } from '../../domain/kubernetes/workloads.ts';
import type { Reporter } from '../../domain/ports.ts';
import { isForceNamespaced } from '../../domain/standard-mode/controller.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { findLeader, unlessForbidden } from './controller-side.ts';

interface Counted {
  readonly api: ReachedObjects;
  readonly objects: ObjectsInCluster;
  /** Of the entries that are listed; undefined for all. */
  readonly namespace: string | undefined;
}

type CountPods = (counted: Counted, signal: AbortSignal) => Promise<((key: EntryKey) => number) | undefined>;

/**
 * Counts the pods of entries. Undefined where they cannot be seen: behind a command that Azure runs, and, said once,
 * where the API does not show them.
 */
export function podCounter({
  clock,
  report,
}: {
  readonly clock: Pick<Clock, 'now'>;
  readonly report: Reporter;
}): CountPods {
  let isReported = false;
  return async ({ api, objects: { resources }, namespace }, signal) => {
    if (api.workloads === undefined || resources === undefined) {
      return undefined;
    }
    try {
      const forceNamespaced = await forceNamespacedIn(api, clock, signal);
      // A controller may give an identity to pods of other namespaces.
      const where = forceNamespaced === false ? undefined : namespace;
      const pods = await api.workloads.pods(where, bindingLabel, signal);
      return countPods(pods, resources, forceNamespaced);
    } catch (error) {
      if (!isPodidError(error) || signal.aborted) {
        throw error;
      }
      if (!isReported) {
        report.warn(`The pods of the entries cannot be counted: ${error.message}`, error.hint);
      }
      isReported = true;
      return undefined;
    }
  };
}

/** Undefined where no controller leads, as in managed mode. */
async function forceNamespacedIn(
  api: ReachedObjects,
  clock: Pick<Clock, 'now'>,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const leader = await findLeader(api, clock, signal);
  return (
    leader && isForceNamespaced((await unlessForbidden(api.standardMode?.controllers(signal))) ?? [], leader)
  );
}
