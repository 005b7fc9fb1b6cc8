import { ErrorAnswer } from '../../http.ts';
import type { World } from '../../world.ts';
import { armError } from '../arm-answers.ts';
import { takeTokens } from '../token-buckets.ts';

/** What Microsoft documents of user-assigned identities, a second, in one identity, a subscription and a tenant; nothing is saved up. */
const perSecond = {
  put: [0.25, 2, 10],
  delete: [0.25, 2, 10],
  get: [0.5, 10, 30],
  list: [0.25, 5, 15],
} as const;

export type CredentialRequest = keyof typeof perSecond;

/** @throws ErrorAnswer 429 with `Retry-After`, where the world's setting has those limits */
export function spendRequest(world: World, what: CredentialRequest, identityId: string): void {
  if (world.settings.credentialLimits === 'none') {
    return;
  }
  const [, , subscription = ''] = identityId.split('/');
  const scopes = { resource: identityId, subscription, tenant: world.tenantId };
  const named = Object.entries(scopes).map(([scope, of], index) => ({
    limit: `${what} federated credentials of a ${scope}`,
    of,
    rate: perSecond[what][index] ?? 0,
  }));
  const limits = named.map(({ limit, rate }) => [limit, { perMinute: rate * 60, most: Math.max(1, rate) }]);
  const short = takeTokens<string>(world, Object.fromEntries(limits), named);
  if (short === undefined) {
    return;
  }
  throw new ErrorAnswer({
    ...armError(429, 'TooManyRequests', `Too many requests: ${short.limit}. Try again later.`),
    headers: { 'retry-after': String(short.retryAfterSec) },
  });
}
