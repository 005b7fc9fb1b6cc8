import { entryText } from '../../domain/entries/pod-identity.ts';
import type { ExchangeRow } from '../../domain/exchange/exchange-state.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import { planView } from './finish.ts';
import { each, shape } from './result-shapes.ts';

export const exchangeView = each(
  ({ namespace, name, clientId, source, subject, tokenOf, state, reason }: ExchangeRow): unknown => ({
    namespace,
    name,
    clientId,
    source,
    subject,
    ...(tokenOf === undefined ? {} : { tokenOf }),
    state,
    ...(reason === undefined ? {} : { reason }),
  }),
);

const colours = {
  imds: undefined,
  trusted: 'yellow',
  exchange: 'green',
  untrusted: 'red',
  blocked: 'yellow',
  unknown: 'yellow',
} as const;

const columns = shape<ExchangeRow>(
  ['NAMESPACE', (row) => row.namespace],
  ['NAME', (row) => row.name],
  ['CLIENT-ID', (row) => row.clientId],
  ['SOURCE', (row) => row.source],
);

/** A reason may be longer than a row, so it stands below the table, whole. */
export const exchangeShape: TableShape = {
  ...columns,
  columns: [
    ...columns.columns,
    {
      heading: 'STATE',
      cell: (row: ExchangeRow) => row.state,
      colour: (row: ExchangeRow) => colours[row.state],
      whole: true,
    },
  ],
  name: entryText,
  none: 'The cluster has no identity to exchange.\n',
  foot(rows: readonly ExchangeRow[], colour) {
    const reasons = rows.flatMap((row) =>
      row.reason === undefined ? [] : [`${colour.yellow(entryText(row))}: ${row.reason}`],
    );
    return [...(reasons.length > 0 ? [''] : []), ...reasons].map((line) => `${line}\n`).join('');
  },
};

const subject = 'system:serviceaccount:kube-system:podid-nmi';
const key = { namespace: 'demo', name: 'web', clientId: '00000000-0000-4000-8000-000000000002', subject };
const tokenOf = 'agent';
const rows = exchangeView([
  { ...key, tokenOf, source: 'exchange', state: 'exchange' },
  { ...key, tokenOf, source: 'exchange', state: 'untrusted', reason: 'NoCredential: none is for it.' },
]);
const after = { issuer: 'https://issuer/', subject };

/** Of the results, to try `--query` on. */
export const exchangeExamples = {
  status: [rows],
  change: [
    rows,
    planView({
      changes: [{ action: 'add', kind: 'federatedCredential', ...key, before: null, after }],
      puts: 0,
    }),
  ],
};
