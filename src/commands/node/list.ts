import { clusterFlags } from '../../cli/flags/cluster-flags.ts';
import { nodeFlags, nodeSelection } from '../../cli/flags/node-flags.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { finishDone } from '../../cli/results/finish.ts';
import { nodeExamples, nodesShape, nodesView } from '../../cli/results/node-result.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';

export const nodeListCommand = defineCommand({
  examplesOfResult: async () => nodeExamples.list,
  description:
    'Prints the scale sets and virtual machines of the Linux pools with their user-assigned identities, including that of the kubelets. "instancesUpToDate" is false while instances of a scale set lag behind its model, and null when they cannot be read.',
  examples: [
    { title: 'all of them', line: 'podid node list -g demo-rg -c demo' },
    {
      title: 'a machine outside the cluster',
      line: 'podid node list -g demo-rg -c demo --vm build-agent --node-resource-group demo-rg',
      needs: 'a cluster',
    },
  ],
  flags: { ...nodeFlags, ...clusterFlags },
  async run(flags, session) {
    const nodes = nodeSelection(flags, session.faults);
    const { deps, cluster } = await openDeps(session, flags, { kube: false });
    const { listNodeIdentities } = await import('../../workflows/nodes/list-node-identities.ts');
    const done = await listNodeIdentities(deps, { cluster, nodes }, session.context.signal);
    return await finishDone(session, done, { view: nodesView, shape: nodesShape });
  },
});
