import { changeFlags, roleFlag } from '../cli/flags/change-flags.ts';
import { identityExtraFlags } from '../cli/flags/file-flags.ts';
import { identityFlags } from '../cli/flags/identity-flags.ts';
import { modeFlags } from '../cli/flags/mode-flags.ts';
import { changeOptions, identityExtras, reachesObjects } from '../cli/open/change-options.ts';
import { identityId } from '../cli/open/identity-id.ts';
import { openDeps } from '../cli/open/open-deps.ts';
import { finishChange } from '../cli/results/finish.ts';
import { identityShape, identityView } from '../cli/results/result-shapes.ts';
import { defineCommand } from '../cli/run/command-spec.ts';
import { addOptions } from '../validate/flags/add-options.ts';
import { checkIdentityNamed } from '../validate/flags/identity-reference.ts';

export const addCommand = defineCommand({
  examplesOfResult: async () => (await import('../cli/results/result-examples.ts')).identityChange,
  description:
    "Adds a pod identity to the cluster's add-on: pods of the namespace whose label aadpodidbinding is the binding selector get tokens of the managed identity. On the way it checks the cluster and the identity, assigns the role Managed Identity Operator to the cluster where it is missing, sends one change, and waits until Azure has assigned the identity. The same command again changes nothing, and fixes what an earlier run left half done.\n\nWith --mode cluster, on a cluster without the add-on, it puts the identity on the nodes of every Linux pool, with your own rights, and then writes the objects into the cluster (docs/modes.md).",
  examples: [
    {
      title: 'pods in namespace demo with the label aadpodidbinding=web',
      line: 'podid add -g demo-rg -c demo --namespace demo --name web --identity-resource-id /subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web',
    },
    {
      title: 'the managed identity by its name; by its group, too, where several have that name',
      line: 'podid add -g demo-rg -c demo --namespace demo --identity demo-rg/web',
    },
  ],
  flags: {
    namespace: { kind: 'text', value: 'NAMESPACE', required: true, summary: 'the namespace of the pods' },
    name: {
      kind: 'text',
      short: 'n',
      value: 'NAME',
      summary: 'the name of the entry',
      fallback: "the identity's own name in lower case",
    },
    ...identityFlags,
    bindingSelector: {
      kind: 'text',
      value: 'LABEL',
      summary: 'the value of the label aadpodidbinding on the pods',
      fallback: 'the name',
    },
    ...identityExtraFlags,
    ...roleFlag,
    ...changeFlags,
    ...modeFlags,
  },
  async run(flags, session) {
    checkIdentityNamed(flags, session.faults);
    const { identity, ...request } = addOptions(flags, session.faults);
    const extras = identityExtras(flags, session.faults);
    const options = changeOptions(session, flags);
    const { deps, cluster } = await openDeps(session, flags, { kube: reachesObjects(flags) });
    const { addIdentity } = await import('../workflows/entries/add-identity.ts');
    const identityResourceId = await identityId(deps, identity, cluster);
    const outcome = await addIdentity(deps, { cluster, ...request, identityResourceId, extras }, options);
    return await finishChange(session, outcome, { view: identityView, shape: identityShape, ...flags });
  },
});
