import { checkClusterState } from '../../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../../domain/clusters/cluster.ts';
import { counted } from '../../../domain/counted.ts';
import type { Deps } from '../../../domain/deps.ts';
import type { PodIdentity } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import type { Until } from '../../../domain/migrate/apply/until.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import type { Outcome, Plan } from '../../change/outcome.ts';
import { type ChangeOptions, endOfWait, startChange } from '../../change/start-change.ts';
import { trustingText, trustingWait } from '../../exchange/make-credential.ts';
import type { RehearseOptions } from '../../exchange/rehearse.ts';
import { gatherFacts } from '../gather-facts.ts';
import { openEntries } from '../open-entries.ts';
import { type Batches, moveInBatches } from './batches.ts';
import { chosenMoves, type MovesRequest } from './choose-moves.ts';
import { cleanEntries } from './clean-entries.ts';
import { migrationEnd } from './migration-end.ts';
import { hasMoved, isBefore, type Move, type MoveDeps, reaches, step } from './move.ts';
import { changesOf, question } from './plan-moves.ts';
import { clusterNeeds, prepareCluster } from './prepare-cluster.ts';
import { type ProvenTrusts, trustAccount } from './trust-account.ts';

export interface ApplyRequest extends MovesRequest {
  readonly until: Until;
  readonly rehearsal: RehearseOptions;
  readonly batches: Batches;
}

export type ApplyDeps = Omit<Deps, 'deadline'>;

/**
 * Moves workloads, each as far as it comes and no further than `until`. All that was done is in the objects, so that a
 * run that was killed goes on where it was, and what is done is not written again.
 *
 * @throws PodidError WorkloadNotFound | StaleCluster (the file is for another issuer) before anything is sent, and as
 * `gatherFacts` and `changeProfile`
 */
export async function applyMigration(
  deps: ApplyDeps,
  request: ApplyRequest,
  options: ChangeOptions,
): Promise<Outcome<readonly Move[]>> {
  const started = startChange(deps, { ...options, mirror: 'off' });
  const api = await deps.kube.connect(deps.signal);
  const cluster = await deps.azure.clusters.get(request.cluster, deps.signal);
  for (const warning of checkClusterState(cluster)) {
    deps.report.warn(warning);
  }
  const facts = await gatherFacts({ ...deps, kube: { ...deps.kube, connect: async () => api } }, request);
  const moves = chosenMoves(deps, facts, request);
  const moveDeps: MoveDeps = { ...started, api, rehearsal: request.rehearsal, until: request.until };
  const needs = clusterNeeds(moves);
  const issuer = facts.issuer.kind === 'read' ? facts.issuer.value : undefined;
  const entries = await entriesToClean(moveDeps, cluster, moves);
  const changes = changesOf(moves, { needs, issuer, until: request.until, entries });
  if (options.dryRun) {
    reportStopped(deps, moves);
    const stopped = stoppedOf(moves);
    const puts = needs.issuer || needs.webhook ? 1 : 0;
    return { plan: { changes, puts, ...(stopped.length === 0 ? {} : { stopped }) } };
  }
  if (
    changes.length > 0 &&
    !(await deps.confirm(question(cluster, moves, { needs, until: request.until })))
  ) {
    return { done: { result: moves, cluster } };
  }
  return await carryOut(moveDeps, { cluster, moves, needs, entries, issuer }, request);
}

interface Work {
  readonly cluster: Cluster;
  readonly moves: readonly Move[];
  readonly needs: ReturnType<typeof clusterNeeds>;
  readonly entries: readonly PodIdentity[];
  readonly issuer: string | undefined;
}

/** All of the cluster, where workloads are to lose theirs. */
async function entriesToClean(
  deps: MoveDeps,
  cluster: Cluster,
  moves: readonly Move[],
): Promise<readonly PodIdentity[]> {
  if (deps.until !== 'cleaned' || !moves.some(({ state }) => hasMoved(state))) {
    return [];
  }
  const { entries } = openEntries(deps, cluster, deps.options);
  const { profile } = await entries.get(cluster.id, deps.signal);
  return profile.identities;
}

async function carryOut(
  deps: MoveDeps,
  { cluster, moves, needs, entries, issuer: known }: Work,
  { batches, until, sha256 }: ApplyRequest,
): Promise<Outcome<readonly Move[]>> {
  const toProve = moves.filter(({ failure, state }) => failure === undefined && isBefore(state, 'dual'));
  let issuer = known;
  try {
    if (toProve.length > 0) {
      issuer = await prepareCluster(deps, cluster, { needs, moves: toProve });
      await trustAll(deps, toProve, { cluster: cluster.id, issuer });
    }
    if (reaches(until, 'annotated')) {
      await moveInBatches(deps, moves, { ...batches, entries, issuer });
    }
    if (reaches(until, 'cleaned')) {
      await cleanEntries(deps, cluster, moves, sha256);
    }
  } catch (error) {
    const going = `What was done stays: ${howFar(moves)}. The same command goes on from there.`;
    throw endOfWait(deps, error, going, nextCommand('migrate apply', cluster.id).again());
  }
  return migrationEnd(moves, cluster);
}

async function trustAll(
  deps: MoveDeps,
  moves: readonly Move[],
  of: { readonly cluster: ClusterId; readonly issuer: string },
): Promise<void> {
  const proven: ProvenTrusts = new Map();
  const makes = moves.some(({ workload }) => workload.identities.some(({ isTrusted }) => !isTrusted));
  let through = 0;
  const wait = trustingWait(deps.rehearsal, makes);
  const report = () =>
    deps.report.progress(
      `${trustingText(deps.rehearsal, makes)}: ${through} of ${counted(moves.length, 'workload')} done`,
      { wait },
    );
  report();
  await eachConcurrently(
    moves,
    async (move) => {
      await step(deps, move, () => trustAccount(deps, move, { ...of, proven }));
      through += 1;
      report();
    },
    moves.length,
  );
}

function reportStopped({ report }: Pick<Deps, 'report'>, moves: readonly Move[]): void {
  for (const { workload, failure } of moves) {
    if (failure !== undefined) {
      const { kind, namespace, name } = workload;
      report.warn(
        `${kind} ${namespace}/${name} stays as it is. ${failure.code}: ${failure.message}`,
        failure.hint,
      );
    }
  }
}

function stoppedOf(moves: readonly Move[]): NonNullable<Plan['stopped']> {
  return moves.flatMap(({ workload: { kind, namespace, name }, failure }) =>
    failure === undefined ? [] : [{ kind, namespace, name, code: failure.code }],
  );
}

function howFar(moves: readonly Move[]): string {
  const states = new Map<string, number>();
  for (const { state } of moves) {
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  return [...states].map(([state, count]) => `${count} ${state}`).join(', ');
}
