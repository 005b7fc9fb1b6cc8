import { federatedCredentialLimit } from '../azure/federated-credential.ts';
import { subjectOf } from '../exchange/exchange-cluster.ts';
import { type Candidate, isServicePrincipal } from './candidate.ts';
import { type MigrationFacts, readingOr } from './migration-facts.ts';

/** How many federated credentials one managed identity has, and needs for all of its workloads here. */
export interface IdentityLimit {
  /** Resource id, as an object has it. */
  readonly identity: string;
  /** Undefined: Azure did not say. */
  readonly used?: number;
  readonly after?: number;
  readonly most: number;
}

export interface CredentialLimits {
  /** By resource id in lower case. */
  readonly limits: ReadonlyMap<string, IdentityLimit>;
  /** Whether there is room for a workload's credential: the first ones by namespace, kind and name get it. */
  hasRoom(resourceId: string, candidate: Candidate): boolean;
}

/** @param candidates those that need credentials, in order */
export function credentialLimits(candidates: readonly Candidate[], facts: MigrationFacts): CredentialLimits {
  const wanted = new Map<string, { readonly identity: string; readonly subjects: Set<string> }>();
  for (const candidate of candidates) {
    for (const { resourceId, isTrusted, identity } of candidate.trusts) {
      if (resourceId === undefined || isServicePrincipal(identity)) {
        continue;
      }
      const key = resourceId.toLowerCase();
      const entry = wanted.get(key) ?? { identity: resourceId, subjects: new Set() };
      wanted.set(key, entry);
      if (!isTrusted) {
        entry.subjects.add(subjectIn(candidate));
      }
    }
  }
  const limits = new Map(
    [...wanted].map(([key, { identity, subjects }]) => {
      const readings = facts.identities.get(key);
      const used = readings && readingOr(readings.credentials, undefined)?.length;
      const counts = used === undefined ? {} : { used, after: used + subjects.size };
      return [key, { identity, ...counts, most: federatedCredentialLimit }] as const;
    }),
  );
  return {
    limits,
    hasRoom(resourceId, candidate) {
      const key = resourceId.toLowerCase();
      const { used } = limits.get(key) ?? {};
      const at = [...(wanted.get(key)?.subjects ?? [])].indexOf(subjectIn(candidate));
      return used === undefined || at < 0 || used + at < federatedCredentialLimit;
    },
  };
}

function subjectIn({ workload, account }: Candidate): string {
  return subjectOf({ namespace: workload.namespace, name: account.target });
}
