import { advice } from '../../errors/hint.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { Move } from '../../workflows/migrate/apply/move.ts';
import { each } from '../results/result-shapes.ts';

/** Members in the documented order. */
export const movesView = each(({ workload, from, state, wrote, waits, failure }: Move): unknown => ({
  kind: workload.kind,
  namespace: workload.namespace,
  name: workload.name,
  from,
  state,
  wrote,
  ...(waits === undefined ? {} : { waits }),
  ...(failure === undefined
    ? {}
    : { failure: { code: failure.code, message: failure.message, hint: failure.hint ?? null } }),
}));

interface Row {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly from: string;
  readonly state: string;
  readonly wrote: readonly string[];
  readonly waits?: string;
  readonly failure?: { readonly code: string; readonly message: string; readonly hint: string | null };
}

/** What was found is a sentence: the row has its code, and the sentence stands below the table, with what to do. */
export const movesShape: TableShape = {
  none: 'No workload has a step to take.\n',
  rows: (rows: readonly Row[]) => rows,
  columns: [
    { heading: 'NAMESPACE', cell: (row: Row) => row.namespace },
    { heading: 'WORKLOAD', cell: (row: Row) => `${row.kind}/${row.name}` },
    { heading: 'FROM', cell: (row: Row) => row.from },
    {
      heading: 'STATE',
      cell: (row: Row) => row.state,
      colour: (row: Row) => (row.failure === undefined ? 'green' : 'yellow'),
      whole: true,
    },
    { heading: 'WROTE', cell: (row: Row) => row.wrote.length },
    { heading: 'STOPPED', cell: (row: Row) => row.failure?.code ?? '—' },
  ],
  foot(rows: readonly Row[], colour) {
    const lines = rows.flatMap(({ namespace, kind, name, waits, failure }) => {
      const title = colour.bold(`${namespace} ${kind}/${name}`);
      return [
        ...(waits === undefined ? [] : [`${title}: ${waits}`]),
        ...(failure === undefined ? [] : [`${title}: ${failure.code}: ${failure.message}`]),
        ...(failure?.hint ? [`  ${colour.cyan('→')} ${failure.hint}`] : []),
      ];
    });
    return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
  },
};

const workload = {
  kind: 'Deployment',
  namespace: 'demo',
  name: 'web',
  pods: 2,
  serviceAccount: 'web',
  identities: [],
  route: 'native',
  step: 'dual',
  blockers: [],
  passed: [],
  next: advice`Nothing is left to do.`,
  budgets: [],
} as const;

/** Results in each of their shapes, to try queries on. */
export const movesExamples = [
  movesView([
    { workload, from: 'planned', state: 'dual', wrote: ['Message'], waits: 'Message' },
    {
      workload,
      from: 'planned',
      state: 'planned',
      wrote: [],
      failure: { code: 'SaDefault', message: 'Message', hint: advice`kubectl get serviceaccounts` },
    },
  ]),
];
