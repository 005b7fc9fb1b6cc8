import { checkCluster, kubenetConsentMissing } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { isKubenet } from '../../domain/clusters/cluster-kind.ts';
import type { Deps } from '../../domain/deps.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { Outcome } from '../change/outcome.ts';
import type { Decision } from '../change/profile-change.ts';
import { type ChangeOptions, readGatedCluster, startChange } from '../change/start-change.ts';
import { finishAddon } from './finish-addon.ts';
import type { AddonStatus } from './read-status.ts';
import { planFeature, registerFeature } from './register-feature.ts';

export interface EnableRequest {
  readonly cluster: ClusterId;
  readonly kubenetConsent: boolean;
  readonly registerFeature: boolean;
}

const demands = { addon: false, kubenetConsent: false, usablePool: true };

/** Turns the add-on on. Lists that are there are never reset; one that is on stays as it is. */
export async function enableAddon(
  deps: Omit<Deps, 'deadline'>,
  request: EnableRequest,
  options: ChangeOptions,
): Promise<Outcome<AddonStatus>> {
  // Nothing is mirrored: AKS writes what comes with the add-on.
  const started = startChange(deps, { ...options, mirror: 'off' });
  const cluster = await readGatedCluster(started, request.cluster, demands);
  const decide = (current: Cluster) => decideEnable(current, request.kubenetConsent);
  decide(cluster);
  if (request.registerFeature) {
    if (options.dryRun) {
      await planFeature(started, cluster.id);
    } else {
      await registerFeature(started, cluster.id);
    }
  }
  try {
    return await finishAddon(started, cluster, { decide });
  } catch (error) {
    throw withWaysLeft(error, request);
  }
}

/**
 * Nobody knows for how long Azure lets clusters turn the add-on on: its refusal is passed on, with what is
 * left then.
 */
function withWaysLeft(error: unknown, { registerFeature: tried }: EnableRequest): unknown {
  const isFinal =
    isPodidError(error, 'AzureRefused') || (tried && isPodidError(error, 'FeatureNotRegistered'));
  if (!isFinal) {
    return error;
  }
  const { code, message, details, requestId, correlationId, target } = error;
  return new PodidError(code, message, {
    hint: advice`If Azure takes no new add-ons any more: run podid's own agent on this cluster without the add-on, and add pod identities there (docs/modes.md): ${command('podid add --mode cluster --help')}; or move the pods to Workload Identity (az aks update --enable-oidc-issuer --enable-workload-identity)`,
    details,
    ...(target === undefined ? {} : { target }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(correlationId === undefined ? {} : { correlationId }),
    cause: error,
  });
}

function decideEnable(cluster: Cluster, consent: boolean): Decision {
  checkCluster(cluster, demands);
  const { enabled, allowNetworkPluginKubenet } = cluster.profile;
  const kubenet = isKubenet(cluster);
  if (kubenet && !consent && !allowNetworkPluginKubenet) {
    throw kubenetConsentMissing(cluster);
  }
  const records = kubenet && consent && !allowNetworkPluginKubenet;
  if (enabled && !records) {
    return { kind: 'nothing' };
  }
  return { kind: 'write', edit: { addon: 'on', ...(records ? { allowNetworkPluginKubenet: true } : {}) } };
}
