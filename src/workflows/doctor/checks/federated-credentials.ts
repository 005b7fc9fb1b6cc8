import { counted } from '../../../domain/counted.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import type { ExchangeRow } from '../../../domain/exchange/exchange-state.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { type Check, fail, judging, listed, pass, type Verdict, warn } from '../check.ts';
import type { DoctorSubject } from '../evidence.ts';

/**
 * Whether Entra would exchange the tokens of the identities that are to be exchanged: their federated credentials are
 * there, with the cluster's issuer to the letter.
 */
export const federatedCredentials: Check = {
  name: 'federated-credentials',
  behind: ['definitions', 'exchange'],
  judge: ({ objects, federation, subject }) =>
    judging(objects, () =>
      federation === undefined ? none : judging(federation, (rows) => judgeRows(subject, rows)),
    ),
};

const none = pass('No identity is exchanged, so none needs a federated credential for the agent.');

function judgeRows(subject: DoctorSubject, all: readonly ExchangeRow[]): Verdict {
  const rows = all.filter(
    ({ namespace }) => subject.namespace === undefined || namespace === subject.namespace,
  );
  const faulty = rows.filter(({ state }) => state === 'untrusted' || state === 'blocked');
  const unknown = rows.filter(({ state }) => state === 'unknown');
  if (faulty.length > 0) {
    const identity = faulty.map(entryText);
    const one = faulty.length === 1;
    return fail(
      `${counted(faulty.length, 'identity', 'identities')} ${one ? 'is' : 'are'} to be exchanged, and Entra gives no new tokens of ${one ? 'it' : 'them'}. ${told(faulty)}`,
      nextCommand('exchange enable', subject.cluster, { identity }),
    );
  }
  if (unknown.length > 0) {
    return warn(
      `Whether Entra trusts the agent cannot be seen. ${told(unknown)}`,
      nextCommand('exchange status', subject.cluster),
    );
  }
  return rows.length === 0
    ? pass('No identity of the namespace in question is exchanged.')
    : pass(`Entra trusts the agent for ${listed(rows.map(entryText))}.`);
}

function told(rows: readonly ExchangeRow[]): string {
  return listed(rows.map((row) => `${entryText(row)}: ${row.reason ?? row.state}`));
}
