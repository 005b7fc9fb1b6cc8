import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asksPerson, entraHint, isPassingEntraCode } from '../../../src/arm/sign-in/entra-codes.ts';
import { explainRefusal, personHint, variablesHint } from '../../../src/arm/sign-in/explain-refusal.ts';
import { advice } from '../../../src/errors/hint.ts';

const source = readFileSync(new URL('../../../src/arm/sign-in/entra-codes.ts', import.meta.url), 'utf8');
const said = (code: string) => ({ code, sentence: `${code}: No.` });

const hints: readonly (readonly [string, string])[] = [
  [
    'AADSTS7000215',
    "AZURE_CLIENT_SECRET takes the secret's value, not its id; a new one: az ad app credential reset --id app-1",
  ],
  ['AADSTS7000222', 'Make a new secret: az ad app credential reset --id app-1'],
  [
    'AADSTS700016',
    'Check AZURE_CLIENT_ID and AZURE_TENANT_ID: the application has to be in that tenant. To sign in to another: --tenant TENANT',
  ],
  [
    'AADSTS90002',
    "Check AZURE_TENANT_ID or --tenant; the subscription's own: az account show --query tenantId -o tsv",
  ],
  ['AADSTS900023', 'Check AZURE_TENANT_ID or --tenant: an id, or a domain of the tenant.'],
  [
    'AADSTS700027',
    'Add the certificate to the application: az ad app credential reset --id app-1 --cert @FILE --append',
  ],
  [
    'AADSTS700024',
    'The token that proves the workload lives for minutes alone: sign in again right before podid runs.',
  ],
  [
    'AADSTS70021',
    'Add a federated credential with this issuer, subject and audience: az ad app federated-credential create --id app-1 --parameters FILE',
  ],
  [
    'AADSTS700213',
    'Add a federated credential with this subject: az ad app federated-credential create --id app-1 --parameters FILE',
  ],
  [
    'AADSTS53003',
    'A Conditional Access policy of the tenant forbids it; whoever owns the policy can say what it wants.',
  ],
];

describe('what to do about a code of Entra', () => {
  it.each(hints)('%s is told: %s', (code, hint) => {
    expect(String(entraHint(said(code), 'app-1'))).toBe(hint);
    expect(isPassingEntraCode(said(code))).toBe(false);
  });

  it('names the place of an application that is not known', () => {
    expect(String(entraHint(said('AADSTS7000222')))).toBe(
      'Make a new secret: az ad app credential reset --id CLIENT_ID',
    );
  });

  it('is told for each that podid knows', () => {
    const known = [...source.matchAll(/^ {2}(AADSTS\d+): /gm)].map(([, code]) => code);
    expect(known.toSorted()).toEqual(hints.map(([code]) => code).toSorted());
  });

  it.each(['AADSTS1', '', 'invalid_client', 'toString', '__proto__'])('is not made up for %j', (code) => {
    expect(entraHint(said(code))).toBeUndefined();
  });

  it.each([
    'AADSTS90033',
    'AADSTS90055',
    'AADSTS90099',
    'AADSTS50196',
    'AADSTS90025',
    'AADSTS1002016',
    'temporarily_unavailable',
    'server_error',
  ])('%s is to try again: it passes by itself', (code) => {
    expect(isPassingEntraCode(said(code))).toBe(true);
    expect(isPassingEntraCode(said(`${code}0`))).toBe(false);
  });

  describe.each(['AADSTS50173', 'AADSTS700082', 'AADSTS70043', 'AADSTS50076', 'AADSTS50079'])(
    '%s',
    (code) => {
      const exchange = {
        host: 'login.microsoftonline.com',
        status: 400,
        body: JSON.stringify({
          error: 'invalid_grant',
          error_description: `${code}: A person has to do it.`,
        }),
      };
      const hint = variablesHint('environment');

      it('leads whom variables sign in to a sign-in that can ask', () => {
        const refused = { name: 'environment', hint, forPerson: personHint };
        const { message, hint: told } = explainRefusal(new Error('no'), exchange, refused);
        expect(message).toContain(`${code}: A person has to do it.`);
        expect(String(told)).toMatch(/--auth device-code, or az login, then --auth az$/);
      });

      it('leads whom podid asks itself to that again, and not to az', () => {
        const again = advice`Run the same command again and finish the sign-in in a browser.`;
        expect(explainRefusal(new Error('no'), exchange, { name: 'device code', hint: again }).hint).toBe(
          again,
        );
        expect([asksPerson(said(code)), asksPerson(said(`${code}0`)), entraHint(said(code))]).toEqual([
          true,
          false,
          undefined,
        ]);
      });
    },
  );
});
