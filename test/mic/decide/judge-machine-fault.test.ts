import { describe, expect, it } from 'vitest';
import type { MachineFault } from '../../../src/domain/azure/machine-fault.ts';
import { judgeMachineFault } from '../../../src/mic/decide/judge-machine-fault.ts';
import { keyOf, resourceId } from './mic-objects.ts';

const sent = ['web', 'web-2', 'jobs'].map((name) => keyOf(resourceId(name, 'team.(a)')));

function fault(status: number, code: string, message = 'no', more: Partial<MachineFault> = {}): MachineFault {
  return { status, code, message, innermost: { code, message }, ...more };
}

describe('what a refused change means', () => {
  it.each<[string, MachineFault, object]>([
    ['rule 6: another operation', fault(409, 'Conflict'), { kind: 'busy' }],
    ['rule 6: another operation', fault(409, 'OperationNotAllowed'), { kind: 'busy' }],
    ['rule 12: changed meanwhile', fault(412, 'PreconditionFailed'), { kind: 'stale' }],
    [
      'rule 6: 429 of one machine',
      fault(429, 'OperationNotAllowed', 'no', { retryAfterMs: 7_000 }),
      { kind: 'throttled', whom: 'machine', waitMs: 7_000 },
    ],
    [
      'rule 6: 429 where the code says subscription',
      fault(429, 'SubscriptionRequestsThrottled'),
      { kind: 'throttled', whom: 'all', waitMs: 30_000 },
    ],
    [
      'rule 5: a 429 of the identity service within FailedIdentityOperation',
      fault(
        400,
        'FailedIdentityOperation',
        'The principal has issued too many requests. Retry after 20 seconds.',
      ),
      { kind: 'throttled', whom: 'machine', waitMs: 20_000 },
    ],
    ['rule 26: ReadOnly lock', fault(409, 'ScopeLocked'), { kind: 'forbidden' }],
    [
      'rule 26: locked-down node group',
      fault(403, 'DenyAssignmentAuthorizationFailed'),
      { kind: 'forbidden' },
    ],
    ['rule 26: missing role', fault(403, 'AuthorizationFailed'), { kind: 'forbidden' }],
    ['a policy', fault(403, 'RequestDisallowedByPolicy'), { kind: 'forbidden' }],
    ['rule 14: gone', fault(404, 'ResourceNotFound'), { kind: 'gone' }],
    [
      'an id that somebody made up, called by another name',
      fault(400, 'LinkedInvalidPropertyId', "Property id '' at path 'identity' is invalid."),
      { kind: 'bad-identities', keys: [] },
    ],
    [
      'an identity that is not there, called by its type and name',
      fault(
        404,
        'ResourceNotFound',
        "The Resource 'Microsoft.ManagedIdentity/userAssignedIdentities/x' was not found.",
      ),
      { kind: 'bad-identities', keys: [] },
    ],
    ['rule 7: a passing fault', fault(503, ''), { kind: 'transient' }],
    ['rule 7: a failed operation', fault(0, 'InternalError'), { kind: 'transient' }],
  ])('%s', (_rule, given, expected) => {
    expect(judgeMachineFault(given, sent)).toMatchObject(expected);
  });

  it('rule 5: names the identity that Azure names, in any case and with whatever characters', () => {
    const text = `does not have permission on the linked scope(s) '${resourceId('web', 'TEAM.(a)')},${resourceId('x')}'`;
    const judged = judgeMachineFault(fault(403, 'LinkedAuthorizationFailed', text), sent);
    expect(judged).toMatchObject({ kind: 'bad-identities', keys: [sent[0]] });
  });

  it('rule 5: takes no identity for one whose name begins the same', () => {
    const text = `Resource '${sent[1]}' was not found.`;
    const judged = judgeMachineFault(fault(400, 'FailedIdentityOperation', text), sent);
    expect(judged).toMatchObject({ keys: [sent[1]] });
  });

  it.each(['toomanyrequests', 'retry after 99999 seconds', 'too many requests'])(
    "rule 5: takes nothing for Azure's words that somebody has written into an id: %s",
    (name) => {
      const made = keyOf(resourceId(name));
      const text = `Resource '${made}' was not found.`;
      const judged = judgeMachineFault(fault(400, 'FailedIdentityOperation', text), [...sent, made]);
      expect(judged).toMatchObject({ kind: 'bad-identities', keys: [made] });
      const throttle = `${text} The principal has issued too many requests. Retry after 20 seconds.`;
      expect(judgeMachineFault(fault(400, 'FailedIdentityOperation', throttle), sent)).toMatchObject({
        kind: 'throttled',
      });
    },
  );

  it('rule 5: finds the identity also where the answer is about rights, and leaves the machine to the others', () => {
    const text = `No authorization to perform action 'assign/action' over scope '${sent[0]}'.`;
    expect(judgeMachineFault(fault(403, 'AuthorizationFailed', text), sent)).toMatchObject({
      kind: 'bad-identities',
      keys: [sent[0]],
    });
    expect(judgeMachineFault(fault(403, 'InvalidTenant'), sent)).toMatchObject({ kind: 'bad-identities' });
  });

  it('rule 5: names none where Azure names none', () => {
    const judged = judgeMachineFault(fault(400, 'FailedIdentityOperation', 'Something failed.'), sent);
    expect(judged).toMatchObject({ kind: 'bad-identities', keys: [] });
  });
});
