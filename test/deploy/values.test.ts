import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isMap, parse, parseDocument, type Scalar } from 'yaml';
import { fromJSONSchema } from 'zod';
import { neededValues } from '../../src/validate/files/values/missing-values.ts';
import { read, upstream, yamlIn } from './renders.ts';

describe('the values of the chart', () => {
  const schema = fromJSONSchema(JSON.parse(read('deploy/chart/values.schema.json')));
  const accepts = (values: unknown) => schema.safeParse(values).success;

  it.each([
    'podid',
    'example/podid',
    'registry.example.net/podid',
    'registry.example.net:5000/team/pod__id',
    'localhost/podid',
    'registry:5000/podid',
    '[::1]:5000/podid',
    'eu-west.registry.EXAMPLE.net/a-b/c.d/e--f',
  ])('may name the image %s', (repository) => {
    expect(accepts({ podid: { image: { repository } } })).toBe(true);
  });

  it.each(yamlIn('test/deploy/values'))('may be those of %s', (name) => {
    expect(accepts(parse(read(`test/deploy/values/${name}`)))).toBe(true);
  });

  it('may be its own', () => {
    expect(accepts(parse(read('deploy/chart/values.yaml')))).toBe(true);
  });

  it.each([
    [{ nmi: { colour: 'red' } }],
    [{ podid: { alongsied: true } }],
    [{ operationMode: 'both' }],
    [{ nmi: { probePort: 'eighty' } }],
    [{ azureIdentities: { web: { type: 5 } } }],
    [{ azureIdentities: { web: { binding: {} } } }],
    [{ azureIdentities: { web: { binding: { selector: '' } } } }],
    [{ azureIdentities: [null] }],
    [{ nmi: { tolerations: [''] } }],
    [{ mic: { tolerations: [''] } }],
    [{ mic: { topologySpreadConstraints: [''] } }],
    [{ podid: { rulesBackend: 'ebpf' } }],
    [{ mic: { replicas: 'two' } }],
    [{ mic: { clientQps: 0 } }],
    [{ podid: { mic: { clientID: 'a' } } }],
    [{ podid: { image: { digest: 'latest' } } }],
    [{ podid: { image: { repository: 'REGISTRY/podid' } } }],
    [{ podid: { image: { repository: 'registry.example.net/podid:1.0' } } }],
    [{ podid: { image: { repository: 'https://registry.example.net/podid' } } }],
    [{ podid: { image: { tag: 'a b' } } }],
    [{ podid: { extraCa: { configMap: 'Private_Cloud' } } }],
    [{ podid: { extraCa: { configMap: 'a', key: '../ca.crt' } } }],
    [{ podid: { extraCa: { configmap: 'a' } } }],
  ])('may not be %j', (values) => {
    expect(accepts(values)).toBe(false);
  });

  it('are all of upstream, by name', () => {
    const { nmi, mic, rbac, podid: _own, ...rest } = parse(read('deploy/chart/values.yaml'));
    expect(Object.keys(rest).sort()).toEqual([
      'adminsecret',
      'azureIdentities',
      'customUserAgent',
      'forceNamespaced',
      'fullnameOverride',
      'image',
      'imagePullSecrets',
      'installMICException',
      'nameOverride',
      'operationMode',
    ]);
    expect(Object.keys(rbac)).toEqual([
      'enabled',
      'allowAccessToSecrets',
      'pspEnabled',
      'createUserFacingClusterRoles',
    ]);
    expect(Object.keys(nmi)).toHaveLength(26);
    const ofUpstream = upstream.charts.flatMap(({ defaults }) => Object.keys(defaults.mic));
    expect(Object.keys(mic).sort()).toEqual([...new Set(ofUpstream)].sort());
  });

  it.each(upstream.charts)('may be the defaults of upstream: $versions', ({ defaults }) => {
    expect(accepts({ ...defaults, operationMode: 'standard' })).toBe(true);
  });
});

describe('every template of the chart', () => {
  const templates = readdirSync('deploy/chart/templates').filter((name) => !name.endsWith('.tpl'));

  it.each(templates)(
    'asks first whether the values are whole, which Helm may have kept from another chart: %s',
    (name) => {
      expect(read(`deploy/chart/templates/${name}`).split('\n')[0]).toBe('{{- include "podid.whole" . -}}');
    },
  );

  const text = read('deploy/chart/templates/_whole.tpl');
  const [sections, needed] = ['sections', 'needed'].map(
    (list) => new RegExp(`\\$${list} := list (.*) -`).exec(text)?.[1]?.match(/[\w.]+/g) ?? [],
  );

  it('is asked about what podid nmi install asks for, too', () => {
    expect([...(sections ?? []), ...(needed ?? [])]).toEqual(neededValues);
  });

  it('is asked about every section of the values', () => {
    expect(sections?.toSorted()).toEqual(
      sectionsOf(parseDocument(read('deploy/chart/values.yaml')).contents, '').toSorted(),
    );
  });
});

/** Maps whose members are values of the chart, each with a meaning of its own. */
function sectionsOf(map: unknown, path: string): string[] {
  if (!isMap<Scalar<string>>(map)) {
    return [];
  }
  return map.items.flatMap(({ key, value }, at) => {
    const own = `${path}${key.value}`;
    const comment = key.commentBefore ?? (at === 0 ? map.commentBefore : undefined) ?? '';
    return !isMap(value) || comment.split('\n').some((line) => line.startsWith(' -- '))
      ? []
      : [own, ...sectionsOf(value, `${own}.`)];
  });
}

describe('what the chart refuses', () => {
  it('never repeats what may be a secret', () => {
    expect(read('test/deploy/golden/refused.txt')).not.toContain('hidden-words');
  });

  it.each([
    ['refused', 38],
    ['standard-refused', 20],
    ['standard-refused-more', 22],
  ])('every fault at once: %s', (name, count) => {
    const lines = read(`test/deploy/golden/${name}.txt`).split('\n').slice(1, -3);
    expect(lines).toHaveLength(count);
  });
});
