import type { MigrationFacts } from '../../../domain/migrate/migration-facts.ts';
import { groupId } from '../../../domain/migrate/service-account.ts';
import { advice } from '../../../errors/hint.ts';
import { type Move, type MoveDeps, type MoveFailure, moveText } from '../apply/move.ts';
import { readUsers } from '../gather-facts.ts';
import { unreadUsers } from '../unread-users.ts';
import { labelledWith } from './plan-rollback.ts';
import { releaseAccount } from './release-account.ts';
import { revokeTrust } from './revoke-trust.ts';

/**
 * What stood behind the label goes, unless others need it, or might. Who has the label is read anew: a rollback takes its
 * time, and somebody else may give it meanwhile. So it is read once more after each write, and what has come to be needed
 * by then is put back.
 */
export async function giveBack(
  deps: MoveDeps,
  move: Move,
  known: Parameters<typeof revokeTrust>[2],
  { revokeTrust: revokes }: { readonly revokeTrust: boolean },
): Promise<MoveFailure | undefined> {
  const before = await usersNow(deps, move, known.facts);
  if (before.hasLabel) {
    return labelledAgain(move);
  }
  const unread = unreadUsers(before.facts);
  if (unread !== undefined) {
    const kept = revokes ? 'and its federated credentials stay' : 'stays';
    deps.report.note(
      `The annotation of ${accountText(move)} ${kept}, for nobody knows who else needs it: ${unread} The same command takes it back once that can be read.`,
    );
    return undefined;
  }
  if (before.sharing.length > 0) {
    tellStays(deps, move, before.sharing);
  }
  const takeAway = [
    ...(before.sharing.length > 0 ? [] : [() => releaseAccount(deps, move)]),
    ...(revokes ? [() => revokeTrust(deps, move, { ...known, facts: before.facts })] : []),
  ];
  const putBack: (() => Promise<void>)[] = [];
  for (const take of takeAway) {
    const again = await take();
    if (again === undefined) {
      continue;
    }
    putBack.unshift(again);
    const since = await usersNow(deps, move, known.facts);
    if (since.hasLabel || since.sharing.length > 0) {
      for (const each of putBack) {
        await each();
      }
      if (since.hasLabel) {
        return labelledAgain(move);
      }
      tellStays(deps, move, since.sharing);
      return undefined;
    }
  }
  return undefined;
}

interface Users {
  readonly facts: MigrationFacts;
  /** The workload itself has it again. */
  readonly hasLabel: boolean;
  /** Others with the label that run as its account. */
  readonly sharing: readonly string[];
}

/** All that go back have lost the label by now: whichever has it got it since. */
async function usersNow({ api, signal }: MoveDeps, move: Move, facts: MigrationFacts): Promise<Users> {
  const now = { ...facts, ...(await readUsers(signal, api, move.workload.namespace)) };
  const labelled = labelledWith(now, move, []);
  const own = groupId(move.workload);
  return {
    facts: now,
    hasLabel: labelled.includes(own),
    sharing: labelled.filter((each) => each !== own),
  };
}

function labelledAgain(move: Move): MoveFailure {
  return {
    code: 'Changed',
    message: `${moveText(move)} has got the label again meanwhile: somebody else migrates it. What stands behind the label stays.`,
    hint: advice`Agree on which way it goes, and run the same command again.`,
  };
}

function tellStays({ report }: MoveDeps, move: Move, sharing: readonly string[]): void {
  report.note(
    `The annotation of ${accountText(move)} stays: ${sharing.join(', ')} ${sharing.length === 1 ? 'needs' : 'need'} it.`,
  );
}

function accountText({ workload: { namespace, serviceAccount } }: Move): string {
  return `service account ${namespace}/${serviceAccount}`;
}
