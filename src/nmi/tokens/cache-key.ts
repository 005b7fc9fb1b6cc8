import type { ManagedIdentityChoice, ServicePrincipal } from '../../domain/kubernetes/identity-credential.ts';
import type { TokenQuestion } from './token.ts';

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
    default:
      return `s${parts(principalParts(subject))}${part(credentialTag)}${resource}`;
  }
}

/** Azure compares ids without regard to case. */
function choicePart({ clientId, resourceId, objectId }: ManagedIdentityChoice): string {
  return `${part(clientId?.toLowerCase() ?? '')}${part(resourceId?.toLowerCase() ?? '')}${part(objectId?.toLowerCase() ?? '')}`;
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
