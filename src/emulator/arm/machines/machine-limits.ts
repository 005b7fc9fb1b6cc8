import { ErrorAnswer } from '../../http.ts';
import type { World } from '../../world.ts';
import { armError } from '../arm-answers.ts';
import { type Charge, type Short, takeTokens } from '../token-buckets.ts';
import { documentedLimits, type LimitName } from './documented-limits.ts';

export type MachineCharge = Charge<LimitName>;

/**
 * Takes the tokens of a request, all or none.
 *
 * @throws ErrorAnswer 429 with `Retry-After`, in Compute's form
 */
export function spend(world: World, charges: readonly MachineCharge[]): void {
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
export function spendAssignments(
  world: World,
  charge: Omit<MachineCharge, 'limit'>,
  machineId: string,
): void {
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

function take(world: World, charges: readonly MachineCharge[]): Short<LimitName> | undefined {
  const { machineLimits } = world.settings;
  if (machineLimits === 'none') {
    return undefined;
  }
  return takeTokens(world, machineLimits === 'documented' ? documentedLimits : machineLimits, charges);
}
