import type { FederatedTrust } from '../../domain/azure/federated-credential.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import type { ExchangeCluster } from '../../domain/exchange/exchange-cluster.ts';
import type { ExchangeRow } from '../../domain/exchange/exchange-state.ts';
import { trustsOf } from '../../domain/exchange/identity-accounts.ts';
import type { ManagedIdentity } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import type { Hint } from '../../errors/hint.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import type { AccountTokens } from './account-tokens.ts';
import { makeCredentials } from './make-credential.ts';
import { type IdentitySteps, isSwitched } from './plan-exchange.ts';
import { type RehearseOptions, rehearse } from './rehearse.ts';

/** An API server that restarts is back by then. */
const patientForMs = 300_000;

export interface SwitchDeps extends Pick<ChangeDeps, 'azure' | 'clock' | 'report' | 'signal'> {
  readonly kube: ExchangeCluster;
  tokensOf(account: EntryKey): AccountTokens;
  /** Of every credential; the subjects are those of the identity's accounts. */
  readonly trust: FederatedTrust;
  readonly rehearsal: RehearseOptions;
}

/** How far an identity came; kept up to date while it is at it, so that an interruption can say so. */
export interface Progress {
  readonly steps: IdentitySteps;
  readonly identity: ManagedIdentity;
  at: 'waiting' | 'trusted' | 'rehearsed' | 'switched';
  /** Whether anything was written. */
  wrote: boolean;
  /** Why it did not come to its end: a code, a colon and a sentence. */
  failure?: string | undefined;
  /** What to do about that, where the failure itself says it. */
  hint?: Hint | undefined;
}

/**
 * Trust first, then proof, then the switch: whatever ends in between leaves the identity where it was, and the next run
 * goes on from there. What fails is kept in `progress`. @throws the signal's reason alone
 */
export async function switchIdentity(deps: SwitchDeps, progress: Progress): Promise<void> {
  const { signal } = deps;
  try {
    await trustAccounts(deps, progress);
    progress.failure = await rehearseAll(deps, progress);
    if (progress.failure !== undefined) {
      return;
    }
    progress.at = 'rehearsed';
    await annotate(deps, progress);
  } catch (error) {
    if (!isPodidError(error) || error === signal.reason) {
      throw error;
    }
    // Also where the time is up: it is the reason that it was not enough.
    progress.failure = `${error.code}: ${error.message}`;
    progress.hint = error.hint;
    signal.throwIfAborted();
  }
}

async function trustAccounts(deps: SwitchDeps, progress: Progress): Promise<void> {
  const { standing, credential } = progress.steps;
  if (credential) {
    const trusts = trustsOf(standing.accounts, deps.trust);
    await makeCredentials(deps, progress.identity.resourceId, trusts, (created, isLast) => {
      progress.wrote ||= created;
      progress.at = isLast ? 'trusted' : progress.at;
    });
  }
  progress.at = 'trusted';
}

/** By the token of each account, side by side. @returns why it failed */
async function rehearseAll(deps: SwitchDeps, progress: Progress): Promise<string | undefined> {
  const { standing } = progress.steps;
  const rehearsed = await eachConcurrently(
    standing.accounts,
    async (account) => ({
      account,
      ...(await rehearse({ ...deps, tokens: deps.tokensOf(account) }, progress.identity, deps.rehearsal)),
    }),
    Math.max(1, standing.accounts.length),
  );
  const failed = rehearsed.find(({ failure }) => failure !== undefined);
  if (failed !== undefined) {
    return failed.failure;
  }
  const refused = rehearsed.reduce((sum, each) => sum + each.refused, 0);
  if (refused > 0) {
    const asked = refused + deps.rehearsal.rounds * rehearsed.length;
    deps.report.note(
      `${entryText(standing.row)}: Entra refused ${refused} of ${asked} requests, which the agent outwaits.`,
    );
  }
  return undefined;
}

async function annotate(deps: SwitchDeps, progress: Progress): Promise<void> {
  const { kube, clock, signal } = deps;
  const { standing } = progress.steps;
  const { tenantId = '' } = progress.identity;
  const wanted = { tenantId, subject: standing.subject };
  const startedMs = clock.monotonic();
  while (!isSwitched(progress.steps, tenantId)) {
    try {
      await kube.setTokenSource(standing.identity, { name: 'exchange', ...wanted }, signal);
      progress.wrote = true;
      break;
    } catch (error) {
      if (!mayComeBack(error) || clock.monotonic() - startedMs > patientForMs) {
        throw error;
      }
      await clock.sleep(5_000, signal);
    }
  }
  progress.at = 'switched';
}

function mayComeBack(error: unknown): error is PodidError {
  return isPodidError(error, 'ClusterUnreachable');
}

/** The identity as it stands after it. */
export function rowAfter({ steps, at, failure }: Progress): ExchangeRow {
  const { reason: _reason, ...row } = steps.standing.row;
  if (at === 'switched') {
    return { ...row, source: 'exchange', state: 'exchange' };
  }
  const stays = !steps.switches ? 'untrusted' : at === 'waiting' ? 'blocked' : 'trusted';
  return { ...row, state: stays, ...(failure === undefined ? {} : { reason: failure }) };
}
