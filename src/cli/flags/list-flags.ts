import type { FlagTable } from '../../flags/flag-table.ts';
import { namespaceFilter } from '../../validate/flags/entry-key.ts';
import type { UsageFaults } from '../../validate/usage-faults.ts';
import type { Session } from '../run/session.ts';
import type { WatchFlags } from '../run/watch-result.ts';
import { waitFlags } from './cluster-flags.ts';

/** Which entries a list holds. */
export const entryListFlags = {
  namespace: { kind: 'text', value: 'NAMESPACE', summary: 'only entries of this namespace', fallback: 'all' },
  allNamespaces: {
    kind: 'switch',
    short: 'A',
    summary: 'entries of all namespaces, as without --namespace; for whoever types it from habit',
  },
} as const satisfies FlagTable;

/** How pod identities are picked and put in order. */
export const identityListFlags = {
  ...entryListFlags,
  problems: { kind: 'switch', summary: 'only those that are not assigned' },
  state: {
    kind: 'text',
    value: 'STATE',
    summary: 'only entries in this state: Assigned, Failed, Updating, Deleting, Succeeded, Canceled',
  },
  sortBy: {
    kind: 'text',
    value: 'MEMBER',
    choices: ['name', 'namespace', 'selector', 'identity', 'state'],
    summary: 'by what the entries are sorted',
    fallback: "the server's order",
  },
} as const satisfies FlagTable;

interface NamespaceFlags {
  readonly namespace: string | undefined;
  readonly allNamespaces: boolean;
}

/** The namespace that a list is narrowed to; faults are the next `checkUsage`'s to report. */
export function listedNamespace(
  { namespace, allNamespaces }: NamespaceFlags,
  faults: UsageFaults,
): { readonly namespace?: string } {
  if (allNamespaces && namespace !== undefined) {
    faults.add('--all-namespaces', '--all-namespaces and --namespace contradict each other.');
  }
  return namespaceFilter(namespace, faults);
}

/** Of what can go on looking. */
export const watchFlags = {
  watch: {
    kind: 'switch',
    short: 'w',
    summary: 'go on, and print the result again each time it changes, until Ctrl-C',
  },
  pollInterval: { ...waitFlags.pollInterval, summary: 'with --watch: how often to look' },
} as const satisfies FlagTable;

/** How often to look; undefined: once. Faults are the next `checkUsage`'s to report. */
export async function watchInterval(
  flags: WatchFlags,
  session: Pick<Session, 'context' | 'faults'>,
): Promise<number | undefined> {
  if (!flags.watch && flags.pollInterval === undefined) {
    return undefined;
  }
  const { readInterval } = await import('../run/watch-result.ts');
  return readInterval(flags, session);
}
