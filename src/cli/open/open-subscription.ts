import type { Azure, Reporter } from '../../domain/ports.ts';
import type { FlagValues } from '../../flags/flag-table.ts';
import { resourceGroupRule } from '../../validate/flags/azure-names.ts';
import type { listFlags } from '../flags/azure-list-flags.ts';
import type { Session } from '../run/session.ts';
import { chooseSubscription, resolveSubscription } from './cluster-choice.ts';
import { checkGlobalFlags, openAzure } from './open-deps.ts';

/** What a command works with that is about no cluster. */
export interface OpenedSubscription {
  readonly deps: { readonly azure: Azure; readonly report: Reporter; readonly signal: AbortSignal };
  readonly subscriptionId: string;
}

/** @throws PodidError InvalidUsage with every fault of the command, before anything was sent */
export async function openSubscription(
  session: Session,
  flags: FlagValues<typeof listFlags>,
): Promise<OpenedSubscription> {
  const { context, faults, report } = session;
  checkGlobalFlags(session);
  if (flags.resourceGroup !== undefined) {
    faults.check('--resource-group', flags.resourceGroup, 'a resource group', resourceGroupRule);
  }
  const subscription = await chooseSubscription(flags, context, faults);
  session.checkUsage();
  const azure = await openAzure(session, subscription);
  const { signal } = context;
  const subscriptionId = await resolveSubscription(subscription, azure.subscriptions, signal);
  return { deps: { azure, report, signal }, subscriptionId };
}
