import { entryKey } from '../../validate/flags/entry-key.ts';
import { clusterFlags, kubeFlags, rawClusterFlag } from '../cluster-flags.ts';
import { defineCommand } from '../command-spec.ts';
import { entryFlags } from '../entry-flags.ts';
import { finishDone } from '../finish.ts';
import { modeFlag, readingFlags } from '../mode-flags.ts';
import { resultExamples } from '../result-examples.ts';
import { exceptionShape, exceptionView } from '../result-shapes.ts';
import { openWorkplace } from '../workplace.ts';

export const exceptionShowCommand = defineCommand({
  words: ['exception', 'show'],
  examplesOfResult: resultExamples.exception,
  summary: 'show one exception',
  description: 'Prints one exception and its labels.',
  examples: [
    { says: 'one exception', line: 'podid exception show -g demo-rg -c demo --namespace demo --name legacy' },
  ],
  flags: { ...entryFlags, ...clusterFlags, ...rawClusterFlag, ...modeFlag, ...kubeFlags },
  async run(flags, session) {
    const key = entryKey('exception', flags, session.faults);
    const { workplace, cluster } = await openWorkplace(session, readingFlags(session, flags));
    const { showException } = await import('../../workflows/entries/read-entries.ts');
    const done = await showException(workplace, { cluster, ...key }, session.context.signal);
    return await finishDone(session, done, { view: exceptionView, shape: exceptionShape, ...flags });
  },
});
