import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readOnlyMembers } from '../../../src/arm/clusters/read-only-members.ts';

const modelsPath = fileURLToPath(
  new URL('models/models.d.ts', import.meta.resolve('@azure/arm-containerservice')),
);
const models = readFileSync(modelsPath, 'utf8');

/** What servers return beside the SDK's list; see the module. */
const beyondTheSdk = [
  'etag',
  'properties.agentPoolProfiles.*.etag',
  'properties.agentPoolProfiles.*.nodeImageVersion',
];

/** Members that the SDK has at the top of its model and the wire at the top too. */
const topMembers = new Set(['id', 'name', 'type', 'systemdata', 'etag', 'identity']);

describe('the read-only members', () => {
  it("are those that the SDK's models mark, and three more", () => {
    const marked = readOnlyPaths('ManagedCluster', [], ['ManagedCluster'])
      .filter((path) => path[0] !== 'podIdentityProfile')
      .map((path) =>
        (topMembers.has((path[0] ?? '').toLowerCase()) ? path : ['properties', ...path])
          .join('.')
          .toLowerCase(),
      );
    const listed = readOnlyMembers
      .filter((path) => !beyondTheSdk.includes(path))
      .map((path) => path.toLowerCase());
    expect(listed.length).toBeGreaterThan(20);
    expect([...listed].sort()).toEqual([...new Set(marked)].sort());
  });
});

interface ModelMember {
  readonly name: string;
  readonly isReadOnly: boolean;
  readonly type: string;
}

function readOnlyPaths(model: string, path: string[], seen: string[]): string[][] {
  return membersOf(model).flatMap(({ name, isReadOnly, type }) => {
    if (isReadOnly) {
      return [[...path, name]];
    }
    const item = /^(\w+)\[\]$/.exec(type)?.[1] ?? /^Record<string, (\w+)>$/.exec(type)?.[1];
    const next = item ?? type;
    if (seen.includes(next)) {
      return [];
    }
    return readOnlyPaths(next, [...path, name, ...(item === undefined ? [] : ['*'])], [...seen, next]);
  });
}

function membersOf(model: string): ModelMember[] {
  const [, base, body] =
    new RegExp(`export interface ${model}(?: extends (\\w+))? \\{\\n(.*?)\\n\\}`, 's').exec(models) ?? [];
  if (body === undefined) {
    return [];
  }
  const own = [...body.matchAll(/^ {4}(readonly )?(\w+)\??: (.*);$/gm)].map(
    ([, mark, name = '', type = '']) => ({
      name,
      isReadOnly: mark !== undefined,
      type,
    }),
  );
  return [...(base === undefined ? [] : membersOf(base)), ...own];
}
