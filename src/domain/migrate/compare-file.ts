import { advice } from '../../errors/hint.ts';
import { nextCommand } from '../hints/next-command.ts';
import { type CleanedRecord, cleanedOf } from './apply/cleaned-record.ts';
import type { Blocker } from './blockers/blocker.ts';
import { unread } from './blockers/trust-blockers.ts';
import { podCount, type WorkloadGroup, workloadGroups } from './bound-workloads.ts';
import { type MigrationFacts, readingOr } from './migration-facts.ts';
import { basisHash, type FileWorkload, type MigrationFile } from './migration-file.ts';
import type { MigrationPlan } from './plan-migration.ts';
import type { PlannedWorkload } from './planned-workload.ts';
import { groupId } from './service-account.ts';
import { clientIdAnnotation, useLabel } from './workload-identity-words.ts';

/** A workload of a file as it is now. */
export interface StandingWorkload extends Omit<PlannedWorkload, 'state' | 'basis' | 'silence'> {
  /** Absent for one that has pod identity no more. */
  readonly silence?: PlannedWorkload['silence'];
  /** What podid took from it. */
  readonly cleaned?: CleanedRecord;
  /** Besides those of a plan: `cleaned`, it has left pod identity for Workload Identity; `gone`, it has none or is not there. */
  readonly state: PlannedWorkload['state'] | 'cleaned' | 'gone';
  /** What decided is not what the file was made by. */
  readonly changed: boolean;
}

export interface FileComparison {
  /** In the file's order. */
  readonly workloads: readonly StandingWorkload[];
  /** Those that have pod identity and are not in the file. */
  readonly others: readonly PlannedWorkload[];
}

/** @param sha256 of a text, in hex */
export function compareFile(
  file: MigrationFile,
  plan: MigrationPlan,
  facts: MigrationFacts,
  sha256: (text: string) => string,
): FileComparison {
  const now = new Map(plan.workloads.map((workload) => [groupId(workload), workload]));
  const groups = new Map(workloadGroups(facts).map((group) => [groupId(group), group]));
  const filed = new Set(file.workloads.map(groupId));
  return {
    workloads: file.workloads.map((workload) => {
      const planned = now.get(groupId(workload));
      if (planned !== undefined) {
        const { basis: _, ...shown } = planned;
        return { ...shown, changed: basisHash(planned, sha256) !== workload.readFrom };
      }
      return unboundWorkload(workload, groups.get(groupId(workload)), facts);
    }),
    others: plan.workloads.filter((workload) => !filed.has(groupId(workload))),
  };
}

function unboundWorkload(
  workload: FileWorkload,
  group: WorkloadGroup | undefined,
  facts: MigrationFacts,
): StandingWorkload {
  const { kind, namespace, name, route, serviceAccount, identities } = workload;
  const cleaned = group && cleanedOf(group);
  const isCleaned = group !== undefined && hasLeft(workload, group, facts);
  const unknown = isCleaned ? undefined : whyUnknown(workload, group, facts);
  const state = isCleaned
    ? 'cleaned'
    : unknown === undefined
      ? 'gone'
      : (`blocked(${unknown.code})` as const);
  return {
    kind,
    namespace,
    name,
    route,
    serviceAccount,
    identities: identities.map((each) => ({ ...each, isTrusted: false })),
    ...(group?.object === undefined ? {} : { uid: group.object.uid }),
    ...(cleaned === undefined ? {} : { cleaned }),
    pods: podCount(group, facts),
    blockers: unknown === undefined ? [] : [unknown],
    passed: [],
    budgets: [],
    state,
    step: 'planned',
    changed: state === 'gone',
    next: isCleaned
      ? advice`Nothing is left to do.`
      : (unknown?.hint ?? advice`Plan anew, without it: ${nextCommand('migrate plan', facts.cluster)}`),
  };
}

/** It may be there, and have pod identity, where what would show it could not be read. */
function whyUnknown(
  { kind, namespace, name }: FileWorkload,
  group: WorkloadGroup | undefined,
  facts: MigrationFacts,
): Blocker | undefined {
  const ofKind = facts.workloads.get(kind);
  if (group === undefined) {
    return ofKind === undefined ? unread(facts.pods, 'pods', facts) : unread(ofKind, `${kind}s`, facts);
  }
  const account = group.templates[0]?.serviceAccount;
  return (
    unread(facts.objects, 'the objects of pod identity', facts) ??
    unread(facts.serviceAccounts, `service account ${namespace}/${account} of ${kind}/${name}`, facts)
  );
}

/** Its template has the label, and its account names one of the identities of the file. */
function hasLeft({ identities }: FileWorkload, group: WorkloadGroup, facts: MigrationFacts): boolean {
  const [template] = group.templates;
  const account = readingOr(facts.serviceAccounts, []).find(
    ({ namespace, name }) => namespace === group.namespace && name === template?.serviceAccount,
  );
  const named = account?.annotations[clientIdAnnotation]?.toLowerCase();
  return (
    template?.labels[useLabel] === 'true' &&
    identities.some(({ clientId }) => clientId !== undefined && clientId.toLowerCase() === named)
  );
}
