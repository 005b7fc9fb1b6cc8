import type { FlagValues } from '../../flags/flag-table.ts';
import { addOptions } from '../../validate/flags/add-options.ts';
import { clusterNameRule, resourceGroupRule, subscriptionRule } from '../../validate/flags/azure-names.ts';
import type { InitGiven } from '../../workflows/init/wizard.ts';
import { identityExtras } from '../open/change-options.ts';
import { chooseCluster } from '../open/cluster-choice.ts';
import type { Session } from '../run/session.ts';
import type { clusterFlags } from './cluster-flags.ts';
import type { identityExtraFlags } from './file-flags.ts';

interface AnswerFlags extends FlagValues<typeof clusterFlags>, FlagValues<typeof identityExtraFlags> {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly identityResourceId: string | undefined;
  readonly bindingSelector: string | undefined;
  readonly enablePodIdentityWithKubenet: boolean;
  readonly enableManagedIdentity: boolean;
  readonly registerFeature: boolean;
  readonly mode: string | undefined;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/**
 * The wizard's answers as far as flags, variables and az's files have them; what is missing without a
 * terminal goes to the faults.
 */
export async function givenAnswers(session: Session, flags: AnswerFlags): Promise<InitGiven> {
  const { faults, context } = session;
  const cluster = await givenCluster(session, flags);
  const { name, bindingSelector } = addOptions(flags, faults);
  const { namespace, identityResourceId, createIdentity } = flags;
  const { creation, grants = [] } = identityExtras(flags, faults);
  if (createIdentity && identityResourceId === undefined && context.interactive) {
    faults.missing('--identity-resource-id', 'it names the identity that --create-identity creates');
  }
  if (!context.interactive) {
    missAnswers(session, flags);
  }
  return {
    ...cluster,
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(identityResourceId === undefined ? {} : { identityResourceId }),
    ...(bindingSelector === undefined ? {} : { bindingSelector }),
    ...(creation?.location === undefined ? {} : { location: creation.location }),
    ...(flags.mode === undefined ? {} : { mode: flags.mode }),
    createIdentity,
    grants,
    enableManagedIdentity: flags.enableManagedIdentity,
    registerFeature: flags.registerFeature,
    kubenetConsent: flags.enablePodIdentityWithKubenet,
    yes: flags.yes,
  };
}

type GivenCluster = Omit<
  InitGiven,
  Exclude<
    keyof InitGiven,
    'subscription' | 'resourceGroup' | 'clusterName' | 'isUsualMeant' | `usual${string}`
  >
>;

/**
 * Without a terminal as every command chooses its cluster. With one, a flag saves a question, PODID_CLUSTER_NAME saves
 * it until somebody goes back, and everything else says where the cursor stands.
 */
async function givenCluster({ context, faults }: Session, flags: AnswerFlags): Promise<GivenCluster> {
  if (!context.interactive || flags.clusterId !== undefined) {
    const { subscription, resourceGroup, name } = await chooseCluster(flags, context, faults);
    return { subscription, resourceGroup, clusterName: name };
  }
  const check = (flag: string, text: string | undefined, noun: string, rule: typeof subscriptionRule) =>
    text === undefined ? undefined : faults.check(flag, text, noun, rule);
  return defined({
    subscription: check('--subscription', flags.subscription, 'a subscription', subscriptionRule),
    resourceGroup: check('--resource-group', flags.resourceGroup, 'a resource group', resourceGroupRule),
    clusterName: check('--cluster-name', flags.clusterName, 'a cluster name', clusterNameRule),
    ...usual(context.env, await context.azDefaults()),
    isUsualMeant:
      context.env['PODID_CLUSTER_NAME'] && !flags.clusterName && !flags.resourceGroup ? true : undefined,
  });
}

function usual(
  env: Session['context']['env'],
  az: Awaited<ReturnType<Session['context']['azDefaults']>>,
): Pick<InitGiven, 'usualSubscription' | 'usualGroup' | 'usualCluster'> {
  return defined({
    usualSubscription: env['AZURE_SUBSCRIPTION_ID'] || az.subscriptionId,
    usualGroup: env['PODID_RESOURCE_GROUP'] || az.resourceGroup,
    usualCluster: env['PODID_CLUSTER_NAME'] || undefined,
  });
}

/** Name and selector have defaults; a dry run needs no yes. */
function missAnswers({ faults }: Session, flags: AnswerFlags): void {
  if (flags.namespace === undefined) {
    faults.missing('--namespace', 'the namespace of the pods');
  }
  if (flags.identityResourceId === undefined) {
    faults.missing('--identity-resource-id', 'the full ARM id of the managed identity');
  }
  if (!flags.yes && !flags.dryRun) {
    faults.missing('--yes', 'there is no terminal on which to confirm the plan');
  }
}

function defined<Record extends object>(
  record: Record,
): { [Key in keyof Record]?: Exclude<Record[Key], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never;
}
