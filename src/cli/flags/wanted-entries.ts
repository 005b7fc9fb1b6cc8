import { managedClusterType, parseResourceId } from '../../domain/azure/resource-id.ts';
import type { FileCluster, WantedEntries } from '../../domain/entries/pod-identities-file.ts';
import type { FlagValues } from '../../flags/flag-table.ts';
import type { MeantCluster } from '../../validate/files/cluster-list.ts';
import type { Session } from '../run/session.ts';
import type { clusterFlags } from './cluster-flags.ts';
import { readSourceFiles } from './read-source-files.ts';

type ClusterFlags = FlagValues<typeof clusterFlags>;

/** What the files of `--file` ask for; their faults go to the session's. */
export async function readWantedEntries(
  session: Session,
  files: readonly string[],
  flags: ClusterFlags,
): Promise<WantedEntries> {
  const { parsePodIdentitiesFiles } = await import('../../validate/files/pod-identities-file.ts');
  const sources = await readSourceFiles(files, session.context, session.faults);
  const { faults, report, context } = session;
  return parsePodIdentitiesFiles(sources, faults, report.warn, meantCluster(flags, context));
}

/** By flags or the environment; az's default group stands for every cluster in it. */
function meantCluster(flags: ClusterFlags, { env }: Session['context']): MeantCluster {
  const id = parseResourceId(flags.clusterId ?? '', managedClusterType);
  return (
    id ?? {
      name: flags.clusterName ?? (env['PODID_CLUSTER_NAME'] || undefined),
      resourceGroup: flags.resourceGroup ?? (env['PODID_RESOURCE_GROUP'] || undefined),
    }
  );
}

/**
 * The flags with the cluster of the file in the places that they leave open: flags win, and the environment
 * comes last.
 */
export function withFileCluster<Flags extends ClusterFlags>(
  session: Session,
  flags: Flags,
  cluster: FileCluster | undefined,
): Flags {
  if (cluster === undefined) {
    return flags;
  }
  const pairs = [
    ['--subscription', flags.subscription, cluster.subscription],
    ['--resource-group', flags.resourceGroup, cluster.resourceGroup],
    ['--cluster-name', flags.clusterName, cluster.name],
    ['--cluster-id', flags.clusterId?.split('/').at(-1), cluster.name],
  ] as const;
  for (const [flag, given, inFile] of pairs) {
    if (given === undefined || inFile === undefined || given.toLowerCase() === inFile.toLowerCase()) {
      continue;
    }
    session.report.note(`The file is for cluster ${cluster.name ?? inFile}; ${flag} overrides it.`);
    break;
  }
  if (flags.clusterId !== undefined) {
    return flags;
  }
  return {
    ...flags,
    subscription: flags.subscription ?? cluster.subscription,
    resourceGroup: flags.resourceGroup ?? cluster.resourceGroup,
    clusterName: flags.clusterName ?? cluster.name,
  };
}
