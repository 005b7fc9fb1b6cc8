import { clusterFlags, kubeFlags, rawClusterFlag } from '../../cli/flags/cluster-flags.ts';
import { entryFlags } from '../../cli/flags/entry-flags.ts';
import { modeFlag, readingNeeds } from '../../cli/flags/mode-flags.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { finishDone } from '../../cli/results/finish.ts';
import { exceptionShape, exceptionView } from '../../cli/results/result-shapes.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { entryKey } from '../../validate/flags/entry-key.ts';

export const exceptionShowCommand = defineCommand({
  examplesOfResult: async () => (await import('../../cli/results/result-examples.ts')).exception,
  description: 'Prints one exception and its labels.',
  examples: [
    {
      title: 'one exception',
      line: 'podid exception show -g demo-rg -c demo --namespace demo --name legacy',
    },
  ],
  flags: { ...entryFlags, ...clusterFlags, ...rawClusterFlag, ...modeFlag, ...kubeFlags },
  async run(flags, session) {
    const key = entryKey('exception', flags, session.faults);
    const { deps, cluster } = await openDeps(session, flags, readingNeeds(session, flags));
    const { showException } = await import('../../workflows/entries/read-entries.ts');
    const done = await showException(deps, { cluster, ...key }, session.context.signal);
    return await finishDone(session, done, { view: exceptionView, shape: exceptionShape, ...flags });
  },
});
