import { advice, command } from '../../../errors/hint.ts';
import { noTenantCode, unknownTenant } from '../../azure/identity-tenant.ts';
import { subjectOf } from '../../exchange/exchange-cluster.ts';
import { nextCommand } from '../../hints/next-command.ts';
import { type Candidate, isServicePrincipal, type Trust } from '../candidate.ts';
import { type MigrationFacts, readingOr } from '../migration-facts.ts';
import { editWorkload, identityText, setVariable, workloadText } from '../workload-commands.ts';
import { exchangeAudience } from '../workload-identity-words.ts';
import type { Blocker } from './blocker.ts';

/** What of the identities, and of how the workload names them, is in the way. */
export function identityBlockers(candidate: Candidate, facts: MigrationFacts): readonly Blocker[] {
  const { trusts } = candidate;
  return [
    exceptionUser(candidate, facts),
    ...trusts.map((trust) => servicePrincipal(trust, candidate, facts)),
    ...trusts.map((trust) => identityGone(trust, facts)),
    ...trusts.map((trust) => identityUnknown(trust, facts)),
    ...trusts.map(noClientId),
    ...trusts.map((trust) => tenantOther(trust, facts)),
    vaultBound(candidate),
    multiIdentity(candidate),
    ownEnv(candidate, facts),
  ].filter((blocker) => blocker !== undefined);
}

function exceptionUser({ workload }: Candidate, { cluster }: MigrationFacts): Blocker | undefined {
  const [exception] = workload.exceptions;
  const { namespace } = workload;
  return exception === undefined
    ? undefined
    : {
        code: 'ExceptionUser',
        message: `Exception ${namespace}/${exception.metadata.name} has ${workloadText(workload)} answered as its node: any identity of the node, and none of its own.`,
        hint: advice`Give it a managed identity of its own, by its id in place of ID: ${nextCommand('add', cluster, { namespace, 'identity-resource-id': 'ID' })}`,
      };
}

function servicePrincipal(
  { identity }: Trust,
  { workload, account }: Candidate,
  facts: MigrationFacts,
): Blocker | undefined {
  if (!isServicePrincipal(identity)) {
    return undefined;
  }
  const issuer = readingOr(facts.issuer, undefined) ?? 'ISSUER';
  const subject = subjectOf({ namespace: workload.namespace, name: account.target });
  const trust = {
    name: `podid-${account.target}`,
    issuer,
    subject,
    audiences: [exchangeAudience],
  };
  const application = identity.spec.clientID || 'CLIENT_ID';
  const words = ['--id', application, '--parameters', JSON.stringify(trust)];
  return {
    code: 'ServicePrincipal',
    message: `AzureIdentity ${identityText(identity)} is a service principal, whose trust is kept in Microsoft Entra and not at a managed identity.`,
    hint: advice`Its application can trust the service account; CLIENT_ID and ISSUER stand for what podid could not read: ${command('az ad app federated-credential create', ...words)}`,
  };
}

function identityGone({ identity, readings, resourceId }: Trust, facts: MigrationFacts): Blocker | undefined {
  return readings && readingOr(readings.azure, undefined)?.kind === 'gone'
    ? {
        code: 'IdentityGone',
        message: `AzureIdentity ${identityText(identity)} names managed identity ${resourceId}, which Azure does not have.`,
        hint: advice`${nextCommand('doctor', facts.cluster, { namespace: identity.metadata.namespace })}`,
      }
    : undefined;
}

/** A federated credential is made by resource id. */
function identityUnknown(
  { identity, clientId, resourceId }: Trust,
  { cluster }: MigrationFacts,
): Blocker | undefined {
  return resourceId !== undefined || clientId === undefined || isServicePrincipal(identity)
    ? undefined
    : {
        code: 'IdentityGone',
        message: `AzureIdentity ${identityText(identity)} names client id ${clientId}, of which podid found no managed identity in the subscription of the cluster.`,
        hint: advice`Give the object the resourceID of its identity, which is one of: ${command('podid identity list --subscription', cluster.subscriptionId)}`,
      };
}

function noClientId({ identity, clientId, resourceId }: Trust): Blocker | undefined {
  if (clientId !== undefined || isServicePrincipal(identity)) {
    return undefined;
  }
  const { name, namespace } = identity.metadata;
  const patch = JSON.stringify({ spec: { clientID: 'CLIENT_ID' } });
  const words = [name, '-n', namespace, '--type', 'merge', '-p', patch];
  const mended = command('kubectl patch azureidentity', ...words);
  return {
    code: 'NoClientId',
    message: `AzureIdentity ${identityText(identity)} has no client id, and Azure did not say it.`,
    hint:
      resourceId === undefined
        ? advice`With the client id of its identity in place of CLIENT_ID: ${mended}`
        : advice`${command('az identity show --query clientId -o tsv --ids', resourceId)}  # prints CLIENT_ID; then: ${mended}`,
  };
}

/** A cluster that names no tenant decides nothing. */
function tenantOther(
  { identity, readings, resourceId = '' }: Trust,
  facts: MigrationFacts,
): Blocker | undefined {
  const azure = readings && readingOr(readings.azure, undefined);
  if (azure?.kind !== 'there') {
    return undefined;
  }
  const own = azure.tenantId;
  const { tenantId, cluster } = facts;
  if (unknownTenant(azure) !== undefined) {
    return {
      code: noTenantCode,
      message: `Azure does not say in which tenant the managed identity of AzureIdentity ${identityText(identity)} is, and Entra is asked there.`,
      hint: advice`While Azure still makes it that passes by itself. To see whether it has: ${command('az identity show --query tenantId -o tsv --ids', resourceId)}`,
    };
  }
  return own && tenantId && own.toLowerCase() !== tenantId.toLowerCase()
    ? {
        code: 'TenantOther',
        message: `The managed identity of AzureIdentity ${identityText(identity)} is in tenant ${own}, and the cluster in ${tenantId}; the webhook gives pods the tenant of the cluster.`,
        hint: advice`Use a managed identity of the cluster's tenant: ${command('podid identity list --subscription', cluster.subscriptionId)}`,
      }
    : undefined;
}

/** Vault's azure login compares the machine that the token names, which an exchanged one does not have. */
function vaultBound({ workload, template }: Candidate): Blocker | undefined {
  return template.annotations['vault.hashicorp.com/auth-type'] === 'azure'
    ? {
        code: 'VaultBound',
        message: `${workloadText(workload)} signs in to Vault by its azure method, which goes by the machine that the token names.`,
        hint: advice`Let Vault take service accounts, by its kubernetes method, and change the annotations: ${editWorkload(workload)}`,
      }
    : undefined;
}

/** Several are fine where the workload names the one that it means. */
function multiIdentity({ workload, trusts, template, uses }: Candidate): Blocker | undefined {
  const own = uses.filter(({ chosenBy }) => chosenBy !== 'pod-name');
  const isNamed =
    (own.length > 0 && own.every(({ chosenBy }) => chosenBy === 'client-id')) ||
    template.variables.some(({ name, value }) => name === 'AZURE_CLIENT_ID' && isOneOf(trusts, value));
  const [first] = trusts;
  return trusts.length < 2 || isNamed || first === undefined
    ? undefined
    : {
        code: 'MultiIdentity',
        message: `${workloadText(workload)} has ${trusts.length} identities, ${trusts.map(({ identity }) => identityText(identity)).join(', ')}, and nothing says which it takes; a service account has one default.`,
        hint: advice`Name the one that it shall take, here the first: ${setVariable(workload, `AZURE_CLIENT_ID=${first.clientId ?? 'CLIENT_ID'}`)}`,
      };
}

/** The webhook leaves a variable as it is that the container has already. */
function ownEnv(
  { workload, template, trusts }: Candidate,
  { tenantId }: MigrationFacts,
): Blocker | undefined {
  const odd = template.variables.find(({ name, value }) => {
    if (name === 'AZURE_CLIENT_ID') {
      return !isOneOf(trusts, value);
    }
    if (name === 'AZURE_TENANT_ID') {
      return value === undefined || tenantId === undefined || value.toLowerCase() !== tenantId.toLowerCase();
    }
    return decisive.has(name);
  });
  return odd === undefined
    ? undefined
    : {
        code: 'OwnEnv',
        message: `${workloadText(workload)} sets ${odd.name} itself, ${odd.value === undefined ? 'from elsewhere' : `to ${JSON.stringify(odd.value)}`}; Azure's libraries go by it, and the webhook leaves it as it is.`,
        hint: advice`Take it away, unless the application needs it: ${setVariable(workload, `${odd.name}-`)}`,
      };
}

function isOneOf(trusts: readonly Trust[], clientId: string | undefined): boolean {
  const asked = clientId?.trim().toLowerCase();
  return asked !== undefined && trusts.some((trust) => trust.clientId?.toLowerCase() === asked);
}

/** Any of these decides how the libraries sign in. */
const decisive: ReadonlySet<string> = new Set([
  'AZURE_FEDERATED_TOKEN_FILE',
  'AZURE_AUTHORITY_HOST',
  'AZURE_CLIENT_SECRET',
  'AZURE_CLIENT_CERTIFICATE_PATH',
  'AZURE_USERNAME',
  'AZURE_PASSWORD',
  'AZURE_TOKEN_CREDENTIALS',
]);
