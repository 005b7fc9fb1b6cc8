import type { Hint } from '../../errors/hint.ts';
import type { EntryKey } from '../entries/pod-identity.ts';
import type { ApplicationNote } from './blockers/application-notes.ts';
import type { Blocker, Route } from './blockers/blocker.ts';
import type { WorkloadManager } from './manager.ts';
import type { ReadDisruptionBudget } from './migration-facts.ts';
import type { Step } from './progress.ts';
import type { PodTemplate } from './read-workload.ts';
import type { SeenUse } from './seen.ts';
import type { NewAccount } from './service-account.ts';
import type { Silence } from './silence.ts';

/** One identity of a planned workload. */
export interface PlannedIdentity extends EntryKey {
  /** Undefined: neither the object nor Azure says it. */
  readonly clientId?: string;
  readonly resourceId?: string;
  /** It has a federated credential of the cluster's issuer and the account that it is to trust. */
  readonly isTrusted: boolean;
}

export interface PlannedWorkload extends EntryKey {
  readonly kind: string;
  /** That have not ended; undefined where pods may not be listed. */
  readonly pods: number | undefined;
  /** Of its template today. */
  readonly serviceAccount: string;
  /** What its pods are made of; absent in a file, and of what has no pod identity any more. */
  readonly template?: PodTemplate;
  /** Value of the label by which the agents serve its pods, in its template; absent where that lacks it. */
  readonly binding?: string;
  /** Absent where its object could not be read. */
  readonly uid?: string;
  /** Where the identities are to trust another one. */
  readonly newServiceAccount?: NewAccount;
  readonly identities: readonly PlannedIdentity[];
  /** The last that one of its pods asked. */
  readonly seen?: SeenUse;
  /** Whether its pods still ask. */
  readonly silence: Silence;
  readonly manager?: WorkloadManager;
  readonly route: Route;
  readonly state: Step | `blocked(${Blocker['code']})`;
  /** How far it is, also where something holds it. */
  readonly step: Step;
  /** What holds it. */
  readonly blockers: readonly Blocker[];
  /** What closed a route before the one that it takes, as `SdkTooOld` before `proxy`. */
  readonly passed: readonly Blocker[];
  readonly next: Hint;
  /** What is to be changed besides, where its application is known; absent: nothing. */
  readonly notes?: readonly ApplicationNote[];
  /** Disruption budgets of its pods. */
  readonly budgets: readonly ReadDisruptionBudget[];
  /** All that decides how it moves, and that the migration itself does not change. */
  readonly basis: unknown;
}
