import type { FederatedTrust } from '../../domain/azure/federated-credential.ts';
import { counted } from '../../domain/counted.ts';
import type { ExchangeCluster } from '../../domain/exchange/exchange-cluster.ts';
import type { Azure, Wait } from '../../domain/ports.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { explainLimit } from './explain-limit.ts';
import type { RehearseOptions } from './rehearse.ts';

/** A fresh credential is asked about so much later: asked too early, Entra remembers that there is none. */
const settleMs = 20_000;

/**
 * What goes on while trust is made and proved, and how long that takes at least.
 *
 * @param makes some credential is not there yet
 */
export function trustingText({ rounds, overMs }: RehearseOptions, makes: boolean): string {
  const making = makes
    ? `Making federated credentials, waiting ${settleMs / 1_000} s until Entra knows new ones, then exchanging`
    : 'Exchanging';
  return `${making} ${counted(rounds, 'time')} over ${overMs / 1_000} s`;
}

/** How long that takes, where Entra answers at once. */
export function trustingWait({ overMs }: RehearseOptions, makes: boolean): Wait {
  return { usually: `${Math.ceil(((makes ? settleMs : 0) + overMs) / 1_000)} s` };
}

interface CredentialDeps {
  readonly azure: Pick<Azure, 'federatedCredentials'>;
  readonly kube: Pick<ExchangeCluster, 'subjects'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal: AbortSignal;
}

/**
 * Has a managed identity trust an account: makes the federated credential, or adopts the one that is there, and waits
 * until Entra may be asked about a new one.
 *
 * @param made hears at once whether one was made
 * @throws PodidError as `FederatedCredentials.create`, and the signal's reason
 */
export async function makeCredential(
  deps: CredentialDeps,
  resourceId: string,
  trust: FederatedTrust,
  made: (created: boolean) => void,
): Promise<void> {
  await makeCredentials(deps, resourceId, [trust], made);
}

/** The same of several accounts, one after the other: Azure takes no two writes of one identity at once. */
export async function makeCredentials(
  { azure, kube, clock, signal }: CredentialDeps,
  resourceId: string,
  trusts: readonly FederatedTrust[],
  made: (created: boolean, isLast: boolean) => void,
): Promise<void> {
  let isNew = false;
  for (const trust of trusts) {
    const { created } = await azure.federatedCredentials
      .create(resourceId, trust, signal)
      .catch((error: unknown) => explainLimit({ azure, kube, trust, signal }, resourceId, error));
    isNew ||= created;
    made(created, trust === trusts.at(-1));
  }
  if (isNew) {
    await clock.sleep(settleMs, signal);
  }
}
