import { isTurnedOn } from '../../domain/migrate/next-step.ts';
import type { Colours } from '../../terminal/colours.ts';

/** A workload of the result, as its table and what stands below it are made. */
export interface Row {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly pods: number | null;
  readonly serviceAccount: string;
  readonly newServiceAccount?: { readonly name: string };
  readonly identities: readonly { readonly namespace: string; readonly name: string }[];
  readonly seen: { readonly sdk: string; readonly version: string; readonly lastAsked: string } | null;
  readonly silence?: { readonly state: string; readonly since?: string };
  readonly owner: string | null;
  readonly route: string;
  readonly state: string;
  readonly changed?: boolean;
  readonly blockers: readonly { readonly code: string; readonly message: string; readonly hint: string }[];
  readonly notes?: readonly { readonly message: string; readonly hint: string }[];
  readonly next: string;
}

export interface Shown {
  readonly workloads: readonly Row[];
  readonly limits: readonly {
    readonly identity: string;
    readonly used: number | null;
    readonly after: number | null;
    readonly most: number;
  }[];
  readonly unread: readonly { readonly what: string }[];
}

/** What stands below the table: what holds workloads, the commands that come next, and what to look at besides. */
export function footLines({ workloads, limits, unread }: Shown, colour: Colours): readonly string[] {
  return [
    ...blockerLines(workloads, colour),
    ...nextLines(workloads, colour),
    ...noteLines(workloads, colour),
    ...fullLines(limits),
    summary(workloads, unread),
  ];
}

/** What holds workloads, whole, each once for all that it holds; and the command that comes next. */
function blockerLines(workloads: readonly Row[], colour: Colours): readonly string[] {
  const found = new Map<string, Row['blockers'][number] & { count: number }>();
  for (const blocker of workloads.filter(isHeld).flatMap(({ blockers }) => blockers)) {
    const key = `${blocker.code} ${blocker.message}`;
    found.set(key, { ...blocker, count: (found.get(key)?.count ?? 0) + 1 });
  }
  return [...found.values()].flatMap(({ code, message, hint, count }) => [
    `${colour.yellow(code)}${count > 1 ? ` (${count} workloads)` : ''}: ${message}`,
    `  ${colour.cyan('→')} ${hint}`,
  ]);
}

/** The next command of each workload that nothing holds, or only what a migration turns on by itself. */
function nextLines(workloads: readonly Row[], colour: Colours): readonly string[] {
  return workloads
    .filter((row) => !isHeld(row) || isTurnedOn(row.route, row.blockers))
    .flatMap(({ namespace, kind, name, next }) => [
      `${colour.bold(`${namespace} ${kind}/${name}`)}`,
      `  ${colour.cyan('→')} ${next}`,
    ]);
}

/** What is to be changed besides. */
function noteLines(workloads: readonly Row[], colour: Colours): readonly string[] {
  return workloads.flatMap(({ notes = [] }) =>
    notes.flatMap(({ message, hint }) => [message, `  ${colour.cyan('→')} ${hint}`]),
  );
}

/** Identities that have no room for all of their workloads. */
function fullLines(limits: Shown['limits']): readonly string[] {
  return limits.flatMap(({ identity, after, used, most }) =>
    after === null || after <= most
      ? []
      : [`${identity.split('/').at(-1)} has ${used} of ${most} federated credentials, and needs ${after}.`],
  );
}

/** None may be one that was not read. */
function summary(workloads: readonly Row[], unread: Shown['unread']): string {
  const held = workloads.filter(isHeld).length;
  const all = `${workloads.length} ${workloads.length === 1 ? 'workload' : 'workloads'}`;
  const unknown =
    unread.length === 0 ? '' : ` Not read, and so unknown: ${unread.map(({ what }) => what).join('; ')}.`;
  return `${all}, ${held === 0 ? 'none' : held} blocked.${unknown}`;
}

export function isHeld({ state }: Row): boolean {
  return state.startsWith('blocked');
}
