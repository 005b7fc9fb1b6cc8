import type { WantedEntries } from '../../domain/entries/pod-identities-file.ts';
import type { TableShape } from '../../terminal/print-result.ts';

interface Row {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** For `-o table` of the file; of the profile a table has no use. */
export const exportShape: TableShape = {
  rows: ({ identities = [], exceptions = [] }: WantedEntries): Row[] => [
    ...identities.map(({ namespace, name }) => ({ kind: 'identity', namespace, name })),
    ...exceptions.map(({ namespace, name }) => ({ kind: 'exception', namespace, name })),
  ],
  columns: [
    { heading: 'KIND', cell: (row: Row) => row.kind },
    { heading: 'NAMESPACE', cell: (row: Row) => row.namespace },
    { heading: 'NAME', cell: (row: Row) => row.name },
  ],
};
