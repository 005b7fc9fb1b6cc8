import { type EntryKey, entryText } from '../entries/pod-identity.ts';
import { cleanedOf } from './apply/cleaned-record.ts';
import type { BoundWorkload, WorkloadGroup } from './bound-workloads.ts';
import { type MigrationFacts, readingOr } from './migration-facts.ts';
import type { PodTemplate } from './read-workload.ts';

/** What a workload has of its old service account, and needs of a new one. */
export interface NewAccount {
  readonly name: string;
  readonly exists: boolean;
  /** `RoleBinding view (ClusterRole/view)`; undefined where they could not be read. */
  readonly roleBindings?: readonly string[];
  readonly imagePullSecrets: readonly string[];
  readonly secrets: readonly string[];
  /** Of tokens that the pods mount, which others may check by the old account's name. */
  readonly audiences: readonly string[];
}

/** Which service account an identity shall trust. */
export interface AccountChoice {
  /** Of the template today. */
  readonly name: string;
  /** The account to trust: today's, unless a new one is proposed. */
  readonly target: string;
  /** Undefined: who there is could not be read. */
  readonly exists?: boolean;
  /** Others that run as the account, with another identity or with none: `Deployment/worker`. */
  readonly sharedWith: readonly string[];
  readonly proposal?: NewAccount;
}

/**
 * The workload's own account stays. For `default`, and for one that others use who have not the same identities, a new
 * account is proposed: whom an identity trusts is the account, and with it every pod that runs as it.
 *
 * @param bound bound workloads by `groupId`
 */
export function chooseAccount(
  { workload, template }: { readonly workload: BoundWorkload; readonly template: PodTemplate },
  groups: readonly WorkloadGroup[],
  bound: ReadonlyMap<string, BoundWorkload>,
  facts: MigrationFacts,
): AccountChoice {
  const { namespace } = workload;
  const name = template.serviceAccount;
  const accounts = readingOr(facts.serviceAccounts, undefined);
  const found = accounts?.find((each) => each.namespace === namespace && each.name === name);
  const strangers = othersOn(name, workload, groups, bound);
  const base = {
    name,
    ...(accounts === undefined ? {} : { exists: found !== undefined }),
    sharedWith: strangers.map((each) => `${each.kind}/${each.name}`),
  };
  if (name !== 'default' && strangers.length === 0) {
    return { ...base, target: name };
  }
  const target = proposedName(workload, name, groups, bound);
  const bindings = readingOr(facts.roleBindings, undefined)
    ?.filter(({ accounts: named }) =>
      named.some((each) => each.namespace === namespace && each.name === name),
    )
    .map((each) => `${each.kind} ${each.name} (${each.role})`)
    .toSorted();
  return {
    ...base,
    target,
    proposal: {
      name: target,
      exists: accounts?.some((each) => each.namespace === namespace && each.name === target) ?? false,
      ...(bindings === undefined ? {} : { roleBindings: bindings }),
      imagePullSecrets: found?.imagePullSecrets ?? [],
      secrets: found?.secrets ?? [],
      audiences: template.audiences,
    },
  };
}

export function groupId({
  kind,
  namespace,
  name,
}: Pick<WorkloadGroup, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}

function othersOn(
  account: string,
  workload: BoundWorkload,
  groups: readonly WorkloadGroup[],
  bound: ReadonlyMap<string, BoundWorkload>,
): readonly WorkloadGroup[] {
  const own = identitiesText(workload);
  return groups.filter(
    (each) =>
      each.namespace === workload.namespace &&
      groupId(each) !== groupId(workload) &&
      each.templates.some(({ serviceAccount }) => serviceAccount === account) &&
      identitiesOf(each, bound) !== own,
  );
}

/** By the workload, unless others run as the account of that name, or another kind has the same name. */
function proposedName(
  workload: BoundWorkload,
  today: string,
  groups: readonly WorkloadGroup[],
  bound: ReadonlyMap<string, BoundWorkload>,
): string {
  const { name, namespace, kind } = workload;
  const isTaken = name === today || othersOn(name, workload, groups, bound).length > 0;
  const hasNamesake = groups.some(
    (each) =>
      each.namespace === namespace &&
      each.name === name &&
      each.kind !== kind &&
      identitiesOf(each, bound) !== identitiesText(workload),
  );
  return isTaken || hasNamesake ? `${name}-${kind.toLowerCase()}` : name;
}

/** Also of a workload that podid took from pod identity: it still runs as the account, with the same identities. */
function identitiesOf(group: WorkloadGroup, bound: ReadonlyMap<string, BoundWorkload>): string {
  const workload = bound.get(groupId(group));
  return workload === undefined ? keysText(cleanedOf(group)?.entries ?? []) : identitiesText(workload);
}

function identitiesText({ identities }: BoundWorkload): string {
  return keysText(identities.map(({ metadata }) => metadata));
}

function keysText(keys: readonly EntryKey[]): string {
  return keys.map(entryText).toSorted().join(' ');
}
