import { advice, command } from '../../../errors/hint.ts';
import type { FederatedCredential } from '../../azure/federated-credential.ts';
import { entryText } from '../../entries/pod-identity.ts';
import { azIdentityFlags } from '../../migrate/workload-commands.ts';
import type { AccessRole, Finding, IdentityAccess, Severity } from '../access-report.ts';
import { accountOfSubject } from '../ways/account-ways.ts';
import type { FindingFacts } from './finding-facts.ts';

/** AKS makes it for its identity bindings, and shares it between clusters. */
const issuerOfBindings = /^https:\/\/ib\.oic\./;

/** Roles that lead anywhere from a whole subscription or group, by their names in Azure's list of built-in roles. */
const strongRoles = [
  'Owner',
  'Contributor',
  'User Access Administrator',
  'Role Based Access Control Administrator',
];

export function azureFindings(known: FindingFacts): readonly Finding[] {
  return known.identities.flatMap((identity) => [
    ...credentialFindings(identity, known),
    ...roleFindings(identity),
  ]);
}

function credentialFindings(identity: IdentityAccess, { facts }: FindingFacts): readonly Finding[] {
  const credentials = facts.azure.get(identity.resourceId.toLowerCase())?.credentials;
  if (credentials?.kind !== 'read' || facts.cluster.kind === 'unread') {
    return [];
  }
  const own = facts.cluster.value.oidcIssuer?.url;
  const accounts =
    facts.serviceAccounts.kind === 'read' ? new Set(facts.serviceAccounts.value.map(entryText)) : undefined;
  return credentials.value.flatMap((credential): readonly Finding[] => {
    if (credential.issuer !== own) {
      return issuerOfBindings.test(credential.issuer) ? [] : [foreign(identity, credential)];
    }
    const account = accountOfSubject(credential.subject ?? '');
    if (account === undefined) {
      return [];
    }
    const key = entryText(account);
    if (account.name === 'default') {
      const what = `trusts the service account ${key}, as which every pod of the namespace runs that names none`;
      return [trustFinding(identity, credential, { severity: 'high', code: 'TrustOfDefault', what })];
    }
    if (accounts === undefined || accounts.has(key)) {
      return [];
    }
    const what = `trusts the service account ${key}, which is not there: whoever may make it gets the identity`;
    return [trustFinding(identity, credential, { severity: 'medium', code: 'TrustDangling', what })];
  });
}

function foreign(identity: IdentityAccess, credential: FederatedCredential): Finding {
  const what = `trusts ${credential.subject ?? 'whoever fits an expression'} of another issuer, ${credential.issuer}`;
  return trustFinding(identity, credential, { severity: 'medium', code: 'TrustOfOtherIssuer', what });
}

function trustFinding(
  { resourceId, name }: IdentityAccess,
  credential: FederatedCredential,
  { severity, code, what }: { readonly severity: Severity; readonly code: string; readonly what: string },
): Finding {
  const words = ['--name', credential.name, ...azIdentityFlags(resourceId), '--yes'];
  return {
    severity,
    code,
    about: `${resourceId}/federatedIdentityCredentials/${credential.name}`,
    message: `${name} ${what} (federated credential ${credential.name}).`,
    hint: advice`Where nobody needs it: ${command('az identity federated-credential delete', ...words)}`,
  };
}

function roleFindings({ name, purpose, roles = [] }: IdentityAccess): readonly Finding[] {
  return purpose === undefined
    ? roles.filter(isStrong).map(({ role, scope, id }) => ({
        severity: 'medium' as const,
        code: 'StrongRole',
        about: id,
        message: `${name} is ${role} of ${scope}: so is every pod that gets its tokens.`,
        hint: advice`With a smaller role in its place: ${command('az role assignment delete --ids', id)}`,
      }))
    : [];
}

/** Of a single resource it may be what the application is for. */
function isStrong({ role, scope }: AccessRole): boolean {
  return strongRoles.includes(role) && !/\/resourcegroups\/[^/]+\/providers\//i.test(scope);
}
