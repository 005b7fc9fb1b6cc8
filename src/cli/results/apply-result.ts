import type { TableShape } from '../../terminal/print-result.ts';
import type { AppliedFile } from '../../workflows/apply/apply-file.ts';
import { changeView } from './finish.ts';
import { each, exceptionView, identityView } from './result-shapes.ts';

export function applyView({ changes, identities, exceptions }: AppliedFile): unknown {
  return {
    changes: changes.map(changeView),
    identities: each(identityView)(identities),
    exceptions: each(exceptionView)(exceptions),
  };
}

interface Row {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly state?: string | undefined;
}

/** What the cluster holds now; what was changed has been reported before. */
export const applyShape: TableShape = {
  none: 'The cluster has no entry.\n',
  rows: ({ identities, exceptions }: AppliedFile): Row[] => [
    ...identities.map(({ namespace, name, provisioningState: state }) => {
      return { kind: 'identity', namespace, name, state };
    }),
    ...exceptions.map(({ namespace, name }) => ({ kind: 'exception', namespace, name })),
  ],
  columns: [
    { heading: 'KIND', cell: (row: Row) => row.kind },
    { heading: 'NAMESPACE', cell: (row: Row) => row.namespace },
    { heading: 'NAME', cell: (row: Row) => row.name },
    { heading: 'STATE', cell: (row: Row) => row.state, whole: true },
  ],
};
