import { credentialOf, federatedCredentialName } from '../../../domain/azure/federated-credential.ts';
import { type EntryKey, entryText } from '../../../domain/entries/pod-identity.ts';
import { subjectOf } from '../../../domain/exchange/exchange-cluster.ts';
import { nativeUsers } from '../../../domain/exchange/native-users.ts';
import { noExchangeDefaults } from '../../../domain/exchange/token-source.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import type { AzureIdentity } from '../../../domain/kubernetes/identity-resources.ts';
import { agentHome } from '../../../domain/kubernetes/own-agents/agent-maker.ts';
import { workloadGroups } from '../../../domain/migrate/bound-workloads.ts';
import type { MigrationFacts } from '../../../domain/migrate/migration-facts.ts';
import { groupId } from '../../../domain/migrate/service-account.ts';
import { exchangeAudience } from '../../../domain/migrate/workload-identity-words.ts';
import { advice, othersText } from '../../../errors/hint.ts';
import { type Probe, probeNext } from '../../doctor/probe.ts';
import { makeCredential } from '../../exchange/make-credential.ts';
import { isByWorkload } from '../../exchange/read-workload-view.ts';
import type { Move, MoveDeps } from '../apply/move.ts';
import { goingBack } from './going-back.ts';
import type { PutBack } from './release-account.ts';

interface Known {
  readonly facts: MigrationFacts;
  readonly moves: readonly Move[];
  /** Of a text, in hex. */
  readonly sha256: (text: string) => string;
  /** The account is going to lose the annotation of its migration, and has it still: on a dry run. */
  readonly losesAnnotation?: boolean;
}

/** A federated credential that podid made for an account, and that nobody needs any more. */
export interface Revocation {
  /** Of the managed identity. */
  readonly resourceId: string;
  readonly credential: string;
  readonly subject: string;
  /** The AzureIdentity through which the workload has it. */
  readonly identity: EntryKey;
}

/**
 * Deletes what `revocationsOf` names.
 *
 * @returns how to make it again; undefined where nothing was deleted
 */
export async function revokeTrust(deps: MoveDeps, move: Move, known: Known): Promise<PutBack | undefined> {
  const { azure, signal } = deps;
  const revocations = await revocationsOf(deps, move, known);
  for (const { resourceId, credential, subject, identity } of revocations) {
    await azure.federatedCredentials.remove(resourceId, credential, signal);
    move.wrote.push(`federated credential of ${subject} on identity ${entryText(identity)}, deleted`);
  }
  const issuer = known.facts.issuer.kind === 'read' ? known.facts.issuer.value : undefined;
  return revocations.length === 0 || issuer === undefined
    ? undefined
    : async () => {
        for (const { resourceId, subject, identity } of revocations) {
          const trust = { issuer, subject, audience: exchangeAudience };
          await makeCredential({ ...deps, kube: deps.api.exchange }, resourceId, trust, () => undefined);
          move.wrote.push(
            `federated credential of ${subject} on identity ${entryText(identity)}, made again`,
          );
        }
      };
}

/**
 * The federated credentials that podid made for an account; those that others made stay, and so do those by which
 * the agent exchanges the account's tokens, or by which others sign in: they have the same issuer, subject and name. Of
 * each that stays it is told why.
 */
export async function revocationsOf(
  deps: Pick<MoveDeps, 'api' | 'azure' | 'report' | 'signal'>,
  move: Move,
  known: Known,
): Promise<readonly Revocation[]> {
  const { facts, sha256 } = known;
  const { azure, report, signal } = deps;
  const { namespace, serviceAccount, identities } = move.workload;
  const issuer = facts.issuer.kind === 'read' ? facts.issuer.value : undefined;
  const subject = subjectOf({ namespace, name: serviceAccount });
  if (issuer === undefined) {
    return [];
  }
  const trust = { issuer, subject };
  const users = await credentialUsers(deps, move, known);
  const revocations: Revocation[] = [];
  for (const { namespace: of, name, resourceId } of identities) {
    const credentials =
      resourceId === undefined ? [] : await azure.federatedCredentials.list(resourceId, signal);
    const credential = credentialOf(credentials, trust);
    if (credential === undefined || resourceId === undefined) {
      continue;
    }
    const stays = `Federated credential ${credential.name} of ${subject} stays`;
    if (credential.name !== federatedCredentialName(trust, sha256)) {
      report.note(`${stays}: podid did not make it.`);
      continue;
    }
    if (facts.objects.kind === 'unread') {
      report.note(
        `${stays}, for nobody knows whether podid's agent exchanges tokens by it: ${facts.objects.error.message}`,
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
    const why =
      users.kind === 'read'
        ? users.value.get(subject)
        : `who else signs in by it could not be read. ${users.error.message}`;
    if (why !== undefined) {
      report.note(`${stays}: ${why}`);
      continue;
    }
    revocations.push({ resourceId, credential: credential.name, subject, identity: { namespace: of, name } });
  }
  return revocations;
}

/**
 * Whose tokens of an account are for Entra, without what goes back now: their label is gone from the cluster, and what
 * they mount themselves is not. Annotations are read anew, for those of a migration have gone since.
 */
function credentialUsers(
  { api, signal }: Pick<MoveDeps, 'api' | 'signal'>,
  { workload: { namespace, serviceAccount } }: Move,
  { facts, moves, losesAnnotation = false }: Known,
): Promise<Probe<ReadonlyMap<string, string>>> {
  const going = goingBack(moves);
  const templates = workloadGroups(facts)
    .filter((group) => group.namespace === namespace)
    .flatMap(({ kind, name, ...group }) => {
      const isGoing = going.has(groupId({ kind, namespace, name }));
      // Its pods of before are gone, with the token that the webhook gave them.
      const found = isGoing
        ? group.templates
        : [...group.templates, ...group.pods.map((pod) => pod.template)];
      return found.map((template) => ({
        kind,
        namespace,
        name,
        template: isGoing ? { ...template, labels: {} } : template,
      }));
    });
  return probeNext(signal, facts.providerClasses, async (providerClasses) => {
    const listed = await api.migration.serviceAccounts(namespace, signal);
    const serviceAccounts = listed.map((account) =>
      losesAnnotation && account.name === serviceAccount ? { ...account, annotations: {} } : account,
    );
    return nativeUsers({ templates, serviceAccounts, providerClasses, audience: exchangeAudience });
  });
}

/** The AzureIdentity of a managed identity whose tokens the agent exchanges by those of its pods' accounts, if one has it so. */
async function exchangedIdentity(
  { api, signal }: Pick<MoveDeps, 'api' | 'signal'>,
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
