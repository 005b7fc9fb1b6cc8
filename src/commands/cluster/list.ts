import { listFlags } from '../../cli/flags/azure-list-flags.ts';
import { openSubscription } from '../../cli/open/open-subscription.ts';
import { clusterSummaryShape, clusterSummaryView, oneCluster } from '../../cli/results/azure-lists.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';

export const clusterListCommand = defineCommand({
  isNamed: true,
  examplesOfResult: () => Promise.resolve([[oneCluster]]),
  description:
    'Prints the AKS clusters of a subscription that you may read, with what decides about pod identity on them: whether the add-on is on, the network plugin, and the kind of identity that the control plane runs as.',
  examples: [
    { title: 'all of the subscription', line: 'podid cluster list' },
    {
      title: 'those that have the add-on',
      line: "podid cluster list -o tsv --query '[?podIdentityEnabled].id'",
    },
  ],
  flags: listFlags,
  async run(flags, session) {
    const { deps, subscriptionId } = await openSubscription(session, flags);
    const { listAksClusters } = await import('../../workflows/clusters/list-clusters.ts');
    const { resourceGroup } = flags;
    const found = await listAksClusters(deps, { subscriptionId, resourceGroup });
    await session.print(found.map(clusterSummaryView), clusterSummaryShape);
    return 0;
  },
});
