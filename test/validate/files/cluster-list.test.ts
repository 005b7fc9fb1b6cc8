import { describe, expect, it } from 'vitest';
import type { WantedEntries } from '../../../src/domain/entries/pod-identities-file.ts';
import type { MeantCluster } from '../../../src/validate/files/cluster-list.ts';
import { parsePodIdentitiesFiles } from '../../../src/validate/files/pod-identities-file.ts';
import { faultsOf } from '../faults-of.ts';

const subscription = '00000000-0000-4000-8000-000000000001';

/** A cluster as az prints it, with one entry that is called after it. */
function azCluster(name: string, resourceGroup = 'demo-rg') {
  const scope = `/subscriptions/${subscription}/resourceGroups/${resourceGroup}/providers`;
  const resourceId = `${scope}/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
  return {
    id: `${scope}/Microsoft.ContainerService/managedClusters/${name}`,
    name,
    podIdentityProfile: {
      enabled: true,
      userAssignedIdentities: [{ name, namespace: 'shop', identity: { resourceId } }],
    },
  };
}

function parse(json: unknown, meant: MeantCluster = {}) {
  let wanted: WantedEntries | undefined;
  const faults = faultsOf((found) => {
    const sources = [{ name: 'stdin', text: typeof json === 'string' ? json : JSON.stringify(json) }];
    wanted = parsePodIdentitiesFiles(sources, found, () => undefined, meant);
  });
  return { faults, names: wanted?.identities?.map(({ name }) => name), cluster: wanted?.cluster?.name };
}

const two = [azCluster('demo'), azCluster('other', 'other-rg')];
const both = 'demo in demo-rg, other in other-rg';

describe('a list of clusters', () => {
  it.each<[string, unknown, MeantCluster, string]>([
    ['the only one', [azCluster('demo')], {}, 'demo'],
    ['the one of that name', two, { name: 'other' }, 'other'],
    ['the one of that name in any case', two, { name: 'OTHER', resourceGroup: 'Other-RG' }, 'other'],
    ['the only one of that group', two, { resourceGroup: 'demo-rg' }, 'demo'],
    [
      'the one of that group, of two of a name',
      [azCluster('demo', 'a'), azCluster('demo', 'b')],
      { name: 'demo', resourceGroup: 'b' },
      'demo',
    ],
    ["ARM's own answer", { value: two, nextLink: 'https://next' }, { name: 'other' }, 'other'],
    ['the same as YAML', 'value:\n- '.concat(JSON.stringify(two[0])), {}, 'demo'],
  ])('stands for %s', (_, json, meant, name) => {
    expect(parse(json, meant)).toEqual({ faults: [], names: [name], cluster: name });
  });

  it.each<[string, unknown, MeantCluster, string]>([
    [
      'names no one',
      two,
      {},
      `the list has 2 clusters, and it is not said which is meant: ${both}. Name it by -g and -c.`,
    ],
    ['names one that is not in it', two, { name: 'third' }, `the list has no cluster third, but ${both}.`],
    [
      'leaves two of a name',
      [azCluster('demo', 'a'), azCluster('demo', 'b')],
      { name: 'demo' },
      'which is meant: demo in a, demo in b. Name',
    ],
    ['meets none at all', [], { name: 'demo' }, 'the list is empty: there is no cluster in it.'],
    [
      'meets other things',
      ['a', 'b'],
      {},
      'a document has to be a map, or a list of clusters, as az aks list -o json prints it.',
    ],
    [
      'meets other resources',
      [{ id: '/subscriptions/x', name: 'x' }],
      {},
      'a document has to be a map, or a list of clusters',
    ],
  ])('is refused where somebody %s', (_, json, meant, text) => {
    const { faults, names } = parse(json, meant);
    expect([faults.length, names]).toEqual([1, undefined]);
    expect(faults[0]).toContain(text);
    expect(faults[0]).toMatch(/^stdin:1:1: /);
  });

  it('of forty clusters names ten', () => {
    const many = Array.from({ length: 40 }, (_, at) => azCluster(`c${at}`));
    expect(parse(many).faults[0]).toContain('c9 in demo-rg and 30 more. Name it');
  });
});
