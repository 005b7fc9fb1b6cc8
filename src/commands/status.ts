import { clusterFlags, kubeFlags, rawClusterFlag } from '../cli/flags/cluster-flags.ts';
import { watchFlags, watchInterval } from '../cli/flags/list-flags.ts';
import { inClusterMode, modeFlag } from '../cli/flags/mode-flags.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishDone } from '../cli/results/finish.ts';
import { clusterStatusShape, clusterStatusView, watchedText } from '../cli/results/status-result.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import type { Session } from '../cli/run/session.ts';
import type { ClusterId } from '../domain/clusters/cluster.ts';
import { nextCommand } from '../domain/hints/next-command.ts';
import { advice } from '../errors/hint.ts';
import type { UsageFaults } from '../validate/usage-faults.ts';

export const statusCommand = defineCommand({
  description:
    "Prints whether the add-on is on, how many entries it has, in which states, and which of them failed, and the state of the cluster, from Azure alone. With --mode cluster the entries are the objects in the cluster, and those that podid list calls Failed are named. Where the add-on is off it says whether the subscription has the feature that turning it on takes. With --drift it also compares the entries with the objects in the cluster's own API, and with --agent it asks podid's agents on the nodes: where they are ready and why not, and the pods that last got no token, with the reason and the time. What agents do not say within 15 seconds is unknown, and no failure.",
  examples: [
    { title: 'the add-on', line: 'podid status -g demo-rg -c demo' },
    {
      title: 'what differs between Azure and the cluster',
      line: 'podid status -g demo-rg -c demo --drift -o json --query drift',
    },
    {
      title: 'the pods that last got no token, and why',
      line: 'podid status -g demo-rg -c demo --agent -o json --query "agent.refusals[].[namespace, name, message, next]"',
    },
    { title: 'everything', line: 'podid status -g demo-rg -c demo --drift --agent' },
  ],
  flags: {
    drift: { kind: 'switch', summary: "compare with the objects in the cluster's own API" },
    agent: {
      kind: 'switch',
      summary: "ask podid's agents, too: by node, and the last pods that got no token",
    },
    ...watchFlags,
    ...clusterFlags,
    ...kubeFlags,
    ...rawClusterFlag,
    ...modeFlag,
  },
  async run(flags, session) {
    const intervalMs = await watchInterval(flags, session);
    const { drift, agent } = flags;
    const inObjects = inClusterMode(flags);
    checkVia(flags, session.faults);
    const { deps, cluster } = await openDeps(session, flags, { kube: drift || agent || inObjects });
    const { readStatus } = await import('../workflows/addon/read-status.ts');
    const read = (report = deps.report) =>
      readStatus({ ...deps, report }, { cluster, inObjects, drift, agent }, session.context.signal);
    const finish = { view: clusterStatusView, shape: clusterStatusShape(cluster), ...flags };
    if (intervalMs === undefined) {
      const exitCode = await finishDone(session, await read(), finish);
      if (session.context.stdout.isTerminal && !drift && !agent && !flags.rawCluster) {
        noteTheRest(session, cluster, inObjects);
      }
      return exitCode;
    }
    const { watchResult } = await import('../cli/run/watch-result.ts');
    return await watchResult(session, intervalMs, async (report) => {
      const done = await read(report);
      const shape = { ...finish.shape, repeated: true as const };
      return {
        text: watchedText(done.result),
        print: () => finishDone(session, done, { ...finish, shape }),
      };
    });
  },
});

/** Scripts rely on it that plain `status` asks one side alone, and does not wait for nodes. */
function noteTheRest({ report }: Pick<Session, 'report'>, cluster: ClusterId, inObjects: boolean): void {
  report.note(
    inObjects
      ? advice`The agents and the last refusals, too: ${nextCommand('status', cluster, { mode: 'cluster', agent: true })}`
      : advice`Drift, the agents and the last refusals, too: ${nextCommand('status', cluster, { drift: true, agent: true })}`,
  );
}

/** Azure's command reads objects, and asks no agent. */
function checkVia(
  flags: {
    readonly via: string | undefined;
    readonly mode: string | undefined;
    readonly drift: boolean;
    readonly agent: boolean;
  },
  faults: UsageFaults,
): void {
  if (flags.via === undefined) {
    return;
  }
  if (flags.agent) {
    faults.add('--via', '--via reaches the objects alone, and --agent needs the whole API.');
  } else if (!flags.drift && !inClusterMode(flags)) {
    faults.add('--via', "--via needs --drift or --mode cluster: the add-on's entries are read from Azure.");
  }
}
