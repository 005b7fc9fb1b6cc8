import { createHash } from 'node:crypto';
import type {
  ExchangedIdentity,
  ManagedIdentityChoice,
  ServicePrincipal,
} from '../../domain/kubernetes/identity-credential.ts';
import type { AsksAnew, IssuedAnswer, RenewalWindow, TokenAnswer, TokenQuestion } from './token.ts';

/**
 * A token is not given out in its last two minutes where a new one is to be had: what the caller starts with it should
 * also end with it.
 */
export const endMarginMs = 2 * 60_000;
/**
 * An answer whose end is near from the start is shared for a moment nevertheless, or every request would go
 * upstream.
 */
const sharedAnywayMs = 10_000;
/** In its last stretch a token is given out only when a new one is not to be had shortly. */
const lateStretchMs = 10 * 60_000;
/** Before the half of the lifetime, at which Azure's SDKs ask again. */
const usualRenewal: RenewalWindow = { least: 0.35, most: 0.5 };
const soonestRenewalMs = 60_000;
/** Callers get a token replaced at most this often, so that none spends the calls that IMDS allows the node. */
const anewEveryMs = 60_000;

/** Less is of use to nobody. */
const leastUseMs = 5_000;

export interface Moment {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** A token answer in memory. It ends by the wall clock or by the monotonic one, whichever is first. */
export interface HeldAnswer {
  readonly answer: TokenAnswer;
  readonly bytes: number;
  readonly fetchedAtMs: number;
  readonly endsAtMs: number;
  readonly endsAtWallMs: number;
  readonly lateFromMs: number;
  renewFromMs: number;
  /** From when on a caller may have it replaced. */
  anewFromMs: number;
}

/**
 * @param jitter in [0, 1): spreads renewals over their window
 */
export function holdAnswer(issued: IssuedAnswer, at: Moment, jitter: number): HeldAnswer {
  const { answer, lifetimeMs, renewFrom: { least, most } = usualRenewal } = issued;
  const endsAtMs = at.monotonicMs + lifetimeMs;
  return {
    answer,
    bytes: answer.reduce((sum, token) => sum + token.accessToken.length + token.resource.length + 200, 0),
    fetchedAtMs: at.monotonicMs,
    endsAtMs,
    endsAtWallMs: Math.min(...answer.map((token) => token.expiresOnSec)) * 1000,
    lateFromMs: endsAtMs - Math.min(lateStretchMs, lifetimeMs / 4),
    anewFromMs: at.monotonicMs + anewEveryMs,
    renewFromMs: at.monotonicMs + Math.max(soonestRenewalMs, lifetimeMs * (least + (most - least) * jitter)),
  };
}

/** Whether it is of use yet, with some seconds for the way. */
export function isAlive(held: HeldAnswer, at: Moment): boolean {
  return Math.min(held.endsAtMs - at.monotonicMs, held.endsAtWallMs - at.wallMs) > leastUseMs;
}

/** Whether the answer may be given out without a look for a newer one. */
export function isGood(held: HeldAnswer, at: Moment): boolean {
  const byMonotonic = held.endsAtMs - at.monotonicMs;
  if (Math.min(byMonotonic, held.endsAtWallMs - at.wallMs) > endMarginMs) {
    return true;
  }
  return byMonotonic > 0 && at.monotonicMs < held.fetchedAtMs + sharedAnywayMs;
}

export function isRenewalDue(held: HeldAnswer, at: Moment): boolean {
  return at.monotonicMs >= held.renewFromMs;
}

export function isLate(held: HeldAnswer, at: Moment): boolean {
  return at.monotonicMs >= held.lateFromMs;
}

/** Whether the caller's wish for a new token is granted now; a token that came since is new enough. */
export function isAnewDue(
  { answer, anewFromMs }: HeldAnswer,
  asksAnew: AsksAnew | undefined,
  { monotonicMs }: Moment,
): boolean {
  if (asksAnew === undefined || monotonicMs < anewFromMs) {
    return false;
  }
  const { tokenSha256 } = asksAnew;
  return tokenSha256 === undefined || answer.some(({ accessToken }) => sha256(accessToken) === tokenSha256);
}

/** To be called when the wish is granted, whatever comes of it. */
export function grantAnew(held: HeldAnswer, { monotonicMs }: Moment): void {
  held.anewFromMs = monotonicMs + anewEveryMs;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * One string for each question that has the same answer. Every part carries its length, so that no identity
 * can be written in such a way that its key is another's.
 * @param credentialTag a digest of the credential of a service principal: two that share a client id and not
 * the secret share no token
 */
export function cacheKey({ subject, resource }: TokenQuestion, credentialTag = ''): string {
  switch (subject.kind) {
    case 'managed-identity':
      return `m${choicePart(subject.choice)}${resource}`;
    case 'node-default':
      return `n${resource}`;
    case 'exchange':
      return `x${parts([subject.clientId.toLowerCase(), subject.tenantId.toLowerCase(), ...accountParts(subject)])}${resource}`;
    default:
      return `s${parts(principalParts(subject))}${part(credentialTag)}${resource}`;
  }
}

/** Azure compares ids without regard to case. */
function choicePart({ clientId, resourceId, objectId }: ManagedIdentityChoice): string {
  return `${part(clientId?.toLowerCase() ?? '')}${part(resourceId?.toLowerCase() ?? '')}${part(objectId?.toLowerCase() ?? '')}`;
}

/** Entra judges each account by itself: what one of them gets is never another's answer. */
function accountParts({ subject, account }: ExchangedIdentity): readonly string[] {
  return [subject, account?.namespace ?? '', account?.name ?? ''];
}

function principalParts(subject: ServicePrincipal): readonly string[] {
  return [
    subject.kind,
    subject.namespace,
    subject.secret.namespace,
    subject.secret.name,
    subject.adEndpoint ?? '',
    subject.clientId.toLowerCase(),
    subject.tenantId.toLowerCase(),
    String(subject.auxiliaryTenantIds.length),
    ...subject.auxiliaryTenantIds.map((tenant) => tenant.toLowerCase()),
  ];
}

function parts(values: readonly string[]): string {
  return values.map(part).join('');
}

function part(value: string): string {
  return `${value.length}:${value}`;
}
