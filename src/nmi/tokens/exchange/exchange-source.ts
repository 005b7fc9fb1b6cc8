import type { ExchangedIdentity } from '../../../domain/kubernetes/identity-credential.ts';
import { backoffMs } from '../../../domain/time/backoff.ts';
import type { Clock } from '../../../domain/time/clock.ts';
import { limitTime } from '../../../domain/time/time-limit.ts';
import type { Network } from '../../../network/network.ts';
import type { HttpAnswer } from '../bounded-exchange.ts';
import { type EntraAuthority, entraAuthority } from '../entra/entra-authority.ts';
import { entraUnavailable } from '../entra/judge-entra-answer.ts';
import { postToEntra, whyNoAnswer } from '../entra/post-to-entra.ts';
import { type ParsedToken, parseTokenAnswer } from '../parse-token-answer.ts';
import type { UpstreamRequest, UpstreamSource } from '../token.ts';
import type { TokenRefused } from '../token-error.ts';
import type { UpstreamQueue } from '../upstream-queue.ts';
import type { AccountTokens } from './account-tokens.ts';
import type { ExchangeObserver } from './exchange-observer.ts';
import { createExchangePauses, type ExchangePauses } from './exchange-pauses.ts';
import {
  clockAheadMs,
  type ExchangeFault,
  judgeExchangeAnswer,
  knownMissing,
  noAnswer,
  trustPauseSec,
} from './judge-exchange-answer.ts';
import { createPodAllowances, type PodAllowances } from './pod-allowances.ts';
import { readAssertion } from './read-assertion.ts';

export interface ExchangeSourceOptions {
  /** `--exchange-authority`: `https://login.microsoftonline.com/`. */
  readonly authority: string;
  /** Hosts beside Azure's own that an authority may have, as `host` or `host:port`. */
  readonly allowedHosts: readonly string[];
  readonly tokenFile: string;
  /** Makes tokens of the pods' own accounts. */
  readonly accountTokens: AccountTokens;
  readonly clock: Clock;
  /** Every attempt takes a turn of it. */
  readonly queue: UpstreamQueue;
  readonly network: Network;
  readonly observer: ExchangeObserver;
  readonly deadlineMs?: number;
  /** For one request. */
  readonly attemptMs?: number;
}

/**
 * Entra's lookup of federated credentials is eventually consistent: of 1,021 exchanges by one that was a month old, 22
 * were refused (kedacore/keda#8152). So a missing trust is asked for again five times before anybody hears of it.
 */
const trustPausesMs = [1_000, 2_000, 4_000, 5_000, 6_000];
const transportPauses = { firstMs: 400, mostMs: 2_000 };
const transportAttempts = 3;
/** An answer that is not there by then does not come; another connection may get one. */
const usualAttemptMs = 10_000;
/** No attempt is begun later than this after the first. */
const lastAttemptMs = 22_000;
/** A federated credential is known everywhere after minutes at most; one that is missing for longer is not on its way. */
const onItsWayMs = 600_000;
/** Agents that begin together, after a node pool or a cluster did, do not all ask at one moment. */
const spread = { windowMs: 10_000, mostMs: 1_000 };
/** Around the half of the lifetime, by chance: the agents of a cluster, which had their tokens together, renew them apart. */
const renewFrom = { least: 0.45, most: 0.55 };

/**
 * Asks Entra for tokens of user-assigned identities by the token of a service account, the agent's own or the pod's: a
 * federated credential of the identity says that Entra takes it. The node's IMDS and its quota have no part in it.
 */
export function createExchangeSource(options: ExchangeSourceOptions): UpstreamSource {
  const { clock } = options;
  const pauses = createExchangePauses(clock);
  const allowances = createPodAllowances(clock);
  const startedMs = clock.monotonic();
  const deadline = {
    clock,
    ms: options.deadlineMs ?? 28_000,
    reason: () => entraUnavailable('gave no token in time', false),
  };
  return {
    fetch(request, signal) {
      const { subject } = request.question;
      if (subject.kind !== 'exchange') {
        throw new Error('Only tokens of identities that say so are exchanged.');
      }
      return limitTime(deadline, signal, async (inTime) => {
        if (clock.monotonic() - startedMs < spread.windowMs) {
          await clock.sleep(clock.random() * spread.mostMs, inTime);
        }
        const { token, lifetimeMs } = await askWithRetry(
          { ...options, pauses, allowances },
          { request, subject },
          inTime,
        );
        return { answer: [token], lifetimeMs, renewFrom };
      });
    },
  };
}

type Deps = ExchangeSourceOptions & { readonly pauses: ExchangePauses; readonly allowances: PodAllowances };

interface Run {
  readonly request: UpstreamRequest;
  readonly subject: ExchangedIdentity;
}

async function askWithRetry(deps: Deps, run: Run, signal: AbortSignal): Promise<ParsedToken> {
  const { clock, pauses, queue } = deps;
  const authority = entraAuthority(deps.authority, run.subject.tenantId, deps.allowedHosts);
  const { clientId, account } = run.subject;
  // Another account is another federated credential.
  const by = account === undefined ? '' : ` ${account.namespace}/${account.name}`;
  const identity = `${authority.url} ${clientId.toLowerCase()}${by}`;
  const beganMs = clock.monotonic();
  for (let attempt = 1; ; attempt += 1) {
    pauses.check(authority.url, identity);
    if (attempt === 1) {
      deps.allowances.charge(run.request.askers);
    }
    const outcome = await queue.run(run.request.askers, signal, () =>
      askOnce(deps, { ...run, authority }, signal),
    );
    if (outcome.kind === 'token') {
      pauses.trusted(identity);
      return outcome;
    }
    const isMissing =
      outcome.passes === 'trust' && clock.monotonic() - pauses.distrusted(identity) >= onItsWayMs;
    const pauseMs = isMissing ? undefined : nextPauseMs(outcome, attempt, clock);
    if (pauseMs === undefined || clock.monotonic() + pauseMs - beganMs > lastAttemptMs) {
      const fault = isMissing ? { ...outcome, refused: knownMissing(outcome.refused) } : outcome;
      throw refusalOf(fault, deps, { authority: authority.url, identity });
    }
    await clock.sleep(pauseMs, signal);
  }
}

/** Undefined where asking again does not help, or was done often enough. */
function nextPauseMs(
  { passes, pauseMs = 0 }: ExchangeFault,
  attempt: number,
  clock: Pick<Clock, 'random'>,
): number | undefined {
  if (passes === 'trust' || passes === 'issuer') {
    const usualMs = trustPausesMs[attempt - 1];
    return usualMs === undefined ? undefined : usualMs * (0.9 + 0.2 * clock.random());
  }
  return passes === 'transport' && attempt < transportAttempts && pauseMs <= transportPauses.mostMs
    ? Math.max(pauseMs, backoffMs(transportPauses, attempt, clock.random()))
    : undefined;
}

/** What reaches beyond this token is remembered. */
function refusalOf(
  { refused, concerns }: ExchangeFault,
  { pauses, clock }: Deps,
  keys: { readonly authority: string; readonly identity: string },
): TokenRefused {
  if (concerns !== undefined) {
    // Later than asked, and each agent of a cluster at another moment.
    const ms = (refused.retryAfterSec ?? trustPauseSec) * 1000 * (1 + clock.random() / 4);
    pauses.pause(keys[concerns], refused, ms);
  }
  return refused;
}

async function askOnce(
  { tokenFile, accountTokens, clock, network, observer, attemptMs = usualAttemptMs }: Deps,
  { request, subject, authority }: Run & { readonly authority: EntraAuthority },
  signal: AbortSignal,
): Promise<ParsedToken | ExchangeFault> {
  const { clientId, tenantId } = subject;
  const { resource } = request.question;
  const { account } = subject;
  const made =
    account === undefined ? readAssertion(tokenFile) : accountTokens.make(account, request.askers, signal);
  const assertion = await made.catch((error: unknown) => {
    signal.throwIfAborted();
    observer.answered(account === undefined ? 'token-file' : 'token-request');
    throw error;
  });
  const url = authority.tokenEndpoint;
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    // The resource as it stands, also behind a slash: the token's audience has it so, and services compare it.
    scope: `${resource}/.default`,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion.jwt,
  }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  let answer: HttpAnswer;
  try {
    answer = await limitTime({ clock, ms: attemptMs, reason: silent }, signal, (inTime) =>
      postToEntra({ url, headers, body }, network, inTime),
    );
  } catch (error) {
    signal.throwIfAborted();
    observer.answered('no-answer');
    return noAnswer(await whyNoAnswer(error, url, network));
  }
  const wallMs = clock.now();
  const aheadMs = clockAheadMs(answer, wallMs);
  if (aheadMs !== undefined) {
    observer.clockAhead(aheadMs);
  }
  const outcome = readAnswer(answer, { assertion, clientId, tenantId, wallMs, resource });
  observer.answered(outcome.kind === 'token' ? 'token' : outcome.code);
  return outcome;
}

/** As Node has it of a peer that says nothing. */
function silent(): Error {
  return Object.assign(new Error('No answer came in time.'), { code: 'ETIMEDOUT' });
}

function readAnswer(
  answer: HttpAnswer,
  context: Parameters<typeof judgeExchangeAnswer>[1] & { readonly resource: string },
): ParsedToken | ExchangeFault {
  if (answer.status !== 200) {
    return judgeExchangeAnswer(answer, context);
  }
  const { clientId } = context;
  const parsed = parseTokenAnswer(answer.body, context);
  if (parsed === undefined) {
    return noAnswer('its answer holds no token');
  }
  return parsed.token.clientId.toLowerCase() === clientId.toLowerCase()
    ? parsed
    : noAnswer('it gave the token of another identity than was asked for');
}
