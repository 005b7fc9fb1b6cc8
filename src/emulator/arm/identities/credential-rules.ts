import { type JsonObject, listAt, textAt } from '../../exact-json.ts';
import { ErrorAnswer } from '../../http.ts';
import type { World } from '../../world.ts';
import { refuseAsArm } from '../arm-answers.ts';
import { type ArmCall, objectBody, param } from '../arm-call.ts';
import { matchesAction } from '../roles.ts';

const resourceType = 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials';

/** `federatedIdentityCredentials_Create` in Microsoft's specification. */
const namePattern = /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}$/;
const longestText = 600;
/** Azure takes so many on one identity. */
const mostOfAnIdentity = 20;

export interface CredentialProperties {
  readonly issuer: string;
  /** null: of a flexible credential, which has an expression in place of it. */
  readonly subject: string | null;
  readonly audiences: string[];
}

/**
 * The properties of a credential that a PUT would write.
 * @param others of the same identity
 * @throws Refusal 400
 */
export function checkedProperties(call: ArmCall, others: readonly JsonObject[]): CredentialProperties {
  if (!namePattern.test(param(call, 'name'))) {
    refuseAsArm(
      400,
      'BadRequest',
      `The name '${param(call, 'name')}' of the federated identity credential is invalid: 3 to 120 letters, digits, '-' and '_', beginning with a letter or a digit.`,
    );
  }
  const body = objectBody(call);
  const issuer = textAt(body, 'properties', 'issuer') ?? '';
  const subject = textAt(body, 'properties', 'subject') ?? '';
  const audiences = listAt(body, 'properties', 'audiences').map(String);
  if (issuer === '' || subject === '' || audiences.length !== 1) {
    refuseAsArm(400, 'BadRequest', 'issuer, subject and exactly one audience are required.');
  }
  for (const [member, text] of Object.entries({ issuer, subject, audience: audiences[0] ?? '' })) {
    if (text.length > longestText) {
      refuseAsArm(400, 'BadRequest', `The ${member} is longer than ${longestText} characters.`);
    }
  }
  const isSame = (one: JsonObject) =>
    textAt(one, 'properties', 'issuer') === issuer && textAt(one, 'properties', 'subject') === subject;
  if (others.some(isSame)) {
    refuseAsArm(
      400,
      'BadRequest',
      'Issuer and subject combination already exists for this Managed Identity.',
    );
  }
  if (others.length >= mostOfAnIdentity) {
    refuseAsArm(
      400,
      'BadRequest',
      `Too many federated identity credentials: an identity has at most ${mostOfAnIdentity}.`,
    );
  }
  return { issuer, subject, audiences };
}

/**
 * What stands in the way of any change, whatever the credential.
 * @throws Refusal 403 AuthorizationFailed | RequestDisallowedByPolicy, 405
 */
export function checkMayChange(call: ArmCall, action: 'write' | 'delete', identity: JsonObject): void {
  const { callerLacks, credentialPolicy, regionsWithoutCredentials } = call.world.settings;
  const wanted = `${resourceType}/${action}`;
  if (callerLacks.some((pattern) => matchesAction(pattern, wanted))) {
    refuseAsArm(
      403,
      'AuthorizationFailed',
      `The client does not have authorization to perform action '${wanted}' over scope '${call.request.path}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
    );
  }
  if (action === 'delete') {
    return;
  }
  if (credentialPolicy !== '') {
    refuseByPolicy(call, credentialPolicy);
  }
  const location = textAt(identity, 'location') ?? '';
  if (regionsWithoutCredentials.includes(location)) {
    refuseAsArm(
      405,
      'MethodNotAllowed',
      `Support for federated identity credentials not enabled in the region '${location}'.`,
    );
  }
}

function refuseByPolicy(call: ArmCall, assignment: string): never {
  const id = `/subscriptions/${param(call, 'subscription')}/providers/Microsoft.Authorization/policyAssignments/${assignment}`;
  const identifiers = JSON.stringify([{ policyAssignment: { name: assignment, id } }]);
  throw new ErrorAnswer({
    status: 403,
    body: {
      error: {
        code: 'RequestDisallowedByPolicy',
        target: param(call, 'name'),
        message: `Resource '${param(call, 'name')}' was disallowed by policy. Policy identifiers: '${identifiers}'.`,
        additionalInfo: [{ type: 'PolicyViolation', info: { policyAssignmentId: id } }],
      },
    },
  });
}

/** One write at a time on an identity. @throws Refusal 409 */
export function refuseConcurrent({ credentialWrites }: World, identityId: string): void {
  if (!credentialWrites.has(identityId.toLowerCase())) {
    return;
  }
  refuseAsArm(
    409,
    'ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity',
    `Too many Federated Identity Credentials are written concurrently for the managed identity '${identityId}'. Concurrent Federated Identity Credentials writes under the same managed identity are not supported.`,
  );
}
