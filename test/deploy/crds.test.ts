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
      expect(ours.spec.names).toEqual(theirs.spec.names);
    }
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

/** A schema without what says nothing about which objects are valid: descriptions, and rules on changes. */
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
        key !== 'x-kubernetes-validations' && !(key === 'description' && typeof member === 'string'),
    )
    .map(([key, member]) => [key, typesOf(member)]);
  return Object.fromEntries(entries);
}
