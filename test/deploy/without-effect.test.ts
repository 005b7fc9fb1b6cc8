import { describe, expect, it } from 'vitest';
import { readAgentValues } from '../../src/validate/files/values/agent-values.ts';
import { setValues } from '../../src/validate/files/values/set-values.ts';
import { overDefaults, treeOfFile } from '../../src/validate/files/values/value-tree.ts';
import { UsageFaults } from '../../src/validate/usage-faults.ts';
import { read, upstream } from './renders.ts';

const chart = read('deploy/chart/values.yaml');
const readme = read('deploy/chart/README.md');

/** Modes, and in standard mode the ways in which podid-mic signs in. */
const ways = [
  'operationMode: managed',
  'operationMode: standard',
  'operationMode: standard\npodid: {mic: {clientId: 00000000-0000-4000-8000-000000000042, tenantId: t}}',
  'operationMode: standard\nadminsecret: {clientID: c, tenantID: t, clientSecret: s}',
];

/** Every name that upstream's charts or podid's have had, as `nmi.image`. */
const paths = [
  ...new Set([
    ...[...readme.matchAll(/^\| `([\w.]+)` \|/gm)].map(([, name = '']) => name),
    ...upstream.charts.flatMap(({ defaults }) => pathsOf(defaults)),
    ...['subscriptionID', 'resourceGroup', 'vmType', 'useMSI'].map((name) => `adminsecret.${name}`),
    ...['forceNameSpaced', 'azureIdentity.enabled', 'azureIdentityBinding.selector'],
  ]),
];

function pathsOf(values: object, above = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [`${above}${key}`, ...(isMap ? pathsOf(value, `${above}${key}.`) : [])];
  });
}

/** What is named when this value alone is set, whatever it is set to. */
function namedFor(way: string, path: string): readonly string[] {
  return ['odd', 'true', 'false', '7'].flatMap((value) => {
    const faults = new UsageFaults();
    const file = treeOfFile({ name: 'mine.yaml', text: way }, faults);
    const given = setValues(file, '--set', [`${path}=${value}`], faults);
    const tree = overDefaults(treeOfFile({ name: 'values.yaml', text: chart }, faults), given);
    return readAgentValues(tree, 'kube-system', faults).withoutEffect;
  });
}

const named = [...new Set(ways.flatMap((way) => paths.flatMap((path) => namedFor(way, path))))].toSorted();

describe('a value without effect', () => {
  const section = readme.slice(readme.indexOf('## What has no effect'));
  const rows = [...section.matchAll(/^\| (`.*?) \| ([^|]+) \| ([^|]+) \|$/gm)].flatMap(
    ([, names = '', where = '', why = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => ({ name, where, why })),
  );

  it("has its reason in the chart's README, which has no other", () => {
    expect(named.length).toBeGreaterThan(20);
    expect(rows.map(({ name }) => name).toSorted()).toEqual(named);
    expect(
      rows.filter(({ where, why }) => !/managed|standard|always/.test(where) || why.length < 12),
    ).toEqual([]);
  });

  it.each(named)('%s is named in the mode that the README says, and in no other', (name) => {
    const where = rows.find((row) => row.name === name)?.where ?? '';
    const set = name === 'mic.*' ? 'mic.logVerbosity' : name;
    const path = set === 'adminsecret' ? 'adminsecret.useMSI' : set;
    const modes = ways
      .filter((way) =>
        [path, ...paths.filter((each) => each.startsWith(`${path}.`))].some((each) =>
          namedFor(way, each).includes(name),
        ),
      )
      .map((way) => (way.includes('managed') ? 'managed' : 'standard'));
    const found = [...new Set(modes)];
    const said =
      where === 'always'
        ? ['managed', 'standard']
        : ['managed', 'standard'].filter((mode) => where.includes(`${mode} mode`));
    expect(found).toEqual(said);
  });
});
