import { advice } from '../../../errors/hint.ts';
import { podCount, type WorkloadGroup } from '../bound-workloads.ts';
import { managerOf } from '../manager.ts';
import type { MigrationFacts } from '../migration-facts.ts';
import type { PlannedWorkload } from '../planned-workload.ts';
import { type CleanedRecord, cleanedOf } from './cleaned-record.ts';

/** A workload that has pod identity no more. */
export interface LeftWorkload extends Omit<PlannedWorkload, 'state' | 'basis' | 'silence'> {
  readonly state: 'cleaned';
  /** What podid took from it. */
  readonly cleaned: CleanedRecord;
  readonly silence?: never;
}

/** What a workload is after it was cleaned, if podid did that. */
export function leftWorkloads(
  group: WorkloadGroup,
  facts: Pick<MigrationFacts, 'pods'>,
): readonly LeftWorkload[] {
  const { kind, namespace, name, object } = group;
  const cleaned = cleanedOf(group);
  if (object === undefined || cleaned === undefined) {
    return [];
  }
  const manager = managerOf(object);
  return [
    {
      kind,
      namespace,
      name,
      pods: podCount(group, facts),
      uid: object.uid,
      serviceAccount: object.template.serviceAccount,
      identities: cleaned.entries.map((entry) => ({
        namespace: entry.namespace,
        name: entry.name,
        resourceId: entry.identity,
        isTrusted: true,
      })),
      ...(manager === undefined ? {} : { manager }),
      route: 'native',
      state: 'cleaned',
      step: 'moved',
      blockers: [],
      passed: [],
      budgets: [],
      cleaned,
      next: advice`Nothing is left to do.`,
    },
  ];
}
