import { describe, expect, it } from 'vitest';
import { parseRoleGrants } from '../../../src/validate/flags/role-grant.ts';
import { UsageFaults } from '../../../src/validate/usage-faults.ts';
import { faultsOf } from '../faults-of.ts';

const scope = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/g';

describe('--grant', () => {
  it('takes roles by name and by GUID, at any scope', () => {
    const texts = [
      `Key Vault Secrets User=${scope}`,
      `A=B=/providers/Microsoft.Management/managementGroups/m`,
      'acdd72a7-3385-48ef-bd42-f606fba81ae7=/subscriptions/00000000-0000-4000-8000-000000000001',
    ];
    expect(parseRoleGrants(new UsageFaults(), texts)).toEqual([
      { role: 'Key Vault Secrets User', scope },
      { role: 'A=B', scope: '/providers/Microsoft.Management/managementGroups/m' },
      {
        role: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
        scope: '/subscriptions/00000000-0000-4000-8000-000000000001',
      },
    ]);
  });

  it.each([
    ['no scope', ['Reader'], 'is not of the form ROLE=SCOPE'],
    ['no role', [`=${scope}`], 'is not of the form ROLE=SCOPE'],
    ['a slash at the end', [`Reader=${scope}/`], `Nearest: ${scope}`],
    ['a scope that is none', ['Reader=/resourceGroups/g'], '"/resourceGroups/g" is not a scope'],
    ['a scope that would leave its path', [`Reader=${scope}?x`], 'is not a scope'],
    [
      'a placeholder',
      ['Reader=/subscriptions/SUBSCRIPTION/resourceGroups/g'],
      'with the GUID of the subscription',
    ],
    [
      'a path of Git Bash',
      [`Reader=C:/Program Files/Git${scope}`],
      `MSYS_NO_PATHCONV=1 before the command turns off. Nearest: ${scope}`,
    ],
    ['a URL', [`Reader=https://management.azure.com${scope}`], `Nearest: ${scope}`],
    ['quotes', [`Reader="${scope}"`], `Nearest: ${scope}`],
    ['the same twice', [`Reader=${scope}`, `reader=${scope}`], 'is given twice'],
  ])('refuses %s', (_, texts, said) => {
    expect(faultsOf((faults) => parseRoleGrants(faults, texts))).toEqual([expect.stringContaining(said)]);
  });
});
