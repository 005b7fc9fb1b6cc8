import { clusterFlags } from '../../cli/flags/cluster-flags.ts';
import { chooseGroup } from '../../cli/open/cluster-choice.ts';
import { openSubscription } from '../../cli/open/open-subscription.ts';
import {
  managedIdentityShape,
  managedIdentityView,
  oneManagedIdentity,
} from '../../cli/results/azure-lists.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';
import { managedIdentityType } from '../../domain/azure/resource-id.ts';
import { managedIdentityNameRule } from '../../validate/flags/azure-names.ts';

export const identityShowCommand = defineCommand({
  examplesOfResult: () => Promise.resolve([oneManagedIdentity]),
  description: 'Prints one user-assigned managed identity with its ids, as az identity show does.',
  examples: [
    { title: 'one identity', line: 'podid identity show -g demo-rg -n web' },
    {
      title: 'its id alone, for --identity-resource-id',
      line: 'podid identity show -g demo-rg -n web -o tsv --query id',
    },
  ],
  flags: {
    name: { kind: 'text', short: 'n', value: 'NAME', required: true, summary: 'the name of the identity' },
    resourceGroup: { ...clusterFlags.resourceGroup, summary: "the identity's resource group" },
    subscription: { ...clusterFlags.subscription, summary: "the identity's subscription" },
  },
  async run(flags, session) {
    const { context, faults } = session;
    const { name = '' } = flags;
    if (flags.name !== undefined) {
      faults.check('--name', name, 'the name of a managed identity', managedIdentityNameRule);
    }
    const resourceGroup = await chooseGroup(flags, context, faults);
    const { deps, subscriptionId } = await openSubscription(session, flags);
    const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/${managedIdentityType}/${name}`;
    deps.report.progress('Reading the managed identity');
    const found = await deps.azure.identities.get(id, deps.signal);
    await session.print(managedIdentityView({ location: '', ...found }), managedIdentityShape);
    return 0;
  },
});
