import type { Cluster, ClusterId } from '../domain/cluster.ts';
import type { ObjectChange } from '../domain/cluster-objects.ts';
import type { Workplace } from '../domain/ports.ts';
import { isPodidError } from '../errors/podid-error.ts';
import { asFailure, mirrorFailed } from './mirror-change.ts';
import type { Done, Plan } from './outcome.ts';
import { objectChanges } from './plan-changes.ts';

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
}

/** Brings the cluster's objects in line with the whole profile. @throws PodidError MirrorFailed | InvalidKubeconfig and those of reading the profile */
export async function mirrorProfile(
  workplace: Workplace,
  request: MirrorProfileRequest,
  options: { readonly signal: AbortSignal },
): Promise<Done<MirroredProfile>> {
  const cluster = await workplace.azure.clusters.get(request.cluster, options.signal);
  const objects = await mirrorAll(workplace, cluster, request, options.signal);
  if (request.dryRun) return { result: { changes: objectChanges(objects), puts: 0, objects }, cluster };
  const failure = asFailure(objects);
  return { result: { objects }, cluster, ...(failure ? { failure } : {}) };
}

async function mirrorAll(
  { objects, report }: Workplace,
  cluster: Cluster,
  { prune, force, dryRun }: MirrorProfileRequest,
  signal: AbortSignal,
): Promise<readonly ObjectChange[]> {
  const { identities, exceptions } = cluster.profile;
  const nothingGone = { goneIdentities: [], goneExceptions: [] };
  report.progress(`Mirroring ${identities.length} identities and ${exceptions.length} exceptions`);
  try {
    const api = await objects(cluster.id, signal);
    return await api.mirror({ identities, exceptions, ...nothingGone, prune, force, dryRun }, signal);
  } catch (error) {
    const isOther = !isPodidError(error) || signal.aborted || error.exitCode === 2 || error.exitCode === 3;
    throw isOther || error.code === 'MirrorFailed' ? error : mirrorFailed(error);
  }
}
