import { advice, command, type Hint } from '../../errors/hint.ts';
import type { ArmFault } from './arm-answer.ts';
import type { ArmRequest, KnownFault, SignedIn } from './arm-request.ts';
import { messageOf } from './fault-text.ts';

/** What a 401 means, where one renewed token did not help. */
export function signedOut(fault: ArmFault, request: ArmRequest): KnownFault {
  if (fault.claims !== undefined) {
    return {
      code: 'NotSignedIn',
      message: `Azure wants a stronger sign-in (MFA) to ${request.doing}: ${messageOf(fault)}`,
      hint: strongerHint(fault.claims, request.signedIn?.()),
    };
  }
  const isOtherTenant = fault.code === 'InvalidAuthenticationTokenTenant';
  return {
    code: 'NotSignedIn',
    message: `Azure did not accept the sign-in to ${request.doing}: ${messageOf(fault)}`,
    hint: isOtherTenant
      ? advice`Sign in to the tenant of the subscription: ${command('--tenant TENANT')}, or ${command('az login --tenant TENANT')}`
      : (request.signInHint ?? advice`az login`),
  };
}

/** By which a person signs in, or may have. */
const personsWays: readonly string[] = ['az', 'azd', 'browser', 'device code'];

function strongerHint(
  claims: string,
  { source = 'az', tenantId, isApplication = !personsWays.includes(source) }: Partial<SignedIn> = {},
): Hint {
  const again = command(
    'az login',
    ...(tenantId === undefined ? [] : ['--tenant', tenantId]),
    '--claims-challenge',
    claims,
  );
  if (isApplication) {
    return advice`Only a person can give it. Sign in by az, and podid with it (${command('--auth az')}): ${again}`;
  }
  return source === 'az'
    ? again
    : advice`Sign in by az, and podid with it (${command('--auth az')}): ${again}`;
}
