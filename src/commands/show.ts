import { clusterFlags, kubeFlags, rawClusterFlag } from '../cli/flags/cluster-flags.ts';
import { entryFlags } from '../cli/flags/entry-flags.ts';
import { modeFlag, readingNeeds } from '../cli/flags/mode-flags.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishDone } from '../cli/results/finish.ts';
import { identityRecord, identityView } from '../cli/results/result-shapes.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import { entryKey } from '../validate/flags/entry-key.ts';

export const showCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).identity,
  description:
    'Prints one pod identity with its state and, where Azure failed to assign it, the innermost reason. With --mode cluster also a service principal (an AzureIdentity of type 1 or 2): its tenant, and the name of the Secret by which it signs in.',
  examples: [{ title: 'one entry', line: 'podid show -g demo-rg -c demo --namespace demo --name web' }],
  flags: { ...entryFlags, ...clusterFlags, ...rawClusterFlag, ...modeFlag, ...kubeFlags },
  async run(flags, session) {
    const key = entryKey('identity', flags, session.faults);
    const { deps, cluster } = await openDeps(session, flags, readingNeeds(session, flags));
    const { showIdentity } = await import('../workflows/entries/read-entries.ts');
    const done = await showIdentity(deps, { cluster, ...key }, session.context.signal);
    return await finishDone(session, done, { view: identityView, shape: identityRecord, ...flags });
  },
});
