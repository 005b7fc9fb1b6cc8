import { describe, expect, it } from 'vitest';
import type { ExchangeRow } from '../../../../src/domain/exchange/exchange-state.ts';
import { PodidError } from '../../../../src/errors/podid-error.ts';
import { federatedCredentials } from '../../../../src/workflows/doctor/checks/federated-credentials.ts';
import { evidenceOf } from '../evidence-in-test.ts';

const key = { namespace: 'demo', name: 'web', clientId: 'c', subject: 's' };
const row = (more: Partial<ExchangeRow>): ExchangeRow => ({
  ...key,
  source: 'exchange',
  state: 'exchange',
  ...more,
});

function judge(...rows: readonly ExchangeRow[]) {
  const objects = { identities: [], exceptions: [] };
  const evidence = evidenceOf({ pods: [], objects, subject: { namespace: 'demo' } });
  return federatedCredentials.judge({ ...evidence, federation: { kind: 'read', value: rows } });
}

describe('the check of federated credentials', () => {
  it('passes where none is exchanged, in the cluster or in the namespace in question', () => {
    const evidence = evidenceOf({ pods: [], objects: { identities: [], exceptions: [] } });
    expect(federatedCredentials.judge(evidence)).toMatchObject({ result: 'pass' });
    expect(judge(row({ namespace: 'other', state: 'untrusted' }))).toMatchObject({ result: 'pass' });
  });

  it('passes where Entra trusts the agent', () => {
    expect(judge(row({}))).toEqual({ result: 'pass', message: 'Entra trusts the agent for demo/web.' });
  });

  it.each(['untrusted', 'blocked'] as const)(
    'fails where one is %s, with the reason and the way',
    (state) => {
      const reason =
        "OtherIssuer: federated credential x has the issuer a, and the cluster's is a/: the slash counts.";
      const verdict = judge(row({}), row({ name: 'jobs', state, reason }));
      expect(verdict).toMatchObject({
        result: 'fail',
        message: expect.stringContaining(`demo/jobs: ${reason}`),
      });
      expect(String(verdict.hint)).toMatch(/^podid exchange enable .*--identity demo\/jobs$/);
    },
  );

  it('warns where it cannot be seen, and is skipped where Azure does not answer', () => {
    const verdict = judge(row({ state: 'unknown', reason: 'Forbidden: You may not.' }));
    expect(verdict).toMatchObject({ result: 'warn', message: expect.stringContaining('You may not.') });
    expect(String(verdict.hint)).toMatch(/^podid exchange status /);
    const evidence = evidenceOf({ pods: [], objects: { identities: [], exceptions: [] } });
    const error = new PodidError('Unavailable', 'Azure is away.');
    expect(federatedCredentials.judge({ ...evidence, federation: { kind: 'unread', error } })).toMatchObject({
      result: 'skip',
      message: expect.stringContaining('Azure is away.'),
    });
  });
});
