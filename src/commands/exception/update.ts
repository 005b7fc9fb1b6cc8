import { entryKey } from '../../validate/flags/entry-key.ts';
import { parsePodLabels } from '../../validate/flags/pod-labels.ts';
import { changeFlags } from '../change-flags.ts';
import { defineCommand } from '../command-spec.ts';
import { entryFlags, newPodLabelsFlag } from '../entry-flags.ts';
import { finishChange } from '../finish.ts';
import { modeFlags } from '../mode-flags.ts';
import { resultExamples } from '../result-examples.ts';
import { exceptionShape, exceptionView } from '../result-shapes.ts';
import { changeOptions, openWorkplace } from '../workplace.ts';

export const exceptionUpdateCommand = defineCommand({
  words: ['exception', 'update'],
  examplesOfResult: resultExamples.exceptionChange,
  summary: 'replace the labels of an exception',
  description: 'The labels given take the place of all that the exception had; none are merged.',
  examples: [
    {
      says: 'two labels instead of what was there',
      line: 'podid exception update -g demo-rg -c demo --namespace demo --name legacy --pod-labels app=legacy tier=backend',
    },
  ],
  flags: { ...entryFlags, ...newPodLabelsFlag, ...changeFlags, ...modeFlags },
  async run(flags, session) {
    const key = entryKey('exception', flags, session.faults);
    const podLabels = flags.podLabels === undefined ? {} : parsePodLabels(session.faults, flags.podLabels);
    const options = changeOptions(session, flags);
    const { workplace, cluster } = await openWorkplace(session, { ...flags, azureOptional: true });
    const { updateException } = await import('../../workflows/entries/edit-exceptions.ts');
    const outcome = await updateException(workplace, { cluster, ...key, podLabels }, options);
    return await finishChange(session, outcome, { view: exceptionView, shape: exceptionShape, ...flags });
  },
});
