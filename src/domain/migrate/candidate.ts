import { credentialOf, type FederatedCredential, trusts } from '../azure/federated-credential.ts';
import type { EntryKey } from '../entries/pod-identity.ts';
import { subjectOf } from '../exchange/exchange-cluster.ts';
import { isUsableId } from '../kubernetes/identity-credential.ts';
import type { AzureIdentity } from '../kubernetes/identity-resources.ts';
import type { BoundWorkload, WorkloadGroup } from './bound-workloads.ts';
import { type IdentityReadings, type MigrationFacts, readingOr } from './migration-facts.ts';
import type { PodTemplate } from './read-workload.ts';
import { isHeard, type SeenPod, usesOf } from './seen.ts';
import { type AccountChoice, chooseAccount } from './service-account.ts';
import { exchangeAudience } from './workload-identity-words.ts';

/** One identity of a workload, and whether it trusts the workload's service account. */
export interface Trust {
  readonly identity: AzureIdentity;
  /** Of the object, else as Azure has it. */
  readonly clientId?: string;
  /** Of the object, else of the identity that Azure has of its client id. */
  readonly resourceId?: string;
  /** Absent where nobody knows the resource id. */
  readonly readings?: IdentityReadings;
  /** Of this issuer and this account. */
  readonly credential?: FederatedCredential;
  /** The credential is there, for the audience that Entra wants. */
  readonly isTrusted: boolean;
}

/** A bound workload with all that is decided before its blockers, its route and its state. */
export interface Candidate {
  readonly workload: BoundWorkload;
  /** The template that stands for all: a workload that was read has one. */
  readonly template: PodTemplate;
  readonly account: AccountChoice;
  readonly trusts: readonly Trust[];
  /** What its pods asked, those that are gone too, the latest first. */
  readonly uses: readonly SeenPod[];
}

export function toCandidate(
  workload: BoundWorkload,
  groups: readonly WorkloadGroup[],
  bound: ReadonlyMap<string, BoundWorkload>,
  facts: MigrationFacts,
): Candidate | undefined {
  const [template] = workload.templates;
  if (template === undefined) {
    return undefined;
  }
  const account = chooseAccount({ workload, template }, groups, bound, facts);
  const target = { namespace: workload.namespace, name: account.target };
  return {
    workload,
    template,
    account,
    trusts: workload.identities.map((identity) => trustOf(identity, target, facts)),
    uses: isHeard(facts.seen) ? usesOf(facts.seen, workload) : [],
  };
}

function trustOf(identity: AzureIdentity, account: EntryKey, facts: MigrationFacts): Trust {
  const { clientID } = identity.spec;
  const { namespace, name } = identity.metadata;
  const resourceId = facts.resourceIds.get(`${namespace}/${name}`);
  const readings = resourceId === undefined ? undefined : facts.identities.get(resourceId.toLowerCase());
  const azure = readings && readingOr(readings.azure, undefined);
  const inAzure = azure?.kind === 'there' ? azure.clientId : undefined;
  const clientId = isUsableId(clientID) ? clientID : inAzure;
  const issuer = readingOr(facts.issuer, undefined);
  const credentials = readings ? readingOr(readings.credentials, []) : [];
  const wanted = { issuer: issuer ?? '', subject: subjectOf(account), audience: exchangeAudience };
  const credential = issuer === undefined ? undefined : credentialOf(credentials, wanted);
  return {
    identity,
    ...(clientId === undefined ? {} : { clientId }),
    ...(resourceId === undefined ? {} : { resourceId }),
    ...(readings === undefined ? {} : { readings }),
    ...(credential === undefined ? {} : { credential }),
    isTrusted: credential !== undefined && trusts(credential, wanted),
  };
}

/** Types 1 and 2, and what is no type: no managed identity, so that Azure has no federated credentials of it. */
export function isServicePrincipal({ spec }: AzureIdentity): boolean {
  return (spec.type ?? 0) !== 0;
}
