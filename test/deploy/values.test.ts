import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { fromJSONSchema } from 'zod';
import { read, yamlIn } from './renders.ts';

describe('the values of the chart', () => {
  const schema = fromJSONSchema(JSON.parse(read('deploy/chart/values.schema.json')));
  const accepts = (values: unknown) => schema.safeParse(values).success;

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
    [{ podid: { rulesBackend: 'ebpf' } }],
    [{ podid: { image: { digest: 'latest' } } }],
  ])('may not be %j', (values) => {
    expect(accepts(values)).toBe(false);
  });

  it('are all of upstream, by name', () => {
    const { nmi, rbac, podid: _own, ...rest } = parse(read('deploy/chart/values.yaml'));
    expect(Object.keys(rest).sort()).toEqual([
      'adminsecret',
      'azureIdentities',
      'customUserAgent',
      'forceNamespaced',
      'fullnameOverride',
      'image',
      'imagePullSecrets',
      'installMICException',
      'mic',
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
  });
});

describe('what the chart refuses', () => {
  it('standard mode, until its controller is there', () => {
    expect(read('test/deploy/golden/standard.txt')).toContain('operationMode standard needs MIC');
  });

  it('every fault at once', () => {
    const lines = read('test/deploy/golden/refused.txt').split('\n').slice(1, -3);
    expect(lines).toHaveLength(9);
  });
});
