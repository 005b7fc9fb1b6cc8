import { plainText } from '../../errors/plain-text.ts';
import type { Colours } from '../../terminal/colours.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import { asciiSigns } from '../../terminal/signs.ts';
import { type Column, cutAtEnd, table } from '../../terminal/table.ts';
import { wrapText } from '../../terminal/wrap-text.ts';
import type { Load, NamespaceLoad, NodeLoad, PodLoad } from '../../workflows/load/compare-scrapes.ts';

/** By what the rows are sorted, and the key that says so while the view runs. */
export const topSorts = {
  node: 'n',
  requests: 'r',
  refused: 'f',
  queued: 'u',
  wait: 'w',
} as const;

export type TopSort = keyof typeof topSorts;

export function sortedLoad(load: Load, sort: TopSort): Load {
  const by: Readonly<Record<TopSort, (node: NodeLoad) => number>> = {
    node: () => 0,
    requests: ({ requests }) => requests,
    refused: ({ refused }) => refused,
    queued: ({ queued }) => queued,
    wait: ({ waitP99 }) => waitP99 ?? -1,
  };
  // Stable: what is alike stays in the order of its name.
  const pods =
    sort === 'refused'
      ? load.pods.toSorted((one, other) => (other.refused ?? 0) - (one.refused ?? 0))
      : load.pods;
  return { ...load, nodes: load.nodes.toSorted((one, other) => by[sort](other) - by[sort](one)), pods };
}

const nodeColumns: readonly Column[] = [
  { heading: 'NODE', cell: (row: NodeLoad) => row.node },
  { heading: 'REQ/S', cell: (row: NodeLoad) => row.requests },
  {
    heading: 'REFUSED/S',
    cell: (row: NodeLoad) => row.refused,
    colour: (row: NodeLoad) => (row.refused > 0 ? 'yellow' : undefined),
  },
  { heading: 'HITS', cell: (row: NodeLoad) => (row.hits === null ? '-' : `${Math.round(row.hits * 100)}%`) },
  {
    heading: 'RENEWED',
    cell: (row: NodeLoad) =>
      row.renewalsFailed > 0 ? `${row.renewals} (${row.renewalsFailed} failed)` : row.renewals,
  },
  { heading: 'QUEUE', cell: (row: NodeLoad) => row.queued, spare: 2 },
  { heading: 'HELD', cell: (row: NodeLoad) => row.held, spare: 1 },
  { heading: 'P99', cell: (row: NodeLoad) => (row.waitP99 === null ? '-' : `<${row.waitP99} ms`) },
  { heading: 'REFUSED FOR', cell: (row: NodeLoad) => reasonsText(row.refusals) },
];

const namespaceColumns: readonly Column[] = [
  { heading: 'NAMESPACE', cell: (row: NamespaceLoad) => row.namespace || '(no pod)' },
  { heading: 'REQ/S', cell: (row: NamespaceLoad) => row.requests },
  { heading: 'REFUSED/S', cell: (row: NamespaceLoad) => row.refused },
];

const podColumns: readonly Column[] = [
  { heading: 'POD', cell: (row: PodLoad) => `${row.namespace}/${row.name}` },
  { heading: 'NODE', cell: (row: PodLoad) => row.node },
  { heading: 'REQ/S', cell: (row: PodLoad) => row.requests ?? '-' },
  {
    heading: 'REFUSED/S',
    cell: (row: PodLoad) => row.refused ?? '-',
    colour: (row: PodLoad) => ((row.refused ?? 0) > 0 ? 'yellow' : undefined),
  },
  { heading: 'LAST ASKED', cell: (row: PodLoad) => row.lastAsked.slice(0, 19).replace('T', ' '), spare: 1 },
  {
    heading: 'OUTCOME',
    cell: (row: PodLoad) => row.outcome,
    colour: (row: PodLoad) => (row.outcome === 'answered' ? undefined : 'yellow'),
  },
  { heading: 'SDK', cell: (row: PodLoad) => row.sdk, spare: 2 },
  { heading: 'REFUSED FOR', cell: (row: PodLoad) => reasonsText(row.refusals) },
];

function reasonsText(refusals: NodeLoad['refusals']): string {
  return Object.entries(refusals)
    .toSorted(([, one], [, other]) => other - one)
    .map(([reason, count]) => `${reason} ${count}`)
    .join(', ');
}

/** One answer, for who has no terminal: nodes as rows, and below them the rest. */
export const topShape: TableShape = {
  rows: ({ nodes }: Load) => nodes,
  columns: nodeColumns,
  foot: ({ silent, namespaces, pods }: Load, colour, columns) =>
    [
      ...silent.map(({ node, why }) => `${node}: ${why}\n`),
      namespaces.length === 0 ? '' : `\n${table(namespaces, namespaceColumns, columns, colour)}`,
      pods.length === 0 ? '' : `\n${table(pods, podColumns, columns, colour)}`,
    ].join(''),
};

export interface TopPicture {
  readonly load: Load;
  readonly sort: TopSort;
  /** Of the wall. */
  readonly nowMs: number;
  readonly intervalMs: number;
  readonly columns: number;
  readonly rows: number;
  readonly colour: Colours;
  /** Whether the locale has other letters than those of ASCII. */
  readonly isUtf8: boolean;
}

/** The lines of one picture, no more than there are rows: nodes first, then namespaces and pods as they fit. */
export function topLines({ load, sort, nowMs, intervalMs, columns, rows, ...more }: TopPicture): string[] {
  const { colour, isUtf8 } = more;
  const sorted = sortedLoad(load, sort);
  const { nodes, silent, namespaces, pods } = sorted;
  const all = nodes.reduce((sum, { requests }) => sum + requests, 0);
  const time = new Date(nowMs).toISOString().slice(11, 19);
  const head = [
    [
      'podid nmi top',
      `${time} UTC`,
      `${nodes.length} of ${nodes.length + silent.length} agents answer`,
      `${Math.round(all * 10) / 10} requests/s`,
      `every ${intervalMs / 1000} s`,
    ].join('  '),
    `sorted by ${sort}; ${Object.entries(topSorts)
      .map(([name, key]) => `${key} ${name}`)
      .join(', ')}, q quit`,
  ].flatMap((line) => wrapText(line, columns));
  const unheard = silent.map(({ node, why }) =>
    colour.yellow(cutAtEnd(plainText(`${node}: ${why}`, 'one'), columns)),
  );
  const left = Math.max(0, rows - head.length - 1 - Math.min(unheard.length, 5) - 1);
  // Nodes have half of the room at least, and all that the others do not need.
  const others =
    (namespaces.length > 0 ? namespaces.length + 2 : 0) + (pods.length > 0 ? pods.length + 2 : 0);
  const ofNodes = Math.max(Math.ceil(left / 2), left - others);
  const part = (of: readonly unknown[], shape: readonly Column[], room: number) =>
    of.length === 0 || room < 2
      ? []
      : table(of.slice(0, room - 1), shape, columns, colour)
          .trimEnd()
          .split('\n');
  const nodeLines = part(nodes, nodeColumns, ofNodes);
  const afterNodes = left - nodeLines.length - 1;
  const namespaceLines = part(namespaces, namespaceColumns, Math.min(afterNodes, Math.ceil(left / 4)));
  const podLines = part(pods, podColumns, afterNodes - namespaceLines.length - 1);
  const lines = [
    ...head,
    ...unheard.slice(0, 5),
    '',
    ...nodeLines,
    ...(namespaceLines.length === 0 ? [] : ['', ...namespaceLines]),
    ...(podLines.length === 0 ? [] : ['', ...podLines]),
  ].slice(0, rows);
  return isUtf8 ? lines : lines.map(asciiSigns);
}

/** Results, to try queries on. */
export const topExamples: readonly Load[] = [
  {
    seconds: 2,
    nodes: [
      {
        node: 'aks-1',
        requests: 12.5,
        refused: 0.5,
        refusals: { 'no-binding': 1 },
        hits: 0.96,
        renewals: 1,
        renewalsFailed: 0,
        queued: 0,
        held: 0,
        waitP99: 1,
      },
    ],
    silent: [{ node: 'aks-2', why: 'No answer within 5 s.' }],
    namespaces: [{ namespace: 'demo', requests: 12.5, refused: 0.5 }],
    pods: [
      {
        namespace: 'demo',
        name: 'web-1',
        node: 'aks-1',
        sdk: 'azsdk-python-identity',
        lastAsked: '2026-12-01T08:00:00.000Z',
        outcome: 'answered',
        requests: 12.5,
        refused: 0.5,
        refusals: { 'no-binding': 1 },
      },
    ],
  },
];
