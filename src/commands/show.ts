import { clusterFlags, kubeFlags, rawClusterFlag } from '../cli/flags/cluster-flags.ts';
import { entryFlags } from '../cli/flags/entry-flags.ts';
import { inClusterMode, modeFlag, readingNeeds } from '../cli/flags/mode-flags.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { entryRecord, shownEntryView } from '../cli/results/entry-record.ts';
import { finishDone } from '../cli/results/finish.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import { entryKey } from '../validate/flags/entry-key.ts';

export const showCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).shownIdentity,
  description:
    "Prints one pod identity with its ids, its state and, where Azure failed to assign it, the innermost reason. With --pods it also asks the cluster's own API for the entry's objects and for the pods that carry its label. With --mode cluster also a service principal (an AzureIdentity of type 1 or 2): its tenant, and the name of the Secret by which it signs in.",
  examples: [
    { title: 'one entry', line: 'podid show -g demo-rg -c demo --namespace demo --name web' },
    {
      title: 'with its objects and pods in the cluster',
      line: 'podid show -g demo-rg -c demo --namespace demo --name web --pods',
    },
  ],
  flags: {
    ...entryFlags,
    pods: { kind: 'switch', summary: "also the entry's objects and pods, from the cluster's own API" },
    ...clusterFlags,
    ...rawClusterFlag,
    ...modeFlag,
    ...kubeFlags,
  },
  async run(flags, session) {
    const { signal } = session.context;
    const key = entryKey('identity', flags, session.faults);
    if (flags.pods && flags.via !== undefined) {
      session.faults.add('--via', '--via reaches the objects alone, and --pods needs the whole API.');
    }
    const needs = flags.pods
      ? { kube: true, azureOptional: inClusterMode(flags) }
      : readingNeeds(session, flags);
    const { deps, cluster } = await openDeps(session, flags, needs);
    const { showIdentity } = await import('../workflows/entries/read-entries.ts');
    const done = await showIdentity(deps, { cluster, ...key }, signal);
    const finish = { view: shownEntryView, shape: entryRecord, ...flags };
    if (!flags.pods) {
      return await finishDone(session, done, finish);
    }
    const { showInCluster } = await import('../workflows/entries/show-in-cluster.ts');
    const seen = await showInCluster(deps, done.result, signal);
    return await finishDone(session, { ...done, result: { ...done.result, seen } }, finish);
  },
});
