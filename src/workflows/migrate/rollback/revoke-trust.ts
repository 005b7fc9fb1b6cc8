import { credentialOf, federatedCredentialName } from '../../../domain/azure/federated-credential.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { subjectOf } from '../../../domain/exchange/exchange-cluster.ts';
import { noExchangeDefaults } from '../../../domain/exchange/token-source.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import type { AzureIdentity } from '../../../domain/kubernetes/identity-resources.ts';
import type { MigrationFacts } from '../../../domain/migrate/migration-facts.ts';
import { advice, othersText } from '../../../errors/hint.ts';
import { agentHome } from '../../exchange/read-exchange.ts';
import { isByWorkload } from '../../exchange/read-workload-view.ts';
import type { Move, MoveDeps, MoveFailure } from '../apply/move.ts';

interface Known {
  readonly facts: Pick<MigrationFacts, 'cluster' | 'issuer' | 'objects' | 'resources' | 'resourceIds'>;
  /** Others with the label that run as its account. */
  readonly sharing: readonly string[];
  /** Of a text, in hex. */
  readonly sha256: (text: string) => string;
}

/**
 * Deletes the federated credentials that podid made for an account; those that others made stay, and so do those by which
 * the agent exchanges the account's tokens: they have the same issuer, subject and name.
 */
export async function revokeTrust(
  deps: MoveDeps,
  move: Move,
  { facts, sharing, sha256 }: Known,
): Promise<MoveFailure | undefined> {
  const { azure, report, signal } = deps;
  const { namespace, serviceAccount, identities } = move.workload;
  const issuer = facts.issuer.kind === 'read' ? facts.issuer.value : undefined;
  const subject = subjectOf({ namespace, name: serviceAccount });
  if (issuer === undefined || sharing.length > 0) {
    return undefined;
  }
  const trust = { issuer, subject };
  for (const { namespace: of, name, resourceId } of identities) {
    const known = resourceId === undefined ? [] : await azure.federatedCredentials.list(resourceId, signal);
    const credential = credentialOf(known, trust);
    if (credential === undefined || resourceId === undefined) {
      continue;
    }
    if (credential.name !== federatedCredentialName(trust, sha256)) {
      report.note(`Federated credential ${credential.name} of ${subject} stays: podid did not make it.`);
      continue;
    }
    if (facts.objects.kind === 'unread') {
      report.note(
        `Federated credential ${credential.name} of ${subject} stays, for nobody knows whether podid's agent exchanges tokens by it: ${facts.objects.error.message}`,
      );
      continue;
    }
    const exchanged = await exchangedIdentity(deps, facts, resourceId);
    if (exchanged !== undefined) {
      const identity = entryText(exchanged.metadata);
      const disable = nextCommand('exchange disable', facts.cluster, { identity, 'revoke-trust': true });
      report.note(
        advice`Federated credential ${othersText(credential.name)} of ${othersText(subject)} stays: podid's agent exchanges the tokens of AzureIdentity ${othersText(identity)} by it. Both end with ${disable}`,
      );
      continue;
    }
    await azure.federatedCredentials.remove(resourceId, credential.name, signal);
    move.wrote.push(`federated credential of ${subject} on identity ${of}/${name}, deleted`);
  }
  return undefined;
}

/** The AzureIdentity of a managed identity whose tokens the agent exchanges by those of its pods' accounts, if one has it so. */
async function exchangedIdentity(
  { api, signal }: MoveDeps,
  { resources, resourceIds }: Known['facts'],
  resourceId: string,
): Promise<AzureIdentity | undefined> {
  const agents = await api.agent.installations(agentHome, signal);
  // What the object says itself holds also while no agent is there.
  const defaults = [noExchangeDefaults, ...agents.flatMap(({ exchange }) => exchange ?? [])];
  return resources.identities.find(
    (identity) =>
      resourceIds.get(entryText(identity.metadata))?.toLowerCase() === resourceId.toLowerCase() &&
      defaults.some((each) => isByWorkload(identity, each)),
  );
}
