import type { Blocker } from '../../domain/migrate/blockers/blocker.ts';
import { byKindAndKey } from '../../domain/migrate/bound-workloads.ts';
import type { PlannedWorkload } from '../../domain/migrate/planned-workload.ts';
import type { Silence } from '../../domain/migrate/silence.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { Column } from '../../terminal/table.ts';
import type { MigrationStatus } from '../../workflows/migrate/migration-status.ts';
import type { Planned } from '../../workflows/migrate/plan-migration.ts';
import { footLines, isHeld, type Row, type Shown } from './migrate-foot.ts';

/** What `podid migrate plan` prints, members in the documented order. What is not known is null. */
export function migrationView({ workloads, cleaned, ...rest }: Planned): unknown {
  const all = [...workloads, ...cleaned].toSorted(byKindAndKey);
  return resultView({ ...rest, workloads: all.map(workloadView) });
}

/** What `podid migrate status` prints: the same of the workloads of a file, and whether each has changed since. */
export function statusView({ workloads, ...rest }: MigrationStatus): unknown {
  const views = workloads.map((workload) => ({ ...workloadView(workload), changed: workload.changed }));
  return resultView({ ...rest, workloads: views });
}

type Common = Pick<Planned, 'cluster' | 'issuer' | 'limits' | 'unread'>;

function resultView({
  cluster,
  issuer,
  workloads,
  limits,
  unread,
}: Common & { readonly workloads: readonly object[] }): unknown {
  return {
    cluster: cluster.name,
    issuer: issuer ?? null,
    workloads,
    limits: limits.map(({ identity, used, after, most }) => ({
      identity,
      used: used ?? null,
      after: after ?? null,
      most,
    })),
    unread,
  };
}

type AnyWorkload = Omit<PlannedWorkload, 'state' | 'basis' | 'silence'> & {
  readonly state: string;
  readonly silence?: Silence;
};

function workloadView(workload: AnyWorkload): object {
  const { kind, namespace, name, pods, serviceAccount, newServiceAccount, identities, seen } = workload;
  const { silence, manager, route, state, blockers, passed, notes, budgets, next } = workload;
  return {
    kind,
    namespace,
    name,
    pods: pods ?? null,
    serviceAccount,
    ...(newServiceAccount === undefined
      ? {}
      : {
          newServiceAccount: { ...newServiceAccount, roleBindings: newServiceAccount.roleBindings ?? null },
        }),
    identities: identities.map((each) => ({
      namespace: each.namespace,
      name: each.name,
      clientId: each.clientId ?? null,
    })),
    seen:
      seen === undefined
        ? null
        : { sdk: seen.sdk || 'other', version: seen.version, lastAsked: seen.lastAsked },
    ...(silence === undefined ? {} : { silence: silenceView(silence) }),
    owner: manager?.kind ?? null,
    route,
    state,
    blockers: blockers.map(blockerView),
    ...(passed.length === 0 ? {} : { passed: passed.map(blockerView) }),
    ...(notes === undefined ? {} : { notes: notes.map(({ message, hint }) => ({ message, hint })) }),
    ...(budgets.length === 0
      ? {}
      : { disruptionBudgets: budgets.map((each) => ({ name: each.name, allowed: each.allowed })) }),
    next,
  };
}

/** Members in one order; what does not belong to its kind is left out. */
function silenceView(silence: Silence): object {
  switch (silence.kind) {
    case 'asked':
      return { state: 'asked', lastAsked: silence.lastAsked };
    case 'unknown':
      return {
        state: 'unknown',
        why: silence.why,
        ...(silence.since === undefined ? {} : { since: silence.since }),
      };
    default:
      return { state: silence.kind, since: silence.since };
  }
}

function blockerView({ code, message, hint }: Blocker): unknown {
  return { code, message, hint };
}

/**
 * A command is longer than a row: the row has a word for it, and the commands stand below the table, whole.
 *
 * @param nowMs since the epoch: how long ago something was is said by it
 */
export function migrationShape(nowMs: number): TableShape {
  const columns: readonly Column[] = [
    { heading: 'NAMESPACE', cell: (row: Row) => row.namespace },
    { heading: 'WORKLOAD', cell: (row: Row) => `${row.kind}/${row.name}` },
    { heading: 'PODS', cell: (row: Row) => row.pods ?? 'unknown', spare: 4 },
    { heading: 'IDENTITY', cell: (row: Row) => row.identities.map((each) => each.name).join(', ') },
    { heading: 'SERVICEACCOUNT', cell: accountText, spare: 3 },
    { heading: 'SEEN', cell: (row: Row) => seenText(row, nowMs), spare: 5 },
    { heading: 'OWNER', cell: (row: Row) => row.owner ?? '—', spare: 1 },
    { heading: 'ROUTE', cell: (row: Row) => row.route, spare: 2 },
    {
      heading: 'STATE',
      cell: stateText,
      colour: (row: Row) => (isHeld(row) ? 'yellow' : 'green'),
      whole: true,
    },
  ];
  return {
    title: 'To Workload Identity',
    rows: ({ workloads }: Shown) => workloads,
    columns: [...columns, { heading: 'NEXT', cell: (row: Row) => nextWord(row, nowMs), whole: true }],
    wideColumns: [...columns, { heading: 'NEXT', cell: (row: Row) => row.next }],
    foot: (shown: Shown, colour) => `\n${footLines(shown, colour).join('\n')}\n`,
  };
}

function nextWord({ state, route, silence }: Row, nowMs: number): string {
  if (state === 'dual' && silence?.state === 'watched') {
    return `watched for ${timeSince(silence.since, nowMs)}`;
  }
  return state === 'planned' && route === 'exchange' ? 'exchange' : (nextWords[state] ?? 'see below');
}

/** What comes after a state, in a word. */
const nextWords: Readonly<Record<string, string>> = {
  planned: 'trust',
  trusted: 'check',
  annotated: 'label',
  dual: 'watch',
  moved: 'clean up',
  exchange: '—',
  cleaned: '—',
  gone: 'plan anew',
};

function accountText({ serviceAccount, newServiceAccount }: Row): string {
  return newServiceAccount === undefined ? serviceAccount : `${serviceAccount} → ${newServiceAccount.name}`;
}

/** A workload of a file may have changed since that was written. */
function stateText({ state, changed }: Row): string {
  return changed === true ? `${state}, changed` : state;
}

/** The minute that it was is in the other formats. */
function seenText({ seen, silence }: Row, nowMs: number): string {
  if (seen !== null) {
    const client = seen.version === '' ? seen.sdk : `${seen.sdk} ${seen.version}`;
    return `${client} · ${timeSince(seen.lastAsked, nowMs)} ago`;
  }
  return silence?.since === undefined ? 'unknown' : `nothing in ${timeSince(silence.since, nowMs)}`;
}

/** In its largest unit: `3 h`. A clock may be ahead of another. */
function timeSince(time: string | undefined, nowMs: number): string {
  const minutes = Math.max(0, Math.floor((nowMs - Date.parse(time ?? '')) / 60_000));
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes} min` : hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
