import { changeFlags } from '../../cli/flags/change-flags.ts';
import { entryFlags, newPodLabelsFlag } from '../../cli/flags/entry-flags.ts';
import { modeFlags } from '../../cli/flags/mode-flags.ts';
import { changeOptions, reachesObjects } from '../../cli/open/change-options.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { finishChange } from '../../cli/results/finish.ts';
import { exceptionShape, exceptionView } from '../../cli/results/result-shapes.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { entryKey } from '../../validate/flags/entry-key.ts';
import { parsePodLabels } from '../../validate/flags/pod-labels.ts';

export const exceptionUpdateCommand = defineCommand({
  examplesOfResult: async () => (await import('../../cli/results/result-examples.ts')).exceptionChange,
  description: 'The given labels replace all labels of the exception; they are not merged.',
  examples: [
    {
      title: 'two labels instead of the previous ones',
      line: 'podid exception update -g demo-rg -c demo --namespace demo --name legacy --pod-labels app=legacy tier=backend',
    },
  ],
  flags: { ...entryFlags, ...newPodLabelsFlag, ...changeFlags, ...modeFlags },
  async run(flags, session) {
    const key = entryKey('exception', flags, session.faults);
    const podLabels = flags.podLabels === undefined ? {} : parsePodLabels(session.faults, flags.podLabels);
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, {
      kube: reachesObjects(flags),
      azureOptional: true,
    });
    const { updateException } = await import('../../workflows/entries/edit-exceptions.ts');
    const outcome = await updateException(deps, { cluster, ...key, podLabels }, options);
    return await finishChange(session, outcome, { view: exceptionView, shape: exceptionShape, ...flags });
  },
});
