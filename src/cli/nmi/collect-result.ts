import { counted } from '../../domain/counted.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { Unread } from '../../workflows/support/start-bundle.ts';

export interface Collected {
  /** As given, or in the working directory. */
  readonly file: string;
  readonly bytes: number;
  /** How many files are in it. */
  readonly files: number;
  /** How many agents were asked. */
  readonly agents: number;
  readonly unread: readonly Unread[];
}

export const collectShape: TableShape = {
  rows: (collected: Collected) => [collected],
  columns: [
    { heading: 'FILE', cell: (row: Collected) => row.file },
    { heading: 'BYTES', cell: (row: Collected) => row.bytes },
    { heading: 'AGENTS', cell: (row: Collected) => row.agents },
    { heading: 'UNREAD', cell: (row: Collected) => row.unread.length },
  ],
  text: ({ file, bytes, files, agents, unread }: Collected) =>
    [
      `${file}: ${counted(files, 'file', 'files')}, ${Math.ceil(bytes / 1024)} KiB, ${counted(agents, 'agent', 'agents')}`,
      ...unread.map(({ what, reason }) => `not in it: ${what}: ${reason}`),
      '',
    ].join('\n'),
};

export const collectExamples: readonly Collected[] = [
  {
    file: 'podid-support-20261201T080000Z.zip',
    bytes: 48_213,
    files: 24,
    agents: 2,
    unread: [{ what: 'nodes', reason: 'The cluster does not let you list nodes in the cluster.' }],
  },
];
