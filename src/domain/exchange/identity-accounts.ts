import {
  credentialOf,
  type FederatedCredential,
  type FederatedTrust,
  federatedCredentialLimit,
} from '../azure/federated-credential.ts';
import { byKey } from '../entries/pod-identities-file.ts';
import { type EntryKey, entryText } from '../entries/pod-identity.ts';
import type { BoundWorkload } from '../migrate/bound-workloads.ts';
import type { PodTemplate } from '../migrate/read-workload.ts';
import { subjectOf } from './exchange-cluster.ts';

/** The service accounts that pods run as which an identity is bound to, by `namespace/name` of the AzureIdentity. */
export type IdentityAccounts = ReadonlyMap<string, readonly EntryKey[]>;

/** Of what makes pods, and of the pods there are: a workload without pods keeps its account. */
export function identityAccounts(workloads: readonly BoundWorkload[]): IdentityAccounts {
  const found = new Map<string, Map<string, EntryKey>>();
  for (const { namespace, identities, templates, pods } of workloads) {
    const all: readonly PodTemplate[] = [...templates, ...pods.map(({ template }) => template)];
    for (const { metadata } of identities) {
      const accounts = found.get(entryText(metadata)) ?? new Map<string, EntryKey>();
      found.set(entryText(metadata), accounts);
      for (const { serviceAccount } of all) {
        const account = { namespace, name: serviceAccount };
        accounts.set(entryText(account), account);
      }
    }
  }
  return new Map([...found].map(([key, accounts]) => [key, [...accounts.values()].toSorted(byKey)]));
}

/**
 * Why an identity cannot be exchanged by the tokens of these accounts, whatever its credentials are; undefined where it
 * can.
 */
export function accountsObstacle(accounts: readonly EntryKey[]): string | undefined {
  if (accounts.length === 0) {
    return 'NoWorkload: no workload and no pod is bound to it, so that there is no service account to trust.';
  }
  const shared = accounts.find(({ name }) => name === 'default');
  return shared === undefined
    ? undefined
    : `SaDefault: pods of it run as ${entryText(shared)}, as does every pod of the namespace that names no account; each of them could use the identity by itself. Give the workload an account of its own.`;
}

/** The trusts that an identity needs: one for each account. */
export function trustsOf(
  accounts: readonly EntryKey[],
  { issuer, audience }: Omit<FederatedTrust, 'subject'>,
): readonly FederatedTrust[] {
  return accounts.map((account) => ({ issuer, audience, subject: subjectOf(account) }));
}

/** Those that the identity does not have yet. */
export function missingTrusts(
  credentials: readonly FederatedCredential[],
  trusts: readonly FederatedTrust[],
): readonly FederatedTrust[] {
  return trusts.filter((trust) => credentialOf(credentials, trust) === undefined);
}

/** Why there is no room for all of them, with those that find none; undefined where there is. */
export function limitText(held: number, missing: readonly FederatedTrust[]): string | undefined {
  const room = Math.max(0, federatedCredentialLimit - held);
  if (missing.length <= room) {
    return undefined;
  }
  const left = missing.slice(room).map(({ subject }) => subject);
  return room === 0 && left.length === 1
    ? `LimitReached: the managed identity has ${held} federated credentials, and Azure takes no more.`
    : `LimitReached: the managed identity has ${held} federated credentials and needs ${missing.length} more, where Azure takes ${federatedCredentialLimit}. There is no room for ${left.join(', ')}.`;
}
