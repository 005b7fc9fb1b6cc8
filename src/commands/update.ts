import { changeFlags, roleFlag, yesFlag } from '../cli/flags/change-flags.ts';
import { entryFlags } from '../cli/flags/entry-flags.ts';
import { identityFlags } from '../cli/flags/identity-flags.ts';
import { modeFlags } from '../cli/flags/mode-flags.ts';
import { changeOptions, reachesObjects } from '../cli/open/change-options.ts';
import { identityId } from '../cli/open/identity-id.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishChange } from '../cli/results/finish.ts';
import { identityShape, identityView } from '../cli/results/result-shapes.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import { updateOptions } from '../validate/flags/update-options.ts';

export const updateCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).identityChange,
  description:
    'Changes the binding selector in one step. Azure does not accept another managed identity under the same name in one step, so podid deletes the entry and adds it again: pods get no token in between, so it asks first. With --mode cluster it is one step, and it asks too.',
  examples: [
    {
      title: 'bind the entry to another label',
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
    ...identityFlags,
    ...yesFlag,
    ...roleFlag,
    ...changeFlags,
    ...modeFlags,
  },
  async run(flags, session) {
    const { identity, ...request } = updateOptions(flags, session.faults);
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, { kube: reachesObjects(flags) });
    const { updateIdentity } = await import('../workflows/entries/update-identity.ts');
    const found = identity && { identityResourceId: await identityId(deps, identity, cluster) };
    const outcome = await updateIdentity(deps, { cluster, ...request, ...found }, options);
    return await finishChange(session, outcome, { view: identityView, shape: identityShape, ...flags });
  },
});
