import { describe, expect, it } from 'vitest';
import { matrixBlocks } from '../../../src/cli/access/access-matrix.ts';
import { accessPage } from '../../../src/cli/access/access-page.ts';
import { accessShape } from '../../../src/cli/access/access-result.ts';
import type { ShownAccess, ShownIdentity } from '../../../src/cli/access/access-view.ts';

function identity(unknown: readonly string[]): ShownIdentity {
  return {
    name: 'web',
    resourceId: null,
    clientId: 'c',
    kind: 'managed-identity',
    objects: [],
    purpose: null,
    roles: [],
    nodes: [],
    ways: [],
    unknown,
    lastAsked: null,
  };
}

const shown = (unknown: readonly string[]): ShownAccess => ({
  cluster: 'aks',
  at: '2026-12-01T00:00:00Z',
  by: 'podid',
  unread: [],
  findings: [],
  identities: [identity(unknown)],
  couldBecome: { kubernetes: [], azure: [] },
});

describe.each([
  ['of which ways are unknown', ['federated'], 'unknown', ['*'], ['?']],
  ['that nobody can get', [], 'none', [], []],
] as const)('an identity without any way %s', (_what, unknown, said, columns, cells) => {
  it(`has ${said} for its own ways on the page`, () => {
    const facts = accessPage(shown(unknown)).flatMap((block) => (block.kind === 'facts' ? block.facts : []));
    expect(facts).toContainEqual(['Ways of its own', said]);
  });

  it('has as many pods in the table', () => {
    const { rows, columns: all } = accessShape('aks');
    const [row] = rows(shown(unknown) as never);
    const pods = all.find(({ heading }) => heading === 'PODS')?.cell(row as never);
    expect(pods).toBe(unknown.length > 0 ? 'unknown' : 0);
  });

  it('has its mark in the matrix', () => {
    const { identities } = shown(unknown);
    const table = matrixBlocks(identities, new Map()).find((block) => block.kind === 'table');
    expect(table).toMatchObject({ columns: ['Identity', ...columns], rows: [{ cells: ['web', ...cells] }] });
  });
});
