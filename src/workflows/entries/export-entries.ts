import { withoutAddon } from '../../domain/clusters/check-cluster.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { objectsFile } from '../../domain/entries/objects-file.ts';
import {
  type FileCluster,
  type PodIdentitiesFile,
  profileFile,
} from '../../domain/entries/pod-identities-file.ts';
import { profileJson } from '../../domain/entries/profile-json.ts';
import { advice } from '../../errors/hint.ts';

export interface ExportRequest {
  readonly cluster: ClusterId;
  /** `profile` comes from ARM alone. */
  readonly as: 'podid' | 'profile';
  readonly from: 'arm' | 'cluster';
}

/** Everything there is, as a file that `apply` reads, or as the profile's own JSON. */
export async function exportEntries(
  deps: Pick<Deps, 'azure' | 'kube' | 'report'>,
  { cluster: id, as, from }: ExportRequest,
  signal: AbortSignal,
): Promise<PodIdentitiesFile | Readonly<Record<string, unknown>>> {
  if (from === 'cluster') {
    return await exportObjects(deps, id, signal);
  }
  const cluster = await deps.azure.clusters.get(id, signal);
  if (!cluster.profile.enabled) {
    deps.report.warn(
      `The pod-identity add-on is off on cluster ${id.name}: there is nothing to export.`,
      advice`The entries of a cluster without the add-on: ${withoutAddon}`,
    );
  }
  return as === 'profile' ? profileJson(cluster.profile) : profileFile(cluster);
}

async function exportObjects(
  { kube, report }: Pick<Deps, 'kube' | 'report'>,
  id: ClusterId,
  signal: AbortSignal,
): Promise<PodIdentitiesFile> {
  const api = await kube.objects(signal);
  const { file, losses } = objectsFile(await api.read(signal), fileCluster(id));
  for (const loss of losses) {
    report.warn(`Not exported: ${loss}`);
  }
  return file;
}

/** A cluster that Azure does not name is left out, so that the file fits wherever it is applied. */
function fileCluster({ subscriptionId, resourceGroup, name }: ClusterId): FileCluster | undefined {
  return subscriptionId === '' ? undefined : { subscription: subscriptionId, resourceGroup, name };
}
