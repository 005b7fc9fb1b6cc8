import { counted } from '../../domain/counted.ts';
import type { Colours } from '../../terminal/colours.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import { accessPage } from './access-page.ts';
import type { ShownAccess, ShownIdentity, ShownWay } from './access-view.ts';

/** An identity as one namespace gets it. */
interface Row {
  readonly identity: ShownIdentity;
  /** `*` where it is no namespace's. */
  readonly namespace: string;
  readonly ways: readonly ShownWay[];
}

/** A row for each identity and namespace; below it what was found, with the commands, and what nobody could read. */
export function accessShape(cluster: string): TableShape {
  const pods = ({ identity, ways }: Row) =>
    ways.length === 0 && identity.unknown.length > 0 ? 'unknown' : podsOf(ways);
  return {
    title: `Who can get which identity: ${cluster}`,
    page: accessPage,
    rows: ({ identities }: ShownAccess) => identities.flatMap(rowsOf),
    columns: [
      { heading: 'IDENTITY', cell: ({ identity }: Row) => identity.name },
      { heading: 'NAMESPACE', cell: ({ namespace }: Row) => namespace },
      { heading: 'WAYS', cell: wayText },
      { heading: 'PODS', cell: pods },
      { heading: 'NODES', cell: (row: Row) => nodesOf(row)?.length ?? 'unknown' },
      { heading: 'ROLES', cell: ({ identity }: Row) => identity.roles?.length ?? 'unknown' },
      { heading: 'ASKED', cell: ({ identity }: Row) => identity.lastAsked ?? '—', spare: 1 },
    ],
    wideColumns: [
      { heading: 'IDENTITY', cell: ({ identity }: Row) => identity.name },
      { heading: 'NAMESPACE', cell: ({ namespace }: Row) => namespace },
      { heading: 'WAYS', cell: wayText },
      { heading: 'WHO', cell: ({ ways }: Row) => ways.map(({ who }) => who).join('; ') },
      { heading: 'PODS', cell: pods },
      {
        heading: 'WORKLOADS',
        cell: ({ ways }: Row) => [...new Set(ways.flatMap(({ workloads }) => workloads))].join(', '),
      },
      { heading: 'NODES', cell: (row: Row) => nodesOf(row)?.join(', ') ?? 'unknown' },
      {
        heading: 'ROLES',
        cell: ({ identity }: Row) =>
          identity.roles?.map(({ role, scope }) => `${role} of ${scope}`).join(', ') ?? 'unknown',
      },
      { heading: 'ASKED', cell: ({ identity }: Row) => identity.lastAsked ?? '—' },
    ],
    foot: (shown: ShownAccess, colour) => `\n${footLines(shown, colour).join('\n')}\n`,
  };
}

/** From which its ways lead to it; undefined: nobody knows. */
function nodesOf({ identity, ways }: Row): readonly string[] | undefined {
  const known = ways.flatMap(({ nodes }) => (nodes === null ? [] : [nodes]));
  return known.length < ways.length || (ways.length === 0 && identity.unknown.length > 0)
    ? undefined
    : [...new Set(known.flat())].toSorted();
}

/** One without any way has a row of its own. */
function rowsOf(identity: ShownIdentity): readonly Row[] {
  const namespaces = [...new Set(identity.ways.map(({ namespace }) => namespace ?? '*'))];
  return namespaces.length === 0
    ? [{ identity, namespace: '—', ways: [] }]
    : namespaces.map((namespace) => ({
        identity,
        namespace,
        ways: identity.ways.filter((way) => (way.namespace ?? '*') === namespace),
      }));
}

/** What nobody was able to see stands as a question, and never as nothing. */
function wayText({ identity, ways }: Row): string {
  const kinds = [...new Set(ways.map(({ way }) => way))];
  const open = identity.unknown.length > 0 ? ['unknown'] : [];
  return [...kinds, ...open].join(', ') || 'none';
}

/** Pods of one kind of way are others each, those of two kinds may be the same: the most of one kind is said. */
function podsOf(ways: readonly ShownWay[]): number | string {
  if (ways.some(({ pods }) => pods === null)) {
    return 'unknown';
  }
  const sums = new Map<string, number>();
  for (const { way, pods } of ways) {
    sums.set(way, (sums.get(way) ?? 0) + (pods ?? 0));
  }
  return Math.max(0, ...sums.values());
}

const paints: Readonly<Record<string, keyof Colours>> = { high: 'red', medium: 'yellow', low: 'dim' };

function footLines({ findings, unread, identities, couldBecome }: ShownAccess, colour: Colours): string[] {
  const { kubernetes, azure } = couldBecome;
  const become = (list: readonly unknown[] | null, where: string) =>
    list === null ? `unknown ${where}` : `${list.length} ${where}`;
  return [
    ...findings.flatMap(({ severity, code, message, hint }) => [
      `${colour[paints[severity] ?? 'dim'](`${severity} ${code}`)}: ${message}`,
      `  ${colour.cyan('→')} ${hint}`,
    ]),
    ...unread.map(({ what, why }) => `${colour.yellow('unknown')}: ${what}. ${why}`),
    `${counted(identities.length, 'identity', 'identities')}, ${counted(findings.length, 'finding')}. Who could give themselves a way: ${become(kubernetes, 'in Kubernetes')}, ${become(azure, 'in Azure')}; -o json names them.`,
  ];
}
