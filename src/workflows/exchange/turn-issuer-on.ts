import { checkClusterState } from '../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { ClusterEdit } from '../../domain/clusters/cluster-edit.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { Command } from '../../errors/hint.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { changeProfile } from '../change/change-profile.ts';
import { type ChangeDeps, endOfWait } from '../change/start-change.ts';
import type { AccountTokens } from './account-tokens.ts';

/**
 * Turns the cluster's OIDC issuer on, and where it is wanted AKS's webhook of Workload Identity, in one PUT. @returns
 * the cluster with its issuer @throws PodidError as `changeProfile`
 */
export async function turnIssuerOn(
  deps: ChangeDeps,
  cluster: Cluster,
  { webhook }: { readonly webhook: boolean } = { webhook: false },
): Promise<Cluster> {
  const what = webhook ? 'OIDC issuer and Workload Identity' : 'the OIDC issuer';
  deps.report.progress(`Turning on ${what} of cluster ${cluster.id.name}`);
  const changed = await changeProfile(deps, cluster, {
    decide(found) {
      checkClusterState(found);
      const edit: ClusterEdit = {
        ...(found.oidcIssuer?.url === undefined ? { oidcIssuer: true } : {}),
        ...(webhook && found.workloadIdentity !== true ? { workloadIdentity: true } : {}),
      };
      return Object.keys(edit).length === 0 ? { kind: 'nothing' } : { kind: 'write', edit };
    },
  });
  if (changed.failure !== undefined) {
    throw changed.failure;
  }
  return changed.cluster;
}

/** Azure restarts the API server for it, which signs with its new issuer by and by. @throws PodidError TimedOut … */
export async function untilSigning(
  deps: ChangeDeps,
  { id, oidcIssuer }: Cluster,
  tokens: AccountTokens,
  { going, again }: { readonly going: string; readonly again: Command } = {
    going: 'The OIDC issuer is on, and no identity was switched.',
    again: nextCommand('exchange enable', id).again(),
  },
): Promise<void> {
  const { report, deadline, options, signal } = deps;
  const wait = {};
  try {
    for (;;) {
      try {
        if ((await tokens.get(signal)).issuer === oidcIssuer?.url || deadline.passed()) {
          return;
        }
        tokens.forget();
      } catch (error) {
        if (!isPodidError(error, 'ClusterUnreachable') || deadline.passed()) {
          throw error;
        }
      }
      report.progress("Waiting for the cluster's API to sign with the new issuer", { wait });
      await deadline.pause(options.pollIntervalMs);
    }
  } catch (error) {
    throw endOfWait(deps, error, going, again);
  }
}
