import { clusterFlags, kubeFlags, rawClusterFlag } from '../cli/flags/cluster-flags.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishDone } from '../cli/results/finish.ts';
import { statusShape, statusView } from '../cli/results/status-result.ts';
import { defineCommand } from '../cli/run/command-spec.ts';

export const statusCommand = defineCommand({
  description:
    "Prints whether the add-on is on, how many entries it has, and the state of the cluster, from Azure alone. With --drift it also compares the entries with the objects in the cluster's own API.",
  examples: [
    { title: 'the add-on', line: 'podid status -g demo-rg -c demo' },
    {
      title: 'what differs between Azure and the cluster',
      line: 'podid status -g demo-rg -c demo --drift -o json --query drift',
    },
  ],
  flags: {
    drift: { kind: 'switch', summary: "compare with the objects in the cluster's own API" },
    ...clusterFlags,
    ...kubeFlags,
    ...rawClusterFlag,
  },
  async run(flags, session) {
    const { deps, cluster } = await openDeps(session, flags, { kube: flags.drift });
    const { readStatus } = await import('../workflows/addon/read-status.ts');
    const done = await readStatus(deps, { cluster, drift: flags.drift }, session.context.signal);
    return await finishDone(session, done, { view: statusView, shape: statusShape(cluster), ...flags });
  },
});
