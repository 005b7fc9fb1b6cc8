import {
  credentialOf,
  type FederatedCredential,
  type FederatedTrust,
  federatedCredentialLimit,
  trusts,
} from '../../domain/azure/federated-credential.ts';
import type { ResourceId } from '../../domain/azure/resource-id.ts';
import { advice, command, type Hint, othersText } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { ArmFault } from '../connection/arm-answer.ts';
import type { ArmRequest, KnownFault } from '../connection/arm-request.ts';
import { messageOf } from '../connection/fault-text.ts';
import { parentMissing } from './paced-writes.ts';

interface Refused {
  readonly id: ResourceId;
  readonly trust: FederatedTrust;
  readonly refusal: PodidError;
}

/** What is there explains why Azure took no other: the same trust by another name, or twenty. */
export function adopt(
  there: readonly FederatedCredential[],
  { id, trust, refusal }: Refused,
): { readonly name: string; readonly created: boolean } {
  const same = credentialOf(there, trust);
  if (same !== undefined && trusts(same, trust)) {
    return { name: same.name, created: false };
  }
  const scope = { target: id.text, details: refusal.details };
  const identityFlags = [
    '--identity-name',
    id.name,
    '-g',
    id.resourceGroup,
    '--subscription',
    id.subscriptionId,
  ];
  if (same !== undefined) {
    throw new PodidError(
      'FederatedCredentialDiffers',
      `Managed identity ${id.name} has a federated credential ${same.name} of the same issuer and subject, for the audience ${same.audiences.join(', ')} instead of ${trust.audience}; Azure keeps one of them: ${refusal.message}`,
      {
        ...scope,
        hint: advice`Whoever made it knows whether it is used; when it is not: ${command('az identity federated-credential delete --name', same.name, ...identityFlags)}`,
      },
    );
  }
  if (there.length >= federatedCredentialLimit) {
    throw new PodidError(
      'LimitReached',
      `Managed identity ${id.name} has ${there.length} federated credentials, and Azure takes no more: ${there.map(({ name }) => name).join(', ')}.`,
      {
        ...scope,
        hint: advice`Delete one that nobody needs, or use another managed identity; they are: ${command('az identity federated-credential list', ...identityFlags, '-o', 'table')}`,
      },
    );
  }
  throw refusal;
}

const busyCode = 'ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity';

export function knownAnswer({ name, text }: ResourceId): (fault: ArmFault) => KnownFault | undefined {
  return (fault) => {
    if (fault.code === 'RequestDisallowedByPolicy') {
      return {
        code: 'AzureRefused',
        message: `An Azure Policy denies federated credentials, and managed identity ${name} got none: ${messageOf(fault)}`,
        hint: exemption(fault, text),
      };
    }
    if (fault.status === 405) {
      return {
        code: 'FederationUnavailable',
        message: `Azure has no federated credentials in the region of managed identity ${name}: ${messageOf(fault)}`,
        hint: advice`A managed identity in another region serves the same pods; give it the roles of this one, and then it to the pods: ${command('podid update --namespace NAMESPACE --name NAME --identity-resource-id ID')}`,
      };
    }
    if (fault.code === busyCode || fault.code === parentMissing) {
      return {
        code: 'Unavailable',
        message: `Azure does not change the federated credentials of managed identity ${name} yet: ${messageOf(fault)}`,
        hint: advice`Try the same command again in a moment.`,
      };
    }
    return undefined;
  };
}

/** Azure names the assignment in its sentence, as JSON. */
function exemption({ message }: ArmFault, scope: string): Hint {
  const [, assignment] = /"id":"([^"]+\/policyAssignments\/[^"]+)"/i.exec(message) ?? [];
  return assignment === undefined
    ? advice`Whoever owns the Azure Policy can exempt the identity; those that hold for it: ${command('az policy assignment list --disable-scope-strict-match --scope', scope)}`
    : advice`Whoever owns the Azure Policy can exempt the identity: ${command('az policy exemption create --name podid-federation --exemption-category Waiver --policy-assignment', assignment, '--scope', scope)}`;
}

/** Of the built-in roles: Managed Identity Operator reads credentials and cannot make them. */
export async function withSmallestRole<Result>(
  about: ArmRequest,
  ask: () => Promise<Result>,
): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    const { code, message, details, requestId, correlationId } = error;
    const role = about.action.endsWith('/read')
      ? 'Managed Identity Operator'
      : 'Managed Identity Contributor';
    throw new PodidError(code, message, {
      details,
      target: about.scope,
      ...(requestId === undefined ? {} : { requestId }),
      ...(correlationId === undefined ? {} : { correlationId }),
      cause: error,
      hint: advice`Have an owner give the smallest built-in role for it: ${command('az role assignment create --role', role, '--scope', about.scope, '--assignee', 'PRINCIPAL')}; a role of your own needs ${othersText('Microsoft.ManagedIdentity/userAssignedIdentities/read')} and ${othersText(about.action)}`,
    });
  }
}
