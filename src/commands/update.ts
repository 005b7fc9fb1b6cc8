import { updateOptions } from '../validate/flags/update-options.ts';
import { changeFlags, roleFlag, yesFlag } from './change-flags.ts';
import { defineCommand } from './command-spec.ts';
import { entryFlags } from './entry-flags.ts';
import { finishChange } from './finish.ts';
import { modeFlags } from './mode-flags.ts';
import { resultExamples } from './result-examples.ts';
import { identityShape, identityView } from './result-shapes.ts';
import { changeOptions, openWorkplace } from './workplace.ts';

export const updateCommand = defineCommand({
  words: ['update'],
  examplesOfResult: resultExamples.identityChange,
  summary: 'change the selector or the identity of a pod identity',
  description:
    'Changes the binding selector in one step. Another managed identity under the same name is refused by Azure in one step, so podid deletes the entry and adds it anew: pods get no token in between, which is why it asks first. With --mode cluster it is one step, and asks all the same.',
  examples: [
    {
      says: 'bind the entry to another label',
      line: 'podid update -g demo-rg -c demo --namespace demo --name web --binding-selector frontend',
    },
  ],
  flags: {
    ...entryFlags,
    bindingSelector: {
      kind: 'text',
      value: 'LABEL',
      summary: 'the new value of the label aadpodidbinding on the pods',
    },
    identityResourceId: {
      kind: 'text',
      value: 'ID',
      summary: 'the whole ARM id of another managed identity',
    },
    ...yesFlag,
    ...roleFlag,
    ...changeFlags,
    ...modeFlags,
  },
  async run(flags, session) {
    const request = updateOptions(flags, session.faults);
    const options = changeOptions(session, flags);
    const { workplace, cluster } = await openWorkplace(session, flags);
    const { updateIdentity } = await import('../workflows/entries/update-identity.ts');
    const outcome = await updateIdentity(workplace, { cluster, ...request }, options);
    return await finishChange(session, outcome, { view: identityView, shape: identityShape, ...flags });
  },
});
