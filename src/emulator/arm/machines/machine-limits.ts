import { ErrorAnswer } from '../../http.ts';
import type { World } from '../../world.ts';
import { armError } from '../arm-answers.ts';
import { documentedLimits, type LimitName, type MachineLimits } from './documented-limits.ts';

export interface Charge {
  readonly limit: LimitName;
  /** What the tokens are counted by: a machine's or a subscription's id. */
  readonly of: string;
  /** 1 when absent. */
  readonly tokens?: number;
}

/**
 * Takes the tokens of a request, all or none.
 *
 * @throws ErrorAnswer 429 with `Retry-After`, in Compute's form
 */
export function spend(world: World, charges: readonly Charge[]): void {
  const short = take(world, charges);
  if (short === undefined) {
    return;
  }
  const target = `Microsoft.Compute/${short.limit}`;
  const message = 'The server rejected the request because too many requests have been received for this';
  const isOfOne = ['updateMachine', 'getMachine', 'pollVirtualMachine'].includes(short.limit);
  const answer = armError(
    429,
    'OperationNotAllowed',
    `${message} ${isOfOne ? 'resource' : 'subscription'}.`,
    [{ code: 'TooManyRequests', target, message: JSON.stringify({ operationGroup: short.limit }) }],
  );
  throw new ErrorAnswer({
    ...answer,
    headers: {
      'retry-after': String(short.retryAfterSec),
      'x-ms-ratelimit-remaining-resource': `${target};0`,
    },
  });
}

/**
 * Takes the tokens of identities that are put on a machine.
 *
 * @param machineId as the answer names it
 * @throws ErrorAnswer 429 of the identity service, which Compute wraps: its time is in the text alone
 */
export function spendAssignments(world: World, charge: Omit<Charge, 'limit'>, machineId: string): void {
  const short = take(world, [{ ...charge, limit: 'assignIdentities' }]);
  if (short === undefined) {
    return;
  }
  const inner = JSON.stringify({
    error: {
      code: '429',
      message: `Request is temporarily throttled because resource ${machineId} has issued too many requests. Retry after ${short.retryAfterSec} seconds.`,
    },
  });
  throw new ErrorAnswer(
    armError(
      429,
      'FailedIdentityOperation',
      `Identity operation for resource '${machineId}' failed with error 'Failed to perform resource identity operation. Status: '429'. Response: '${inner}'.'.`,
    ),
  );
}

interface Short {
  readonly limit: LimitName;
  readonly retryAfterSec: number;
}

/** @returns the charge that has to wait longest, where there are not tokens for all */
function take(world: World, charges: readonly Charge[]): Short | undefined {
  const { machineLimits } = world.settings;
  if (machineLimits === 'none') {
    return undefined;
  }
  const limits: MachineLimits = machineLimits === 'documented' ? documentedLimits : machineLimits;
  const now = world.clock.now();
  const due = charges.flatMap(({ limit, of, tokens = 1 }) => {
    const bucket = limits[limit];
    if (bucket === undefined) {
      return [];
    }
    const key = `${limit} ${of.toLowerCase()}`;
    const before = world.buckets.get(key) ?? { tokens: bucket.most, at: now };
    const refilled = before.tokens + ((now - before.at) / 60_000) * bucket.perMinute;
    return [{ limit, key, bucket, left: Math.min(bucket.most, refilled) - Math.min(tokens, bucket.most) }];
  });
  const short = due
    .filter(({ left }) => left < 0)
    .map(({ limit, bucket, left }) => ({ limit, waitMs: (-left / bucket.perMinute) * 60_000 }))
    .sort((a, b) => b.waitMs - a.waitMs)[0];
  if (short !== undefined) {
    return { limit: short.limit, retryAfterSec: realSeconds(world, short.waitMs) };
  }
  for (const { key, left } of due) {
    world.buckets.set(key, { tokens: left, at: now });
  }
  return undefined;
}

/** Callers wait by their own clock, which the emulator's may outrun. */
function realSeconds({ clock }: World, emulatorMs: number): number {
  return Math.max(1, Math.ceil(emulatorMs / 1000 / (clock.speed || 1)));
}
