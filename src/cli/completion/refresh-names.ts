import { managedIdentityType, parseResourceId } from '../../domain/azure/resource-id.ts';
import { isGuid } from '../../domain/azure/written-id.ts';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Azure } from '../../domain/ports.ts';
import { kubeconfigOfVariable } from '../open/usual-kubeconfig.ts';
import type { Context } from '../run/context.ts';
import { type CachedNames, namesFile } from './names-cache.ts';

/** Nobody waits for it, and it may not stay for ever. */
const timeLimitMs = 60_000;

/**
 * Reads the names of a subscription's clusters, or of a cluster's namespaces and entries, into their cache.
 * Says nothing; what it cannot read stays as it was.
 *
 * @param argv the subscription's id or name, then group and name of the cluster
 */
export async function refreshNames(argv: readonly string[], context: Context): Promise<number> {
  const [subscription = '', group, name] = argv;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeLimitMs)]);
  try {
    const { user = '' } = await context.azDefaults();
    const cluster = group === undefined || name === undefined ? undefined : { group, name };
    const file = namesFile(
      { env: context.env, subscription, user },
      cluster && `${cluster.group}/${cluster.name}`,
    );
    if (file === undefined) {
      return 0;
    }
    const azure = await connect(context, subscription);
    const subscriptionId = isGuid(subscription)
      ? subscription
      : (await azure.subscriptions.find(subscription, signal)).subscriptionId;
    const names =
      cluster === undefined
        ? {
            clusters: await clustersIn(azure, subscriptionId, signal),
            managedIdentities: await managedIdentitiesIn(azure, subscriptionId, signal),
          }
        : await namesIn(
            context,
            azure,
            { subscriptionId, resourceGroup: cluster.group, name: cluster.name },
            signal,
          );
    await file.write(context.clock.now(), names);
  } catch {
    // The shell that asked is gone; there is nobody to report to.
  }
  return 0;
}

function connect(context: Context, subscription: string): Promise<Azure> {
  // Without a prompt: nobody expects to sign in while a word is completed.
  return context.connectAzure({
    cloud: context.env['PODID_CLOUD'] || undefined,
    auth: context.env['PODID_AUTH'] || undefined,
    tenant: undefined,
    subscription,
    debug: undefined,
    verbose: undefined,
  });
}

async function clustersIn(azure: Azure, subscriptionId: string, signal: AbortSignal) {
  const clusters = await azure.clusters.list(subscriptionId, signal);
  return clusters.map(({ resourceGroup, name }) => ({ resourceGroup, name }));
}

/** None where the caller may not list them: the clusters are known without them. */
async function managedIdentitiesIn(
  azure: Azure,
  subscriptionId: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const all = await azure.identities.list(subscriptionId, signal);
    return all.map(({ resourceId }) => parseResourceId(resourceId, managedIdentityType)?.name ?? '');
  } catch {
    return [];
  }
}

async function namesIn(
  context: Context,
  azure: Azure,
  id: ClusterId,
  signal: AbortSignal,
): Promise<CachedNames> {
  const { profile } = await azure.clusters.get(id, signal);
  const key = ({ namespace, name }: { namespace: string; name: string }) => ({ namespace, name });
  const identities = profile.identities.map(key);
  const exceptions = profile.exceptions.map(key);
  const inUse = [...identities, ...exceptions].map(({ namespace }) => namespace);
  const all = await namespacesOf(context, azure, id, signal);
  return { identities, exceptions, namespaces: [...new Set([...inUse, ...all])].sort() };
}

/** None when the cluster's own API is out of reach: those in use are known without it. */
async function namespacesOf(
  context: Context,
  azure: Azure,
  id: ClusterId,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const kubeconfigPath = context.env['PODID_ARM_ENDPOINT'] ? kubeconfigOfVariable(context.env) : undefined;
    const { workloads } = await context.connectCluster({
      ...(kubeconfigPath ? { kubeconfigPath } : {}),
      fetchUserKubeconfig: (ofConnecting) =>
        azure.clusters.userKubeconfig(id, ofConnecting, {
          publicFqdn: context.env['PODID_PUBLIC_FQDN'] === 'true',
        }),
      fetchApiServerHosts: (ofConnecting) => azure.clusters.apiServerHosts(id, ofConnecting),
      entraToken: azure.entraToken,
      warn: () => undefined,
      signal,
    });
    return await workloads.namespaces(signal);
  } catch {
    return [];
  }
}
