import type { FederatedCredential, FederatedTrust } from '../../domain/azure/federated-credential.ts';
import type { ExchangeCluster } from '../../domain/exchange/exchange-cluster.ts';
import type { Azure } from '../../domain/ports.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';

interface LimitDeps {
  readonly azure: Pick<Azure, 'federatedCredentials'>;
  readonly kube: Pick<ExchangeCluster, 'subjects'>;
  readonly trust: FederatedTrust;
  readonly signal: AbortSignal;
}

/**
 * Adds to a full identity's error which of its credentials look as if nobody needs them: those of this cluster's own
 * issuer whose service account is gone. Of other issuers nobody here can tell.
 *
 * @throws PodidError always
 */
export async function explainLimit(deps: LimitDeps, resourceId: string, error: unknown): Promise<never> {
  if (!isPodidError(error, 'LimitReached')) {
    throw error;
  }
  const dangling = await danglingOf(deps, resourceId).catch((unread: unknown) => {
    if (!isPodidError(unread)) {
      throw unread;
    }
    return [];
  });
  deps.signal.throwIfAborted();
  const names = dangling.map(({ name, subject }) => `${name} (${subject})`).join(', ');
  const { hint, details, target } = error;
  throw new PodidError(
    'LimitReached',
    names === ''
      ? error.message
      : `${error.message} These name service accounts that this cluster does not have: ${names}.`,
    { details, target, cause: error, ...(hint === undefined ? {} : { hint }) },
  );
}

async function danglingOf(
  { azure, kube, trust, signal }: LimitDeps,
  resourceId: string,
): Promise<readonly FederatedCredential[]> {
  const [credentials, subjects] = await Promise.all([
    azure.federatedCredentials.list(resourceId, signal),
    kube.subjects(signal),
  ]);
  return credentials.filter(
    ({ issuer, subject }) => issuer === trust.issuer && subject !== undefined && !subjects.has(subject),
  );
}
