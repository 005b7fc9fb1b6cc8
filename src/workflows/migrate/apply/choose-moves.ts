import type { ClusterId } from '../../../domain/clusters/cluster.ts';
import type { Deps } from '../../../domain/deps.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { byKindAndKey } from '../../../domain/migrate/bound-workloads.ts';
import type { FileComparison, StandingWorkload } from '../../../domain/migrate/compare-file.ts';
import { compareFile } from '../../../domain/migrate/compare-file.ts';
import type { MigrationFacts } from '../../../domain/migrate/migration-facts.ts';
import type { MigrationFile } from '../../../domain/migrate/migration-file.ts';
import type { MigrationPlan } from '../../../domain/migrate/plan-migration.ts';
import { groupId } from '../../../domain/migrate/service-account.ts';
import { workloadText } from '../../../domain/migrate/workload-commands.ts';
import { advice } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import { type PlanRequest, planFacts, type WorkloadChoice } from '../plan-migration.ts';
import type { Move, MovedState, MoveFailure, MovingWorkload } from './move.ts';

/** What holds a workload in a plan, and is a part of the migration itself. */
const ownPart: ReadonlySet<string> = new Set(['NoIssuer', 'NoWebhook', 'GitOps']);

export interface MovesRequest extends Pick<PlanRequest, 'sha256'> {
  readonly cluster: ClusterId;
  readonly namespace?: string;
  /** Only the workloads of this file, as it has them. */
  readonly file?: MigrationFile;
  /** Undefined: all. */
  readonly workloads: readonly WorkloadChoice[] | undefined;
}

/** @throws PodidError WorkloadNotFound | StaleCluster */
export function chosenMoves(
  deps: Pick<Deps, 'clock'>,
  facts: MigrationFacts,
  request: MovesRequest,
): readonly Move[] {
  const { file, workloads, cluster, namespace, sha256 } = request;
  const plan = planFacts(deps, facts, sha256);
  const issuer = facts.issuer.kind === 'read' ? facts.issuer.value : undefined;
  if (file?.issuer !== undefined && facts.issuer.kind === 'read' && file.issuer !== issuer) {
    throw new PodidError(
      'StaleCluster',
      `The plan is for the issuer ${file.issuer}, and the cluster has ${issuer ?? 'none'} now: it is another cluster, or was made anew.`,
      { hint: nextCommand('migrate plan', cluster) },
    );
  }
  const all = file === undefined ? movesOf(plan) : movesOfFile(file, compareFile(file, plan, facts, sha256));
  const within = all.filter(({ workload }) => namespace === undefined || workload.namespace === namespace);
  if (workloads === undefined) {
    return within;
  }
  const chosen = workloads.flatMap((choice) => {
    const found = within.filter(
      ({ workload }) =>
        workload.kind.toLowerCase() === choice.kind.toLowerCase() && workload.name === choice.name,
    );
    if (found.length === 0) {
      const where = file === undefined ? 'The cluster' : 'The file';
      throw new PodidError(
        'WorkloadNotFound',
        `${where} has no ${choice.kind} ${choice.name} with pod identity.`,
        {
          hint: nextCommand('migrate plan', cluster, { namespace }),
        },
      );
    }
    return found;
  });
  return [...new Set(chosen)];
}

/** The moves of a plan, each with what stops it before it begins. */
function movesOf({ workloads, cleaned }: Pick<MigrationPlan, 'workloads' | 'cleaned'>): readonly Move[] {
  return [
    ...workloads.map((workload) => moveOf(workload, workload.step)),
    ...cleaned.map((workload) => moveOf(workload, 'cleaned')),
  ].toSorted((one, other) => byKindAndKey(one.workload, other.workload));
}

/** The moves of a file, as its workloads stand now: what is not as the file has it is left alone. */
function movesOfFile(file: MigrationFile, { workloads }: FileComparison): readonly Move[] {
  const filed = new Map(file.workloads.map((workload) => [groupId(workload), workload]));
  return workloads.map((standing): Move => {
    const { state, step } = standing;
    const move = moveOf(standing, state === 'cleaned' || state === 'gone' ? state : step);
    const failure = notAsFiled(standing, filed.get(groupId(standing)));
    return failure === undefined ? move : { ...move, failure };
  });
}

/** A file is a promise about what somebody reviewed. */
function notAsFiled(
  standing: StandingWorkload,
  filed: MigrationFile['workloads'][number] | undefined,
): MoveFailure | undefined {
  const text = workloadText(standing);
  if (standing.state === 'gone') {
    return {
      code: 'Gone',
      message: `${text} has no pod identity any more, or is not there.`,
      hint: standing.next,
    };
  }
  if (standing.changed) {
    return {
      code: 'Changed',
      message: `${text} is not what the file was made by: it, its identities or its service account have changed since, or the hash was edited.`,
      hint: advice`Plan anew, and look at what has changed.`,
    };
  }
  const account = standing.newServiceAccount?.name ?? standing.serviceAccount;
  const differing = [
    ['route', filed?.route, standing.route],
    ['serviceAccount', filed?.serviceAccount, account],
    ['identities', identitiesText(filed?.identities), identitiesText(standing.identities)],
  ].find(([, inFile, now]) => inFile !== now);
  return differing === undefined
    ? undefined
    : {
        code: 'Edited',
        message: `${text}: the file says ${differing[0]} ${differing[1]}, and what it was made by has ${differing[2]}. A plan is reviewed, and not edited.`,
        hint: advice`Plan anew.`,
      };
}

function identitiesText(
  identities:
    | readonly { readonly namespace: string; readonly name: string; readonly clientId?: string }[]
    | undefined = [],
): string {
  return identities
    .map(({ namespace, name, clientId = '' }) => `${namespace}/${name} ${clientId.toLowerCase()}`.trim())
    .join(', ');
}

function moveOf(workload: MovingWorkload, from: MovedState): Move {
  const failure = heldBy(workload, from);
  return { workload, from, state: from, wrote: [], ...(failure === undefined ? {} : { failure }) };
}

function heldBy(workload: MovingWorkload, from: MovedState): MoveFailure | undefined {
  const { route, blockers, next } = workload;
  if (['exchange', 'dual', 'moved', 'cleaned', 'gone'].includes(from)) {
    return undefined;
  }
  const blocker = blockers.find(({ code }) => !ownPart.has(code));
  if (blocker !== undefined) {
    return blocker;
  }
  return route === 'exchange'
    ? {
        code: 'Exchange',
        message: `${workloadText(workload)} cannot take Workload Identity itself (${workload.passed.map(({ code }) => code).join(', ')}); podid's agent can exchange its tokens.`,
        hint: next,
      }
    : undefined;
}
