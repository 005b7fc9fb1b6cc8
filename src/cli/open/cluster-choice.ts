import { managedClusterType, parseResourceId } from '../../domain/azure/resource-id.ts';
import { isGuid } from '../../domain/azure/written-id.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Subscriptions } from '../../domain/ports.ts';
import type { FlagValues } from '../../flags/flag-table.ts';
import {
  clusterIdRule,
  clusterNameRule,
  resourceGroupRule,
  subscriptionRule,
} from '../../validate/flags/azure-names.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import type { clusterFlags } from '../flags/cluster-flags.ts';
import type { AzDefaults, Context } from '../run/context.ts';

/** A cluster as typed: its subscription may still be a name. */
export interface ChosenCluster {
  readonly subscription: string;
  readonly resourceGroup: string;
  readonly name: string;
}

type ClusterFlagValues = FlagValues<typeof clusterFlags>;

/**
 * Where a value may come from, with its text; the first that is given wins. The third is what to say where the source
 * has none; absent: that it is not set.
 */
type Sources = readonly (readonly [source: string, text: string | undefined, why?: string])[];

/** The cluster that flags, environment and az's files name, in this order. */
export async function chooseCluster(
  flags: ClusterFlagValues,
  context: Context,
  faults: UsageFaults,
): Promise<ChosenCluster> {
  if (flags.clusterId !== undefined) {
    return clusterOfId(flags.clusterId, flags, faults);
  }
  const { env } = context;
  if (flags.clusterName !== undefined && parseResourceId(flags.clusterName, managedClusterType)) {
    const { clusterName } = flags;
    faults.add(
      '--cluster-name',
      `--cluster-name takes a name, and this is the cluster's id: --cluster-id ${clusterName}`,
    );
    return { subscription: '', resourceGroup: '', name: '' };
  }
  const name = choose(faults, 'a cluster name', clusterNameRule, [
    ['--cluster-name', flags.clusterName],
    ['PODID_CLUSTER_NAME', env['PODID_CLUSTER_NAME']],
  ]);
  const group = groupSources(flags, env);
  const subscription = subscriptionSources(flags, env);
  const complete = [group, subscription].every((sources) => sources.some(given));
  const az = complete ? {} : await context.azDefaults();
  return {
    name,
    resourceGroup: choose(faults, 'a resource group', resourceGroupRule, [
      ...group,
      ["az's default group", az.resourceGroup],
    ]),
    subscription: choose(faults, 'a subscription', subscriptionRule, [...subscription, azSubscription(az)]),
  };
}

/** The resource group that flags, environment and az's files name, in this order. */
export async function chooseGroup(
  flags: Pick<ClusterFlagValues, 'resourceGroup'>,
  context: Context,
  faults: UsageFaults,
): Promise<string> {
  const sources = groupSources(flags, context.env);
  const az = sources.some(given) ? {} : await context.azDefaults();
  return choose(faults, 'a resource group', resourceGroupRule, [
    ...sources,
    ["az's default group", az.resourceGroup],
  ]);
}

function groupSources(flags: Pick<ClusterFlagValues, 'resourceGroup'>, env: Context['env']): Sources {
  return [
    ['--resource-group', flags.resourceGroup],
    ['PODID_RESOURCE_GROUP', env['PODID_RESOURCE_GROUP']],
    ['AZURE_DEFAULTS_GROUP', env['AZURE_DEFAULTS_GROUP']],
  ];
}

/** The subscription, id or name, that flags, environment and az's files name, in this order. */
export async function chooseSubscription(
  flags: Pick<ClusterFlagValues, 'subscription'>,
  context: Context,
  faults: UsageFaults,
): Promise<string> {
  const sources = subscriptionSources(flags, context.env);
  const az = sources.some(given) ? {} : await context.azDefaults();
  return choose(faults, 'a subscription', subscriptionRule, [...sources, azSubscription(az)]);
}

function azSubscription({ subscriptionId, tenantLevel }: AzDefaults): Sources[number] {
  const name = "az's default subscription";
  return tenantLevel
    ? [name, subscriptionId, "az's default account is that of a tenant, which has no subscription"]
    : [name, subscriptionId];
}

function subscriptionSources(flags: Pick<ClusterFlagValues, 'subscription'>, env: Context['env']): Sources {
  return [
    ['--subscription', flags.subscription],
    ['AZURE_SUBSCRIPTION_ID', env['AZURE_SUBSCRIPTION_ID']],
  ];
}

/** Finds the id of a subscription that was given by name. */
export async function resolveCluster(
  { subscription, resourceGroup, name }: ChosenCluster,
  subscriptions: Subscriptions,
  signal: AbortSignal,
): Promise<ClusterId> {
  const subscriptionId = await resolveSubscription(subscription, subscriptions, signal);
  return { subscriptionId, resourceGroup, name };
}

/** @param subscription its id or its name */
export async function resolveSubscription(
  subscription: string,
  subscriptions: Subscriptions,
  signal: AbortSignal,
): Promise<string> {
  return isGuid(subscription)
    ? subscription
    : (await subscriptions.find(subscription, signal)).subscriptionId;
}

function clusterOfId(id: string, flags: ClusterFlagValues, faults: UsageFaults): ChosenCluster {
  faults.check('--cluster-id', id, 'the id of a managed cluster', clusterIdRule);
  const others = {
    '--resource-group': flags.resourceGroup,
    '--cluster-name': flags.clusterName,
    '--subscription': flags.subscription,
  };
  for (const [flag, value] of Object.entries(others)) {
    if (value !== undefined) {
      faults.add(flag, `${flag} and --cluster-id name the cluster twice; give one of them.`);
    }
  }
  const parsed = parseResourceId(id, managedClusterType);
  return {
    subscription: parsed?.subscriptionId ?? '',
    resourceGroup: parsed?.resourceGroup ?? '',
    name: parsed?.name ?? '',
  };
}

/** A flag counts even when it is empty, which its rule refuses; an empty variable counts as none. */
function given([source, text]: Sources[number]): boolean {
  return source.startsWith('--') ? text !== undefined : Boolean(text);
}

function choose(faults: UsageFaults, noun: string, rule: typeof resourceGroupRule, sources: Sources): string {
  const [source, text = ''] = sources.find(given) ?? [];
  const [[flag = ''] = [], ...others] = sources;
  if (source !== undefined) {
    return faults.check(source, text, noun, rule);
  }
  const variables = others.map(([name]) => name).filter((name) => !name.startsWith('az'));
  const [az, , why = `${az} is not set either`] = others.find(([name]) => name.startsWith('az')) ?? [];
  const orElse = az === undefined ? '' : `; ${why}`;
  const keep = `podid config set ${flag.slice(2)} ${flag === '--subscription' ? 'ID' : 'NAME'}`;
  faults.missing(flag, `give it, or set ${variables.join(' or ')}, or keep it by ${keep}${orElse}`);
  return '';
}
