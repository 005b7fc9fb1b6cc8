import { entryKey } from '../validate/flags/entry-key.ts';
import { clusterFlags, kubeFlags, rawClusterFlag } from './cluster-flags.ts';
import { defineCommand } from './command-spec.ts';
import { entryFlags } from './entry-flags.ts';
import { finishDone } from './finish.ts';
import { modeFlag, readingFlags } from './mode-flags.ts';
import { resultExamples } from './result-examples.ts';
import { identityShape, identityView } from './result-shapes.ts';
import { openWorkplace } from './workplace.ts';

export const showCommand = defineCommand({
  words: ['show'],
  examplesOfResult: resultExamples.identity,
  summary: 'show one pod identity',
  description:
    'Prints one pod identity with its state and, where Azure failed to assign it, the innermost reason.',
  examples: [{ says: 'one entry', line: 'podid show -g demo-rg -c demo --namespace demo --name web' }],
  flags: { ...entryFlags, ...clusterFlags, ...rawClusterFlag, ...modeFlag, ...kubeFlags },
  async run(flags, session) {
    const key = entryKey('identity', flags, session.faults);
    const { workplace, cluster } = await openWorkplace(session, readingFlags(session, flags));
    const { showIdentity } = await import('../workflows/entries/read-entries.ts');
    const done = await showIdentity(workplace, { cluster, ...key }, session.context.signal);
    return await finishDone(session, done, { view: identityView, shape: identityShape, ...flags });
  },
});
