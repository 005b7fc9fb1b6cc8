import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { counted } from '../../domain/counted.ts';
import type { Deps } from '../../domain/deps.ts';
import { type Drift, findDrift } from '../../domain/entries/drift.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { ClusterObjects, MirrorRequest, ObjectChange } from '../../domain/kubernetes/cluster-objects.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { asFailure, mirrorFailed } from '../change/mirror-change.ts';
import type { Done, Plan } from '../change/outcome.ts';
import { objectChanges } from '../change/plan-changes.ts';

export interface MirrorProfileRequest {
  readonly cluster: ClusterId;
  readonly prune: boolean;
  readonly force: boolean;
  readonly dryRun: boolean;
}

export interface MirroredProfile {
  readonly objects: readonly ObjectChange[];
  /** Under `--dry-run`, in the shape of every dry run. */
  readonly changes?: Plan['changes'];
  readonly puts?: 0;
  /**
   * Under `--dry-run`: what differs between Azure and the cluster, in both directions; absent for whoever
   * may not list.
   */
  readonly drift?: readonly Drift[];
}

type MirrorDeps = Pick<Deps, 'azure' | 'kube' | 'report'>;

/**
 * Brings the cluster's objects in line with the whole profile. @throws PodidError MirrorFailed |
 * InvalidKubeconfig and those of reading the profile
 */
export async function mirrorProfile(
  deps: MirrorDeps,
  request: MirrorProfileRequest,
  options: { readonly signal: AbortSignal },
): Promise<Done<MirroredProfile>> {
  const cluster = await deps.azure.clusters.get(request.cluster, options.signal);
  refusePruneOfAll(cluster, request);
  const api = await connect(deps, options.signal);
  const run = { deps, api, cluster, request, signal: options.signal };
  const objects = await asMirror(run, mirrorAll);
  const failure = asFailure(objects);
  if (request.dryRun) {
    if (failure !== undefined) {
      deps.report.warn(failure.message, failure.hint);
    }
    const drift = await asMirror(run, readDrift);
    const more = drift === undefined ? {} : { drift };
    return { result: { changes: objectChanges(objects), puts: 0, objects, ...more }, cluster };
  }
  return { result: { objects }, cluster, ...(failure ? { failure } : {}) };
}

/**
 * With the add-on off Azure holds no entries, and the objects are all that says who may use what: none of
 * them is left over. @throws PodidError AddonDisabled
 */
function refusePruneOfAll({ id, profile, resourceId }: Cluster, { prune }: MirrorProfileRequest): void {
  if (!prune || profile.enabled) {
    return;
  }
  throw new PodidError(
    'AddonDisabled',
    `The add-on is off on cluster ${id.name}, so that Azure has no entries, and --prune would delete every object that podid wrote. Agents on the nodes go by those.`,
    {
      hint: advice`${nextCommand('list', id, { mode: 'cluster' })}  # shows them; to delete one: ${command('podid delete --mode cluster --namespace NAMESPACE --name NAME')}`,
      target: resourceId,
    },
  );
}

interface Run {
  readonly deps: MirrorDeps;
  readonly api: ClusterObjects;
  readonly cluster: Cluster;
  readonly request: MirrorProfileRequest;
  readonly signal: AbortSignal;
}

async function connect({ kube }: MirrorDeps, signal: AbortSignal): Promise<ClusterObjects> {
  return await kube.objects(signal).catch((error: unknown) => {
    throw countedAsMirror(error, signal);
  });
}

async function asMirror<Result>(run: Run, work: (run: Run) => Promise<Result>): Promise<Result> {
  try {
    return await work(run);
  } catch (error) {
    throw countedAsMirror(error, run.signal);
  }
}

function countedAsMirror(error: unknown, signal: AbortSignal): unknown {
  const isOther = !isPodidError(error) || signal.aborted || error.exitCode === 2 || error.exitCode === 3;
  return isOther || error.code === 'MirrorFailed' ? error : mirrorFailed(error);
}

async function mirrorAll(run: Run): Promise<readonly ObjectChange[]> {
  const { deps, api, cluster, request, signal } = run;
  const { identities, exceptions } = cluster.profile;
  const { prune, force, dryRun } = request;
  const whole = { identities, exceptions, goneIdentities: [], goneExceptions: [], prune, force, dryRun };
  if (force && !dryRun) {
    await showTakenOver(run, whole);
  }
  const entries = `${counted(identities.length, 'identity', 'identities')} and ${counted(exceptions.length, 'exception')}`;
  const text = `${dryRun ? 'Comparing' : 'Mirroring'} ${entries}`;
  deps.report.progress(text);
  return await api.mirror(whole, signal, (done, total) =>
    deps.report.progress(text, { share: { done, total } }),
  );
}

/** What force takes from others is reported before it is taken. */
async function showTakenOver({ deps, api, signal }: Run, whole: MirrorRequest): Promise<void> {
  deps.report.progress('Reading the objects that others wrote');
  const gentle = { ...whole, force: false, prune: false, dryRun: true };
  for (const { kind, namespace, name, action, reason } of await api.mirror(gentle, signal)) {
    if (action === 'foreign') {
      deps.report.note(`Taking over ${kind} ${namespace}/${name}. ${reason ?? ''}`.trimEnd());
    }
  }
}

/** Undefined when the cluster forbids to list: the objects of the entries are reported all the same. */
async function readDrift({ deps, api, cluster, signal }: Run): Promise<readonly Drift[] | undefined> {
  try {
    return findDrift(cluster.profile, await api.read(signal));
  } catch (error) {
    if (!isPodidError(error, 'MirrorFailed') || error.exitCode !== 6) {
      throw error;
    }
    deps.report.warn(
      `Objects in the cluster without an entry in Azure cannot be read: ${error.message}`,
      error.hint,
    );
    return undefined;
  }
}
