import type { Cluster } from '../../domain/clusters/cluster.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { MirrorRequest, ObjectChange } from '../../domain/kubernetes/cluster-objects.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { ChangeDeps } from './start-change.ts';

/** What of a change concerns the objects in the cluster. */
export type MirroredChange = Partial<
  Pick<MirrorRequest, 'identities' | 'exceptions' | 'goneIdentities' | 'goneExceptions' | 'prune'>
>;

export interface Mirrored {
  readonly objects: readonly ObjectChange[];
  /** Set under `--require-mirror` only: otherwise what went wrong is a warning. */
  readonly failure?: PodidError;
}

/**
 * Brings the cluster's own objects in line with a change that Azure holds. Best effort: the change stands
 * whatever the cluster says, since with the add-on on AKS writes these objects itself.
 */
export async function mirrorChange(
  deps: ChangeDeps,
  cluster: Cluster,
  change: MirroredChange,
): Promise<Mirrored> {
  const { options } = deps;
  if (options.mirror === 'off') {
    return { objects: [] };
  }
  try {
    deps.report.progress('Reading the objects in the cluster');
    const api = await deps.kube.objects(deps.signal);
    const { force, dryRun } = options;
    const request = {
      identities: [],
      exceptions: [],
      goneIdentities: [],
      goneExceptions: [],
      prune: false,
      force,
      dryRun,
      ...change,
    };
    const objects = await api.mirror(request, deps.signal);
    const failure = asFailure(objects);
    return { objects, ...(failure ? reported(deps, cluster, failure) : {}) };
  } catch (error) {
    if (!isPodidError(error) || deps.signal.aborted) {
      throw error;
    }
    return { objects: [], ...reported(deps, cluster, error) };
  }
}

/** Objects that could not be brought in line, as one failure; undefined when there are none. */
export function asFailure(objects: readonly ObjectChange[]): PodidError | undefined {
  const open = objects.filter(({ action }) => action === 'foreign' || action === 'pending');
  const [first] = open;
  if (first === undefined) {
    return undefined;
  }
  const all = open.map((object) => ({
    message: `${object.kind} ${object.namespace}/${object.name}: ${object.reason ?? object.action}`,
  }));
  const others = open.length > 1 ? ` (and ${open.length - 1} more)` : '';
  const hint =
    first.action === 'pending'
      ? command('kubectl create namespace', first.namespace)
      : advice`${command('podid mirror --dry-run')} shows what differs; --force takes the objects over`;
  return new PodidError('MirrorFailed', `${all[0]?.message}${others}.`, { hint, details: all });
}

function reported(deps: ChangeDeps, cluster: Cluster, error: PodidError): { failure?: PodidError } {
  if (deps.options.mirror !== 'required') {
    const again = nextCommand('mirror', cluster.id);
    const tried = deps.options.dryRun
      ? 'The objects in the cluster would not be brought in line'
      : 'The objects in the cluster were not brought in line';
    deps.report.warn(
      `${tried}: ${error.message}`,
      error.hint === undefined || error.hint.names('podid mirror')
        ? (error.hint ?? again)
        : advice`${error.hint.withoutFullStop()}; then ${again}`,
    );
    return {};
  }
  return { failure: mirrorFailed(error) };
}

/** The failure of a mirror that counts: 6 when something was forbidden, else 7. */
export function mirrorFailed(error: PodidError): PodidError {
  const { hint, details, target } = error;
  return new PodidError('MirrorFailed', error.message, {
    exitCode: error.exitCode === 6 ? 6 : 7,
    details,
    cause: error,
    ...(hint ? { hint } : {}),
    ...(target ? { target } : {}),
  });
}
