import { command } from '../../errors/hint.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { CheckedIdentity } from '../../workflows/migrate/check-workloads.ts';
import { each } from '../results/result-shapes.ts';

/** Members in the documented order. */
export const checksView = each((checked: CheckedIdentity): unknown => {
  const { kind, namespace, name, identity, subject, result, passed, refused, reason, hint } = checked;
  return {
    kind,
    namespace,
    name,
    identity,
    subject,
    result,
    passed,
    refused,
    ...(reason === undefined ? {} : { reason }),
    ...(hint === undefined ? {} : { hint }),
  };
});

const colours = { pass: 'green', fail: 'red', skip: 'dim' } as const;

/** A reason is whole, below the table. */
export const checksShape: TableShape = {
  rows: (checks: readonly CheckedIdentity[]) => checks,
  columns: [
    { heading: 'NAMESPACE', cell: (row: CheckedIdentity) => row.namespace },
    { heading: 'WORKLOAD', cell: (row: CheckedIdentity) => `${row.kind}/${row.name}` },
    { heading: 'IDENTITY', cell: (row: CheckedIdentity) => row.identity },
    {
      heading: 'RESULT',
      cell: (row: CheckedIdentity) => row.result,
      colour: (row: CheckedIdentity) => colours[row.result],
      whole: true,
    },
    { heading: 'PASSED', cell: (row: CheckedIdentity) => row.passed },
    { heading: 'REFUSED', cell: (row: CheckedIdentity) => row.refused },
  ],
  foot(checks: readonly CheckedIdentity[], colour) {
    const lines = checks.flatMap(({ kind, namespace, name, reason, hint }) => [
      ...(reason === undefined ? [] : [`${colour.bold(`${namespace} ${kind}/${name}`)}: ${reason}`]),
      ...(hint === undefined ? [] : [`  ${colour.cyan('→')} ${hint}`]),
    ]);
    return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
  },
};

/** Of the results, to try `--query` on. */
export const checkExamples = [
  checksView([
    {
      kind: 'Deployment',
      namespace: 'demo',
      name: 'web',
      identity: 'demo/web',
      subject: 'system:serviceaccount:demo:web',
      result: 'fail',
      passed: 3,
      refused: 6,
      reason: 'NotTrusted: Message',
      hint: command('podid migrate apply'),
    },
  ]),
];
