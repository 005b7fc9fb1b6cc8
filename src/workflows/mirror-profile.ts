import type { ClusterId } from '../domain/cluster.ts';
import type { ObjectChange } from '../domain/cluster-objects.ts';
import type { Workplace } from '../domain/ports.ts';
import { asFailure } from './mirror-change.ts';
import type { Done } from './outcome.ts';

export interface MirrorProfileRequest {
  readonly cluster: ClusterId;
  readonly prune: boolean;
  readonly force: boolean;
  readonly dryRun: boolean;
}

/** Brings the cluster's objects in line with the whole profile. @throws PodidError MirrorFailed | ClusterUnreachable | InvalidKubeconfig */
export async function mirrorProfile(
  workplace: Workplace,
  request: MirrorProfileRequest,
  options: { readonly signal: AbortSignal },
): Promise<Done<{ readonly objects: readonly ObjectChange[] }>> {
  const cluster = await workplace.azure.clusters.get(request.cluster, options.signal);
  const api = await workplace.objects(cluster.id, options.signal);
  workplace.report.progress(
    `Mirroring ${cluster.profile.identities.length} identities and ${cluster.profile.exceptions.length} exceptions`,
  );
  const { identities, exceptions } = cluster.profile;
  const { prune, force, dryRun } = request;
  const objects = await api.mirror(
    { identities, exceptions, goneIdentities: [], goneExceptions: [], prune, force, dryRun },
    options.signal,
  );
  const failure = dryRun ? undefined : asFailure(objects);
  return { result: { objects }, cluster, ...(failure ? { failure } : {}) };
}
