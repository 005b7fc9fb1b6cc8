import { advice, command } from '../../../errors/hint.ts';
import type { PodidError } from '../../../errors/podid-error.ts';
import { federatedCredentialLimit } from '../../azure/federated-credential.ts';
import { subjectOf } from '../../exchange/exchange-cluster.ts';
import { azFlags, nextCommand } from '../../hints/next-command.ts';
import { type Candidate, isServicePrincipal, type Trust } from '../candidate.ts';
import type { CredentialLimits } from '../limits.ts';
import { type MigrationFacts, type Reading, readingOr } from '../migration-facts.ts';
import { azIdentityFlags, exchangeCommand, identityText, workloadText } from '../workload-commands.ts';
import type { Blocker } from './blocker.ts';

/** What the cluster lacks for any trust. */
export function clusterBlockers(facts: MigrationFacts): readonly Blocker[] {
  const { cluster, issuer, webhook } = facts;
  const enable = command(
    'az aks update',
    ...azFlags(cluster),
    '--enable-oidc-issuer',
    '--enable-workload-identity',
  );
  const noIssuer: Blocker = {
    code: 'NoIssuer',
    message: `Cluster ${cluster.name} has no OIDC issuer, so that nobody outside of it can check its service accounts.`,
    hint: advice`AKS cannot turn it off again, and restarts the API server to turn it on: ${enable}`,
  };
  const noWebhook: Blocker = {
    code: 'NoWebhook',
    message: `Cluster ${cluster.name} has no webhook of Workload Identity, so that labelled pods get no token.`,
    hint: advice`${enable}`,
  };
  return [
    unread(issuer, `the OIDC issuer of cluster ${cluster.name}`, facts),
    issuer.kind === 'read' && issuer.value === undefined ? noIssuer : undefined,
    unread(webhook, "Workload Identity's webhook", facts),
    readingOr(webhook, true) ? undefined : noWebhook,
  ].filter((blocker) => blocker !== undefined);
}

/** What of each identity's federated credentials is in the way. */
export function trustBlockers(
  candidate: Candidate,
  facts: MigrationFacts,
  limits: CredentialLimits,
): readonly Blocker[] {
  return candidate.trusts
    .filter(({ identity, isTrusted }) => !isServicePrincipal(identity) && !isTrusted)
    .flatMap((trust) => [
      credentialsUnread(trust, facts),
      ficForeign(trust, candidate),
      ficLimit(trust, candidate, limits),
    ])
    .filter((blocker) => blocker !== undefined);
}

/** What is not known is never taken for safe. */
export function unread(
  reading: Reading<unknown>,
  what: string,
  { cluster }: Pick<MigrationFacts, 'cluster'>,
): Blocker | undefined {
  return reading.kind === 'read'
    ? undefined
    : {
        code: 'Unread',
        message: `podid could not read ${what}: ${reading.error.message}`,
        hint: reading.error.hint ?? advice`${nextCommand('doctor', cluster)}`,
      };
}

function credentialsUnread({ identity, readings }: Trust, facts: MigrationFacts): Blocker | undefined {
  const about = `the federated credentials of AzureIdentity ${identityText(identity)}`;
  const error = readings?.credentials.kind === 'unread' ? readings.credentials.error : undefined;
  if (readings === undefined || readingOr(readings.azure, undefined)?.kind === 'gone') {
    return undefined;
  }
  return error?.code === 'FederationUnavailable'
    ? ficRegion(identityText(identity), error, facts)
    : unread(readings.credentials, about, facts);
}

function ficRegion(identity: string, error: PodidError, { cluster }: MigrationFacts): Blocker {
  const [namespace = '', name = ''] = identity.split('/');
  const flags = { namespace, name, 'identity-resource-id': 'ID' };
  return {
    code: 'FicRegion',
    message: `The managed identity of AzureIdentity ${identity} is in a region without federated credentials: ${error.message}`,
    hint: advice`Give the pods one of another region, by its id in place of ID: ${nextCommand('update', cluster, flags)}`,
  };
}

/** Azure keeps one of an issuer and a subject, so that one for another audience is in the way. */
function ficForeign(
  { credential, resourceId }: Trust,
  { workload, account }: Candidate,
): Blocker | undefined {
  if (credential === undefined || resourceId === undefined) {
    return undefined;
  }
  const subject = subjectOf({ namespace: workload.namespace, name: account.target });
  const words = ['--name', credential.name, ...azIdentityFlags(resourceId)];
  return {
    code: 'FicForeign',
    message: `Federated credential ${credential.name} of ${subject} is for the audience ${credential.audiences.join(', ')}, for which Entra gives no token to pods.`,
    hint: advice`Whoever made it knows whether it is used; when it is not: ${command('az identity federated-credential delete', ...words)}`,
  };
}

function ficLimit(
  { identity, resourceId }: Trust,
  candidate: Candidate,
  limits: CredentialLimits,
): Blocker | undefined {
  if (resourceId === undefined || limits.hasRoom(resourceId, candidate)) {
    return undefined;
  }
  const { used = 0, after } = limits.limits.get(resourceId.toLowerCase()) ?? {};
  const list = command(
    'az identity federated-credential list',
    ...azIdentityFlags(resourceId),
    '-o',
    'table',
  );
  return {
    code: 'FicLimit',
    message: `The managed identity of AzureIdentity ${identityText(identity)} has ${used} of ${federatedCredentialLimit} federated credentials and would need ${after}; there is none left for ${workloadText(candidate.workload)}.`,
    hint:
      used < federatedCredentialLimit
        ? advice`Let the agent exchange its tokens, which takes one for all of the cluster: ${exchangeCommand([identity])}`
        : advice`Delete one that nobody needs, or give the pods another managed identity; they are: ${list}`,
  };
}
