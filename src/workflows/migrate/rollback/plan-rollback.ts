import { entryText } from '../../../domain/entries/pod-identity.ts';
import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import { heldAnnotation } from '../../../domain/migrate/apply/canary.ts';
import { cleanedAnnotation } from '../../../domain/migrate/apply/cleaned-record.ts';
import { formerAnnotation } from '../../../domain/migrate/apply/migration-writes.ts';
import { workloadGroups } from '../../../domain/migrate/bound-workloads.ts';
import { type MigrationFacts, readingOr } from '../../../domain/migrate/migration-facts.ts';
import { groupId } from '../../../domain/migrate/service-account.ts';
import { clientIdAnnotation, useLabel } from '../../../domain/migrate/workload-identity-words.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import type { Change } from '../../change/outcome.ts';
import { type Move, moveText } from '../apply/move.ts';
import { unreadUsers } from '../unread-users.ts';
import { goingBack } from './going-back.ts';
import { revocationsOf } from './revoke-trust.ts';
import { isBack, isLabelled, lostBinding } from './unlabel-template.ts';

interface Choice {
  readonly revokeTrust: boolean;
}

/**
 * What a rollback will write, by what the objects carry: how far a workload counts says nothing of that, for one whose
 * federated credential was deleted counts as `planned`, and its pods have the label still.
 */
export function rollbackChanges(facts: MigrationFacts, moves: readonly Move[]): readonly Change[] {
  return moves.flatMap((move) => changesBack(facts, move, moves));
}

/** Of one among those that go back. */
export function changesBack(facts: MigrationFacts, move: Move, moves: readonly Move[]): readonly Change[] {
  return [...entryChanges(move), ...workloadChanges(facts, move), ...accountChanges(facts, move, moves)];
}

export function rollbackQuestion(moves: readonly Move[], { revokeTrust }: Choice): string {
  const names = moves.map(moveText);
  const again = moves.flatMap(({ workload }) => workload.cleaned?.entries ?? []);
  const entries =
    again.length === 0
      ? ''
      : ` Made again: ${again.map((entry) => `pod identity ${entryText(entry)} (${entry.identity})`).join(', ')}.`;
  const trust = revokeTrust ? ' Federated credentials that podid made for them are deleted.' : '';
  return `Take ${names.join(', ')} back to pod identity? Pods with the label are replaced.${entries}${trust}`;
}

/** Workloads with the label that run as its account, and do not go back now. */
export function labelledWith(
  facts: MigrationFacts,
  { workload }: Move,
  moves: readonly Move[],
): readonly string[] {
  const going = goingBack(moves);
  return workloadGroups(facts)
    .filter(
      (group) =>
        group.namespace === workload.namespace &&
        !going.has(groupId(group)) &&
        group.templates.some(
          ({ serviceAccount, labels }) =>
            serviceAccount === workload.serviceAccount && labels[useLabel] === 'true',
        ),
    )
    .map(groupId);
}

function entryChanges({ workload }: Move): readonly Change[] {
  return (workload.cleaned?.entries ?? []).map((entry) => ({
    action: 'add',
    kind: 'identity',
    namespace: entry.namespace,
    name: entry.name,
    before: null,
    after: { identityResourceId: entry.identity, bindingSelector: entry.selector },
  }));
}

function workloadChanges(facts: MigrationFacts, { workload }: Move): readonly Change[] {
  const { kind, namespace, name } = workload;
  const object = workloadGroups(facts).find((group) => groupId(group) === groupId(workload))?.object;
  if (object === undefined) {
    return [];
  }
  const { annotations, template } = object;
  const notes = [heldAnnotation, cleanedAnnotation].filter((each) => Object.hasOwn(annotations, each));
  if (isBack(object) && notes.length === 0) {
    return [];
  }
  const binding = lostBinding(object);
  const change: Change = {
    action: 'update',
    kind: 'workload',
    namespace,
    name,
    before: {
      kind,
      ...(isLabelled(object) ? { templateLabels: { [useLabel]: template.labels[useLabel] } } : {}),
      ...(notes.length === 0
        ? {}
        : { annotations: Object.fromEntries(notes.map((each) => [each, annotations[each]])) }),
    },
    after: { kind, ...(binding === undefined ? {} : { templateLabels: { [bindingLabel]: binding } }) },
  };
  return [change];
}

/** What a migration owns of the account goes, unless others need it, or might. */
function accountChanges(facts: MigrationFacts, move: Move, moves: readonly Move[]): readonly Change[] {
  const { namespace, serviceAccount } = move.workload;
  const account = readingOr(facts.serviceAccounts, []).find(
    (each) => each.namespace === namespace && each.name === serviceAccount,
  );
  if (
    account?.migrated !== true ||
    unreadUsers(facts) !== undefined ||
    labelledWith(facts, move, moves).length > 0
  ) {
    return [];
  }
  const former = account.annotations[formerAnnotation];
  return [
    {
      action: 'update',
      kind: 'serviceAccount',
      namespace,
      name: serviceAccount,
      before: { clientId: account.annotations[clientIdAnnotation] ?? null },
      after: former === undefined ? null : { clientId: former },
    },
  ];
}

/**
 * By the decision of the run itself, as it will be once the account is released.
 */
export async function credentialChanges(
  deps: Parameters<typeof revocationsOf>[0],
  { facts, moves, sha256 }: Parameters<typeof revocationsOf>[2],
): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const move of unreadUsers(facts) === undefined ? moves : []) {
    const [account] = accountChanges(facts, move, moves);
    const losesAnnotation = account !== undefined && account.after === null;
    const known = { facts, moves, sha256, losesAnnotation };
    // An identity that is gone keeps nobody from going back: the run itself tells of it, after the template.
    const revocations = await revocationsOf(deps, move, known).catch((error: unknown) => {
      deps.signal.throwIfAborted();
      if (!isPodidError(error)) {
        throw error;
      }
      deps.report.warn(
        `${moveText(move)}: its federated credentials cannot be read. ${error.message}`,
        error.hint,
      );
      return [];
    });
    for (const { identity, ...gone } of revocations) {
      const { namespace, name } = identity;
      const before = { identity: gone.resourceId, credential: gone.credential };
      changes.push({ action: 'delete', kind: 'federatedCredential', namespace, name, before, after: null });
    }
  }
  return changes;
}
