import { changeFlags } from '../../cli/flags/change-flags.ts';
import { entryFlags, ignoreNotFoundFlag } from '../../cli/flags/entry-flags.ts';
import { modeFlags } from '../../cli/flags/mode-flags.ts';
import { changeOptions, reachesObjects } from '../../cli/open/change-options.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { finishChange } from '../../cli/results/finish.ts';
import { exceptionShape, exceptionView, orNull } from '../../cli/results/result-shapes.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { entryKey } from '../../validate/flags/entry-key.ts';

export const exceptionDeleteCommand = defineCommand({
  examplesOfResult: async () => (await import('../../cli/results/result-examples.ts')).exceptionDelete,
  description:
    'Pods with its labels get tokens of their own pod identity again, or none. It does not ask; an exception that is not there is an error unless --ignore-not-found is given.',
  examples: [
    {
      title: 'one exception',
      line: 'podid exception delete -g demo-rg -c demo --namespace demo --name legacy',
    },
  ],
  flags: { ...entryFlags, ...ignoreNotFoundFlag, ...changeFlags, ...modeFlags },
  async run(flags, session) {
    const key = entryKey('exception', flags, session.faults);
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, {
      kube: reachesObjects(flags),
      azureOptional: true,
    });
    const { deleteException } = await import('../../workflows/entries/edit-exceptions.ts');
    const request = { cluster, ...key, ignoreNotFound: flags.ignoreNotFound };
    const outcome = await deleteException(deps, request, options);
    return await finishChange(session, outcome, {
      view: orNull(exceptionView),
      shape: exceptionShape,
      ...flags,
    });
  },
});
