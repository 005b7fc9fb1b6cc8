import { clusterFlags, kubeFlags, rawClusterFlag } from '../cli/flags/cluster-flags.ts';
import { watchFlags, watchInterval } from '../cli/flags/list-flags.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishDone } from '../cli/results/finish.ts';
import { clusterStatusShape, clusterStatusView } from '../cli/results/status-result.ts';
import { defineCommand } from '../cli/run/command-spec.ts';

export const statusCommand = defineCommand({
  description:
    "Prints whether the add-on is on, how many entries it has and which of them failed, and the state of the cluster, from Azure alone. Where the add-on is off it says whether the subscription has the feature that turning it on takes. With --drift it also compares the entries with the objects in the cluster's own API, and with --agent it asks podid's agents on the nodes.",
  examples: [
    { title: 'the add-on', line: 'podid status -g demo-rg -c demo' },
    {
      title: 'what differs between Azure and the cluster',
      line: 'podid status -g demo-rg -c demo --drift -o json --query drift',
    },
    { title: 'everything', line: 'podid status -g demo-rg -c demo --drift --agent' },
  ],
  flags: {
    drift: { kind: 'switch', summary: "compare with the objects in the cluster's own API" },
    agent: { kind: 'switch', summary: "ask podid's agents on the nodes, too" },
    ...watchFlags,
    ...clusterFlags,
    ...kubeFlags,
    ...rawClusterFlag,
  },
  async run(flags, session) {
    const intervalMs = await watchInterval(flags, session);
    const { drift, agent } = flags;
    const { deps, cluster } = await openDeps(session, flags, { kube: drift || agent });
    const { readStatus } = await import('../workflows/addon/read-status.ts');
    const read = () => readStatus(deps, { cluster, drift, agent }, session.context.signal);
    const finish = { view: clusterStatusView, shape: clusterStatusShape(cluster), ...flags };
    if (intervalMs === undefined) {
      return await finishDone(session, await read(), finish);
    }
    const { watchResult } = await import('../cli/run/watch-result.ts');
    return await watchResult(session, intervalMs, async () => {
      const done = await read();
      const shape = { ...finish.shape, repeated: true as const };
      return {
        text: JSON.stringify(finish.view(done.result)),
        print: () => finishDone(session, done, { ...finish, shape }),
      };
    });
  },
});
