import type { Cluster, ClusterId } from '../../../domain/clusters/cluster.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import type { MigrationFacts } from '../../../domain/migrate/migration-facts.ts';
import { advice, type Hint, othersText } from '../../../errors/hint.ts';
import type { Change, Outcome } from '../../change/outcome.ts';
import { type ChangeDeps, type ChangeOptions, endOfWait, startChange } from '../../change/start-change.ts';
import type { ApplyDeps } from '../apply/apply-migration.ts';
import { type Batches, inBatches } from '../apply/batches.ts';
import { chosenMoves } from '../apply/choose-moves.ts';
import { migrationEnd } from '../apply/migration-end.ts';
import { type Move, type MoveDeps, moveText, step } from '../apply/move.ts';
import { gatherFacts } from '../gather-facts.ts';
import type { PlanRequest, WorkloadChoice } from '../plan-migration.ts';
import { giveBack } from './give-back.ts';
import { changesBack, credentialChanges, rollbackChanges, rollbackQuestion } from './plan-rollback.ts';
import { restoreEntries } from './restore-entries.ts';
import { unlabelTemplate } from './unlabel-template.ts';

export interface RollbackRequest extends Pick<PlanRequest, 'sha256'> {
  readonly cluster: ClusterId;
  readonly namespace?: string;
  readonly workloads: readonly WorkloadChoice[];
  /** Also deletes the federated credentials that podid made for them. */
  readonly revokeTrust: boolean;
  readonly batches: Batches;
}

/**
 * Takes workloads back to pod identity, from wherever they are: the template first, and once no pod has the label, what
 * stood behind it. What others share stays.
 *
 * @throws PodidError WorkloadNotFound before anything is sent, and as `gatherFacts`
 */
export async function rollbackMigration(
  deps: ApplyDeps,
  request: RollbackRequest,
  options: ChangeOptions,
): Promise<Outcome<readonly Move[]>> {
  const started = startChange(deps, { ...options, mirror: 'off' });
  const api = await deps.kube.connect(deps.signal);
  const cluster = await deps.azure.clusters.get(request.cluster, deps.signal);
  const facts = await gatherFacts({ ...deps, kube: { ...deps.kube, connect: async () => api } }, request);
  const moves = chosenMoves(deps, facts, request).map(({ failure: _, ...move }): Move => move);
  const gone = request.revokeTrust
    ? await goneCredentials({ ...started, api }, { facts, moves }, request)
    : [];
  const changes = [...rollbackChanges(facts, moves), ...gone];
  for (const move of moves.filter(isExchanged)) {
    deps.report.note(exchangeGoesOn(move, request.cluster));
  }
  if (options.dryRun) {
    return { plan: { changes, puts: 0 } };
  }
  if (changes.length > 0 && !(await deps.confirm(rollbackQuestion(moves, request)))) {
    return { done: { result: moves, cluster } };
  }
  const rehearsal = { rounds: 0, overMs: 0 };
  return await carryOut({ ...started, api, rehearsal, until: 'dual' }, { cluster, facts, moves }, request);
}

/** A run tells of those that stay when it comes to them. */
function goneCredentials(
  deps: ChangeDeps & Pick<MoveDeps, 'api'>,
  { facts, moves }: Pick<Work, 'facts' | 'moves'>,
  { sha256 }: RollbackRequest,
): Promise<readonly Change[]> {
  const report = deps.options.dryRun
    ? deps.report
    : { ...deps.report, note: () => undefined, warn: () => undefined };
  return credentialChanges({ ...deps, report }, { facts, moves, sha256 });
}

interface Work {
  readonly cluster: Cluster;
  readonly facts: MigrationFacts;
  readonly moves: readonly Move[];
}

async function carryOut(
  deps: MoveDeps,
  { cluster, facts, moves }: Work,
  request: RollbackRequest,
): Promise<Outcome<readonly Move[]>> {
  try {
    // Also of what had not been cleaned when it was planned: somebody may clean it at this moment.
    for (const move of moves) {
      await step(deps, move, () => restoreEntries(deps, move, { cluster, facts }));
    }
    const going = moves.filter(({ failure }) => failure === undefined);
    await inBatches(deps, going, request.batches, (move) =>
      step(deps, move, () => unlabelTemplate(deps, move, { cluster, facts })),
    );
    for (const move of moves) {
      await step(deps, move, () => giveBack(deps, move, { facts, moves, sha256: request.sha256 }, request));
      if (move.failure !== undefined || isExchanged(move)) {
        continue;
      }
      if (move.wrote.length > 0 || changesBack(facts, move, moves).length > 0) {
        move.state = 'rolled-back';
      } else {
        deps.report.note(`${moveText(move)} is ${move.from}: nothing to take back.`);
      }
    }
  } catch (error) {
    const going = 'What was taken back stays so; the same command goes on from there.';
    throw endOfWait(deps, error, going, nextCommand('migrate rollback', cluster.id).again());
  }
  return migrationEnd(moves, cluster);
}

/** The agent exchanges the tokens of all of its identities, which is no work of a migration. */
function isExchanged({ from }: Move): boolean {
  return from === 'exchange';
}

function exchangeGoesOn(move: Move, cluster: ClusterId): Hint {
  const identity = move.workload.identities.map(entryText);
  return advice`podid migrate has nothing to undo of how ${othersText(moveText(move))} gets its tokens: podid's agent exchanges them. That ends with ${nextCommand('exchange disable', cluster, { identity })}`;
}
