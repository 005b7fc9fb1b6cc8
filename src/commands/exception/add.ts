import { entryKey } from '../../validate/flags/entry-key.ts';
import { parsePodLabels } from '../../validate/flags/pod-labels.ts';
import { changeFlags } from '../change-flags.ts';
import { defineCommand } from '../command-spec.ts';
import { entryFlags, podLabelsFlag } from '../entry-flags.ts';
import { finishChange } from '../finish.ts';
import { modeFlags } from '../mode-flags.ts';
import { resultExamples } from '../result-examples.ts';
import { exceptionShape, exceptionView } from '../result-shapes.ts';
import { changeOptions, openWorkplace } from '../workplace.ts';

export const exceptionAddCommand = defineCommand({
  words: ['exception', 'add'],
  examplesOfResult: resultExamples.exceptionChange,
  summary: 'let pods with certain labels reach the metadata service of their node',
  description:
    'Pods of the namespace that carry all of the labels are answered as the node itself would be, with any identity of the node. That is meant for system components that worked so before pod identity came.',
  examples: [
    {
      says: 'pods labelled app=legacy',
      line: 'podid exception add -g demo-rg -c demo --namespace demo --name legacy --pod-labels app=legacy',
    },
  ],
  flags: { ...entryFlags, ...podLabelsFlag, ...changeFlags, ...modeFlags },
  async run(flags, session) {
    const key = entryKey('exception', flags, session.faults);
    const podLabels = flags.podLabels === undefined ? {} : parsePodLabels(session.faults, flags.podLabels);
    const options = changeOptions(session, flags);
    const { workplace, cluster } = await openWorkplace(session, { ...flags, azureOptional: true });
    const { addException } = await import('../../workflows/entries/edit-exceptions.ts');
    const outcome = await addException(workplace, { cluster, ...key, podLabels }, options);
    return await finishChange(session, outcome, { view: exceptionView, shape: exceptionShape, ...flags });
  },
});
