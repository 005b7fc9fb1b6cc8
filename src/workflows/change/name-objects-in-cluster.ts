import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { counted } from '../../domain/counted.ts';
import type { Kube } from '../../domain/deps.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import { advice, type Hint } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';

/** Long enough for a cluster that can be reached; one that cannot is not waited for. */
const mostMs = 5000;

/** What a cluster whose add-on is off holds all the same. */
export interface ObjectsThere {
  /** `2 pod identities and 1 exception`. */
  readonly text: string;
  readonly hint: Hint;
}

/**
 * Looks where the entries of a cluster are whose add-on is off: whoever works with `--mode cluster`, and forgot
 * it, is told so. Nothing is written anywhere.
 *
 * @returns undefined where the cluster holds none, and where it cannot be reached
 */
export async function findObjectsInCluster(
  { kube, signal }: { readonly kube: Kube; readonly signal: AbortSignal },
  id: ClusterId,
): Promise<ObjectsThere | undefined> {
  try {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(mostMs)]);
    const objects = await kube.objects(inTime);
    const text = countText(await objects.read(inTime));
    const list = nextCommand('list', id, { mode: 'cluster' });
    const hint = advice`Give the same command with --mode cluster, or set PODID_MODE=cluster; to see them: ${list}`;
    return text === '' ? undefined : { text, hint };
  } catch {
    // What keeps one from looking there is not what the command failed of.
    signal.throwIfAborted();
    return undefined;
  }
}

/** The error of an add-on that is off, with where the entries are. */
export async function namingObjectsInCluster(
  deps: { readonly kube: Kube; readonly signal: AbortSignal },
  { id, resourceId }: Cluster,
  error: PodidError,
): Promise<PodidError> {
  const there = await findObjectsInCluster(deps, id);
  if (there === undefined) {
    return error;
  }
  const message = `${error.message} The cluster itself holds ${there.text} as objects.`;
  return new PodidError(error.code, message, { hint: there.hint, target: resourceId, cause: error });
}

/** AKS takes its own away when the add-on is turned off. */
function countText({ identities, exceptions }: ObjectsInCluster): string {
  const others = (all: readonly { readonly writer?: string }[]) =>
    all.filter(({ writer }) => writer !== 'AKS').length;
  return entriesText(others(identities), others(exceptions));
}

/** `2 pod identities and 1 exception`; empty where there are none. */
export function entriesText(identities: number, exceptions: number): string {
  return [
    identities > 0 ? counted(identities, 'pod identity', 'pod identities') : '',
    exceptions > 0 ? counted(exceptions, 'exception') : '',
  ]
    .filter(Boolean)
    .join(' and ');
}
