import type { Cluster } from '../../../domain/clusters/cluster.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { exchangeAudience } from '../../../domain/migrate/workload-identity-words.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import { accountTokens } from '../../exchange/account-tokens.ts';
import { turnIssuerOn, untilSigning } from '../../exchange/turn-issuer-on.ts';
import type { Move, MoveDeps } from './move.ts';

/** What the cluster lacks for these moves. */
export interface ClusterNeeds {
  readonly issuer: boolean;
  readonly webhook: boolean;
}

/** Of the moves that nothing stops. */
export function clusterNeeds(moves: readonly Move[]): ClusterNeeds {
  const codes = new Set(
    moves
      .filter(({ failure }) => failure === undefined)
      .flatMap(({ workload }) => workload.blockers.map(({ code }) => code)),
  );
  return { issuer: codes.has('NoIssuer'), webhook: codes.has('NoWebhook') };
}

/**
 * Turns on what is needed in one PUT, and waits until the API server signs with the issuer.
 *
 * @returns the issuer, to the letter @throws PodidError as `changeProfile`, and ExchangeUnavailable
 */
export async function prepareCluster(
  deps: MoveDeps,
  cluster: Cluster,
  { needs, moves }: { readonly needs: ClusterNeeds; readonly moves: readonly Move[] },
): Promise<string> {
  const ready =
    needs.issuer || needs.webhook ? await turnIssuerOn(deps, cluster, { webhook: needs.webhook }) : cluster;
  const issuer = ready.oidcIssuer?.url;
  if (issuer === undefined) {
    throw new PodidError('ExchangeUnavailable', `Cluster ${cluster.id.name} has no OIDC issuer.`, {
      hint: nextCommand('migrate plan', cluster.id),
      target: cluster.resourceId,
    });
  }
  const [first] = moves.filter(({ failure }) => failure === undefined);
  if (needs.issuer && first !== undefined) {
    const { namespace, serviceAccount } = first.workload;
    const account = { namespace, name: serviceAccount };
    const tokens = accountTokens(deps.api.exchange, { account, audience: exchangeAudience }, deps.clock);
    await untilSigning(deps, ready, tokens, {
      going: 'The OIDC issuer is on, and no workload was changed.',
      again: nextCommand('migrate apply', cluster.id).again(),
    });
  }
  return issuer;
}
