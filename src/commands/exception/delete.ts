import { entryKey } from '../../validate/flags/entry-key.ts';
import { changeFlags } from '../change-flags.ts';
import { defineCommand } from '../command-spec.ts';
import { entryFlags, ignoreNotFoundFlag } from '../entry-flags.ts';
import { finishChange } from '../finish.ts';
import { modeFlags } from '../mode-flags.ts';
import { resultExamples } from '../result-examples.ts';
import { exceptionShape, exceptionView, orNull } from '../result-shapes.ts';
import { changeOptions, openWorkplace } from '../workplace.ts';

export const exceptionDeleteCommand = defineCommand({
  words: ['exception', 'delete'],
  examplesOfResult: resultExamples.exceptionDelete,
  summary: 'delete an exception',
  description:
    'Pods with its labels get tokens of their own pod identity again, or none. It does not ask; an exception that is not there is an error unless --ignore-not-found is given.',
  examples: [
    {
      says: 'one exception',
      line: 'podid exception delete -g demo-rg -c demo --namespace demo --name legacy',
    },
  ],
  flags: { ...entryFlags, ...ignoreNotFoundFlag, ...changeFlags, ...modeFlags },
  async run(flags, session) {
    const key = entryKey('exception', flags, session.faults);
    const options = changeOptions(session, flags);
    const { workplace, cluster } = await openWorkplace(session, { ...flags, azureOptional: true });
    const { deleteException } = await import('../../workflows/entries/edit-exceptions.ts');
    const request = { cluster, ...key, ignoreNotFound: flags.ignoreNotFound };
    const outcome = await deleteException(workplace, request, options);
    return await finishChange(session, outcome, {
      view: orNull(exceptionView),
      shape: exceptionShape,
      ...flags,
    });
  },
});
