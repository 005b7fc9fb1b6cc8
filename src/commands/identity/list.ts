import { listFlags } from '../../cli/flags/azure-list-flags.ts';
import { openSubscription } from '../../cli/open/open-subscription.ts';
import {
  managedIdentityShape,
  managedIdentityView,
  oneManagedIdentity,
} from '../../cli/results/azure-lists.ts';
import { defineCommand } from '../../cli/run/command-spec.ts';

export const identityListCommand = defineCommand({
  isNamed: true,
  examplesOfResult: () => Promise.resolve([[oneManagedIdentity]]),
  description:
    'Prints the user-assigned managed identities of a subscription that you may read, as az identity list does, whatever cluster uses them.',
  examples: [
    { title: 'all of the subscription', line: 'podid identity list' },
    {
      title: 'their ids, for podid add --identity-resource-id',
      line: "podid identity list -g demo-rg -o tsv --query '[].id'",
    },
  ],
  flags: listFlags,
  async run(flags, session) {
    const { deps, subscriptionId } = await openSubscription(session, flags);
    const { listManagedIdentities } = await import('../../workflows/identities/list-identities.ts');
    const { resourceGroup } = flags;
    const found = await listManagedIdentities(deps, { subscriptionId, resourceGroup });
    await session.print(found.map(managedIdentityView), managedIdentityShape);
    return 0;
  },
});
