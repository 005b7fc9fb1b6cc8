import type { AzureIdentity } from '../../domain/kubernetes/identity-resources.ts';
import { type ErrorAnswer, noIdentity } from '../http/error-answer.ts';
import type { ServicePrincipal, TokenSubject } from '../tokens/token.ts';

/**
 * Whose token an AzureIdentity stands for. Never the node's default: an identity that names nobody is
 * refused, where upstream asked IMDS without naming one and so handed out the node's own.
 */
export function identitySubject(identity: AzureIdentity): TokenSubject | ErrorAnswer {
  const { type = 0, clientID, resourceID } = identity.spec;
  if (type === 1 || type === 2) {
    return servicePrincipal(identity, type === 1 ? 'secret' : 'certificate');
  }
  if (type !== 0) {
    return incomplete(identity, `has the type ${type}, which is none of 0, 1 and 2`);
  }
  if (clientID) {
    return { kind: 'managed-identity', choice: { clientId: clientID } };
  }
  return resourceID
    ? { kind: 'managed-identity', choice: { resourceId: resourceID } }
    : incomplete(identity, 'has neither a clientID nor a resourceID');
}

function servicePrincipal(
  identity: AzureIdentity,
  kind: ServicePrincipal['kind'],
): ServicePrincipal | ErrorAnswer {
  const { namespace } = identity.metadata;
  const { clientID, tenantID, clientPassword, auxiliaryTenantIDs, adEndpoint } = identity.spec;
  if (!clientID || !tenantID || !clientPassword?.name) {
    return incomplete(identity, 'lacks a clientID, a tenantID or the name of its secret');
  }
  const secret = { namespace: clientPassword.namespace || namespace, name: clientPassword.name };
  if (secret.namespace !== namespace) {
    return {
      kind: 'error',
      status: 403,
      error: 'unauthorized_client',
      reason: 'foreign-secret',
      description: `The AzureIdentity ${namespace}/${identity.metadata.name} names a secret of another namespace.`,
    };
  }
  return {
    kind,
    namespace,
    tenantId: tenantID,
    auxiliaryTenantIds: kind === 'secret' ? (auxiliaryTenantIDs ?? []) : [],
    clientId: clientID,
    secret,
    ...(adEndpoint ? { adEndpoint } : {}),
  };
}

function incomplete({ metadata }: AzureIdentity, what: string): ErrorAnswer {
  return noIdentity(
    'incomplete-identity',
    `The AzureIdentity ${metadata.namespace}/${metadata.name} ${what}.`,
  );
}
