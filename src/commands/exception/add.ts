import { changeFlags } from '../../cli/flags/change-flags.ts';
import { newExceptionFlags, podLabelsFlag } from '../../cli/flags/entry-flags.ts';
import { modeFlags } from '../../cli/flags/mode-flags.ts';
import { changeOptions, reachesObjects } from '../../cli/open/change-options.ts';
import { openDeps } from '../../cli/open/open-deps.ts';
import { finishChange } from '../../cli/results/finish.ts';
import { exceptionShape, exceptionView } from '../../cli/results/result-shapes.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { newExceptionKey } from '../../validate/flags/entry-key.ts';
import { parsePodLabels } from '../../validate/flags/pod-labels.ts';

export const exceptionAddCommand = defineCommand({
  examplesOfResult: async () => (await import('../../cli/results/result-examples.ts')).exceptionChange,
  description:
    'Pods of the namespace that carry all of the labels get the same answers as the node itself, with any identity of the node. This is meant for system components that used an identity of the node before pod identity was turned on.',
  examples: [
    {
      title: 'pods labelled app=legacy',
      line: 'podid exception add -g demo-rg -c demo --namespace demo --name legacy --pod-labels app=legacy',
    },
  ],
  flags: { ...newExceptionFlags, ...podLabelsFlag, ...changeFlags, ...modeFlags },
  async run(flags, session) {
    const key = newExceptionKey(flags, session.faults);
    const podLabels = flags.podLabels === undefined ? {} : parsePodLabels(session.faults, flags.podLabels);
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, {
      kube: reachesObjects(flags),
      azureOptional: true,
    });
    const { addException } = await import('../../workflows/entries/edit-exceptions.ts');
    const outcome = await addException(deps, { cluster, ...key, podLabels }, options);
    return await finishChange(session, outcome, { view: exceptionView, shape: exceptionShape, ...flags });
  },
});
