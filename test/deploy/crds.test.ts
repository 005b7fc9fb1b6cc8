import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { read, yamlIn } from './renders.ts';

describe('the definitions of the kinds', () => {
  const definitions = yamlIn('deploy/crds').map((name) => ({ name, ...parse(read(`deploy/crds/${name}`)) }));

  it('are four, of one file each, and the same in the chart', () => {
    expect(definitions.map(({ metadata }) => metadata.name)).toEqual(
      [
        'azureassignedidentities',
        'azureidentities',
        'azureidentitybindings',
        'azurepodidentityexceptions',
      ].map((plural) => `${plural}.aadpodidentity.k8s.io`),
    );
    for (const { name } of definitions) {
      expect(read(`deploy/chart/crds/${name}`)).toBe(read(`deploy/crds/${name}`));
    }
  });

  it('know every field of upstream, and demand none', () => {
    const upstream = parseAllDocuments(read('test/cluster/fixtures/upstream-crds.yaml')).map((document) =>
      document.toJS(),
    );
    for (const theirs of upstream) {
      const ours = definitions.find(({ metadata }) => metadata.name === theirs.metadata.name);
      const bare = (definition: { spec: { versions: { schema: unknown }[] } }) =>
        typesOf(definition.spec.versions[0]?.schema);
      expect(bare(ours)).toEqual(bare(theirs));
      const { shortNames, categories, ...names } = ours.spec.names;
      expect(names).toEqual(theirs.spec.names);
      expect([shortNames.length, categories]).toEqual([1, ['podid']]);
    }
  });

  it('let nothing be as long as its author likes', () => {
    const open = definitions.flatMap(({ spec }) =>
      withoutLength(spec.versions[0].schema.openAPIV3Schema, spec.names.kind),
    );
    expect(open).toEqual([]);
  });

  it('judge by rules only what is being changed', () => {
    const rules = definitions.flatMap(({ spec }) =>
      (spec.versions[0].schema.openAPIV3Schema.properties.spec['x-kubernetes-validations'] ?? []).map(
        ({ rule }: { rule: string }) => rule,
      ),
    );
    expect(rules).toHaveLength(8);
    expect(rules.filter((rule) => !rule.includes('oldSelf'))).toEqual([]);
  });
});

const lengths = ['maxLength', 'maxItems', 'maxProperties'];

/** Where a text, a list or a map of any names may be as long as its author likes. */
function withoutLength(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null || /\.(apiVersion|kind)$/.test(path)) {
    return [];
  }
  const { type, properties = {}, items, additionalProperties, ...rest } = schema as Record<string, unknown>;
  const needs = type === 'string' || type === 'array' || additionalProperties !== undefined;
  const own = needs && !lengths.some((length) => Number(rest[length]) > 0) ? [path] : [];
  const inner = [...Object.entries(properties as object), ['[]', items], ['{}', additionalProperties]];
  return [...own, ...inner.flatMap(([name, each]) => withoutLength(each, `${path}.${name}`))];
}

/**
 * A schema without what says nothing about which objects of use are valid: descriptions, rules on changes,
 * lengths beyond those of anything that works, spellings of old releases, and that a number may be stored as text.
 */
function typesOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(typesOf);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value)
    .filter(
      ([key, member]) =>
        key !== 'x-kubernetes-validations' &&
        !lengths.includes(key) &&
        !isOldSpelling(member) &&
        !(key === 'description' && typeof member === 'string'),
    )
    .map(([key, member]) =>
      key === 'x-kubernetes-int-or-string' ? ['type', 'integer'] : [key, typesOf(member)],
    );
  return Object.fromEntries(entries);
}

function isOldSpelling(member: unknown): boolean {
  return String((member as { description?: unknown } | null)?.description).startsWith('How releases before');
}
