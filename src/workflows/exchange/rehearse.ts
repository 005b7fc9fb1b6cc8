import type { ExchangeAnswer } from '../../domain/azure/federated-credential.ts';
import { unknownTenant } from '../../domain/azure/identity-tenant.ts';
import type { Azure, ManagedIdentity } from '../../domain/ports.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { AccountTokens } from './account-tokens.ts';

export interface RehearseOptions {
  readonly rounds: number;
  /** From the first round to the last. */
  readonly overMs: number;
}

export interface Rehearsal {
  /** Undefined: it passed. Else a code, a colon and a sentence, Entra's own in it. */
  readonly failure?: string;
  /** Of the rounds, as far as they went. */
  readonly passed: number;
  /** Refusals that were outwaited, as the agent outwaits them. */
  readonly refused: number;
}

interface RehearseDeps {
  readonly azure: Pick<Azure, 'exchangeAssertion'>;
  readonly tokens: AccountTokens;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The agent asks so often again, and no more, before a pod hears of a refusal. */
export const pausesMs = [1_000, 2_000, 4_000, 5_000, 6_000];

/** Entra caches that it knows no credential, and asking more often makes it later (azure-workload-identity's FAQ). */
const firstPauseMs = 15_000;

/** Until the first token comes, a credential is on its way: minutes are possible (Entra docs, "considerations"). */
const onItsWayMs = 300_000;

/**
 * What Entra says while a credential, or the identity itself, is not everywhere yet; it says so after a first success,
 * too.
 */
export const lagging = /^AADSTS(?:70021|700211|700213|700016|90061)$/;

/**
 * Exchanges as the agent would, so many times over so long, and compares whom the tokens name. A round passes where the
 * agent would have got a token in it; one that does not ends the rehearsal. Nothing is sent where nobody knows the tenant.
 *
 * @throws PodidError of the cluster's API, and the signal's reason
 */
export async function rehearse(
  deps: RehearseDeps,
  identity: ManagedIdentity,
  { rounds, overMs }: RehearseOptions,
): Promise<Rehearsal> {
  const { clock, signal } = deps;
  const failure = unknownTenant(identity);
  if (failure !== undefined) {
    return { failure, passed: 0, refused: 0 };
  }
  const beganMs = clock.monotonic();
  let startMs = beganMs;
  let refused = 0;
  for (let round = 0; round < rounds; round += 1) {
    const dueMs = startMs + (rounds > 1 ? (round * overMs) / (rounds - 1) : 0);
    if (dueMs > clock.monotonic()) {
      await clock.sleep(dueMs - clock.monotonic(), signal);
    }
    for (let tries = 0; ; tries += 1) {
      const answer = await askOnce(deps, identity);
      const failure = judge(answer, identity);
      if (failure === undefined) {
        break;
      }
      refused += 1;
      const isFirst = round === 0 && clock.monotonic() - beganMs < onItsWayMs;
      const pauseMs = isFirst ? firstPauseMs : pausesMs[tries];
      if (!mayPass(answer) || pauseMs === undefined) {
        return { failure, passed: round, refused };
      }
      const askedMs = answer.kind === 'refused' ? (answer.retryAfterMs ?? 0) : 0;
      await clock.sleep(Math.max(pauseMs, askedMs), signal);
    }
    // The rounds after the first success are so far apart as they were asked to be.
    startMs = round === 0 ? clock.monotonic() : startMs;
  }
  return { passed: rounds, refused };
}

/** An API server that is away for a moment says nothing about the credential. */
async function askOnce(deps: RehearseDeps, identity: ManagedIdentity): Promise<ExchangeAnswer> {
  const { azure, tokens, signal } = deps;
  try {
    const { token } = await tokens.get(signal);
    const { clientId, tenantId = '' } = identity;
    return await azure.exchangeAssertion({ clientId, tenantId, token }, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!isPodidError(error, 'ClusterUnreachable')) {
      throw error;
    }
    return { kind: 'refused', code: error.code, sentence: error.message, passing: true };
  }
}

function mayPass(answer: ExchangeAnswer): boolean {
  return answer.kind === 'refused' && (answer.passing || lagging.test(answer.code));
}

/** Why the answer proves nothing of the identity: a code, a colon and a sentence; undefined where it does. */
export function judge(answer: ExchangeAnswer, identity: ManagedIdentity): string | undefined {
  if (answer.kind === 'refused') {
    return `${answer.code}: ${answer.sentence}`;
  }
  const compared = [
    ['appid', answer.clientId, identity.clientId],
    ['oid', answer.objectId, identity.principalId],
    ['tid', answer.tenantId, identity.tenantId ?? ''],
  ] as const;
  const differing = compared.filter(([, came, wanted]) => came.toLowerCase() !== wanted.toLowerCase());
  return differing.length === 0
    ? undefined
    : `OtherIdentity: the token that came is not of this identity: ${differing.map(([claim, came, wanted]) => `${claim} is ${came || 'missing'} instead of ${wanted}`).join(', ')}.`;
}
