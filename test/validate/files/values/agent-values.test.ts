import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crossesNamespaces } from '../../../../src/domain/kubernetes/controller-values.ts';
import { readAgentValues } from '../../../../src/validate/files/values/agent-values.ts';
import { setValues } from '../../../../src/validate/files/values/set-values.ts';
import {
  jsonOf,
  mergeTrees,
  noValues,
  overDefaults,
  treeOfFile,
  treeOfJson,
  type ValueNode,
} from '../../../../src/validate/files/values/value-tree.ts';
import { UsageFaults } from '../../../../src/validate/usage-faults.ts';
import { upstream } from '../../../deploy/renders.ts';

const chart = readFileSync(new URL('../../../../deploy/chart/values.yaml', import.meta.url), 'utf8');

/** As the command reads them: the file over the chart's own, the flags over both. */
function read(text: string, set: readonly string[] = []) {
  const faults = new UsageFaults();
  const given = setValues(treeOfFile({ name: 'mine.yaml', text }, faults), '--set', set, faults);
  const tree = overDefaults(treeOfFile({ name: 'values.yaml', text: chart }, faults), given);
  return { values: readAgentValues(tree, 'kube-system', faults), faults: faults.messages };
}

function setJson(...texts: string[]): unknown {
  const faults = new UsageFaults();
  const json = jsonOf(setValues(noValues, '--set', texts, faults));
  expect(faults.messages).toEqual([]);
  return json;
}

describe('values of the agent', () => {
  it("are the chart's own where nothing is set", () => {
    const { values, faults } = read('');
    expect(faults).toEqual([]);
    expect(values.podid).toMatchObject({ rulesBackend: 'nft', addressGuard: 'auto', alongside: false });
    expect(values.nmi.tolerations).toEqual([{ operator: 'Exists' }]);
    expect(values.rbac.allowAccessToSecrets).toBeUndefined();
  });

  it('have a controller in standard mode, and in managed mode none, whatever is set for it', () => {
    const { values, faults } = read('operationMode: standard\nmic: {replicas: "3", clientQps: 5}\n');
    expect(faults).toEqual([]);
    expect(values.controller).toMatchObject({
      replicas: 3,
      clientQps: '5',
      signIn: { kind: 'file', path: '/etc/kubernetes/azure.json' },
    });
    const managed = read('mic: {colour: red, replicas: 7000}\n');
    expect(managed).toMatchObject({ faults: [], values: { mode: 'managed', controller: undefined } });
  });

  it.each([
    [
      'podid: {extraCa: {configMap: Private_Cloud}}',
      'podid.extraCa.configMap has to be the name of a ConfigMap',
    ],
    ['podid: {extraCa: {configMap: a, key: ../ca.crt}}', 'podid.extraCa.key has to be a key'],
    [
      'podid: {extraCa: {configmap: a}}',
      'There is no value podid.extraCa.configmap. Did you mean podid.extraCa.configMap?',
    ],
  ])('name certificates that Kubernetes can mount: %s', (text, fault) => {
    expect(read(text).faults).toEqual([expect.stringContaining(fault)]);
  });

  it('take the key ca.crt where none is named', () => {
    const { values, faults } = read('podid: {extraCa: {configMap: private-cloud, key: ""}}');
    expect([values.podid.extraCa, faults]).toEqual([{ configMap: 'private-cloud', key: 'ca.crt' }, []]);
  });

  it.each([
    ['forceNamespaced: true', true],
    ['forceNameSpaced: true', true],
    ['forceNameSpaced: "true"', true],
    ['forceNamespaced: ""\nforceNameSpaced: true', true],
    ['forceNameSpaced: false', false],
    ['forceNamespaced: false\nforceNameSpaced: ""', false],
    ['', undefined],
  ])('confine pods to their namespace by either name of it: %j', (text, confines) => {
    const { values, faults } = read(`operationMode: standard\n${text}\n`);
    expect(faults).toEqual([]);
    expect(values.forceNamespaced).toBe(confines);
    expect(crossesNamespaces(values)).toBe(confines === false);
  });

  it.each(upstream.charts)('are carried over from the defaults of upstream: $versions', ({ defaults }) => {
    const { values, faults } = read(JSON.stringify({ ...defaults, operationMode: 'standard' }));
    expect(faults).toEqual([]);
    expect(values).toMatchObject({ mode: 'standard', forceNamespaced: false, controller: { replicas: 2 } });
  });

  it.each([
    ['{"name":"s","namespace":"shop"}', { name: 's', namespace: 'shop' }],
    ['{name: s}', { name: 's' }],
    ['name: s\nnamespace: shop\n', { name: 's', namespace: 'shop' }],
    [{ name: 's' }, { name: 's' }],
    ['', {}],
    [null, {}],
    ['hidden-words', undefined],
    ['["hidden-words"]', undefined],
    ['{"name":"hidden-words"', undefined],
    ['{"name":{"a":"hidden-words"}}', undefined],
    ['map[name:hidden-words]', undefined],
    ['{"Name":"hidden-words"}', undefined],
    ['{"hidden-words":1}', undefined],
    [7, undefined],
    [{ name: 7 }, undefined],
  ])('read the name of a secret also out of a text: %j', (clientPassword, json) => {
    const { values, faults } = read(JSON.stringify({ azureIdentities: { sp: { clientPassword } } }));
    expect(values.azureIdentities[0]?.clientPassword).toEqual(json ?? {});
    expect(faults).toHaveLength(json === undefined ? 1 : 0);
    expect(faults.join()).not.toContain('hidden-words');
  });

  it.each([
    ['{web: {binding: {name: b}}}', 'azureIdentities.web.binding.selector is missing: pods get'],
    [
      `{web: {binding: {selector: ${'w'.repeat(64)}}}}`,
      'azureIdentities.web.binding.selector is longer than 63',
    ],
    ['{a: {name: x}, b: {name: x}}', 'azureIdentities.a and azureIdentities.b both make AzureIdentity x.'],
    ['[{name: x}, {name: x}]', 'azureIdentities.0 and azureIdentities.1 both make AzureIdentity x.'],
    ['{a: {name: x}, b: {name: x, namespace: shop}}', ''],
    [
      '{a: {name: x}, b: {name: x, namespace: kube-system}}',
      'azureIdentities.a and azureIdentities.b both make AzureIdentity x.',
    ],
    [
      '{a: {name: x, namespace: ""}, b: {name: x}}',
      'azureIdentities.a and azureIdentities.b both make AzureIdentity x.',
    ],
    ['{web: null}', ''],
    ['{web: {binding: {selector: ""}}}', 'azureIdentities.web.binding.selector is missing: pods get'],
    ['{web: {type: "", binding: {selector: a}}}', ''],
  ])('refuse of identities what the chart refuses: %s', (identities, fault) => {
    const { faults } = read(`azureIdentities: ${identities}`);
    expect(faults.join()).toContain(fault);
    expect(faults).toHaveLength(fault === '' ? 0 : 1);
  });

  it('leave out an identity that a later file sets to null', () => {
    expect(read('azureIdentities: {web: null, jobs: {type: 0}}').values.azureIdentities).toMatchObject([
      { name: 'jobs' },
    ]);
  });

  it.each([
    ['["a","b"]', ['a', 'b']],
    ['[a, b]', ['a', 'b']],
    ['- a\n- b\n', ['a', 'b']],
    [['a'], ['a']],
    ['', []],
    [{}, undefined],
    ['a', undefined],
    ['[1]', undefined],
    ['{"a":"b"}', undefined],
  ])('read a list of tenants also out of a text: %j', (auxiliaryTenantIDs, list) => {
    const { values, faults } = read(JSON.stringify({ azureIdentities: { sp: { auxiliaryTenantIDs } } }));
    expect(values.azureIdentities[0]?.auxiliaryTenantIDs).toEqual(list ?? []);
    expect(faults).toHaveLength(list === undefined ? 1 : 0);
  });

  it("show the one identity of charts before 2.0 in today's form, which they then are", () => {
    const old =
      'azureIdentity: {enabled: "true", name: web, namespace: shop, type: 0, resourceID: /r, clientID: c}\n' +
      'azureIdentityBinding: {name: web-binding, selector: web}\n';
    const { faults } = read(old);
    const form = /written as: (azureIdentities: .*)$/.exec(faults.join())?.[1] ?? '';
    const { values, faults: none } = read(form);
    expect(none).toEqual([]);
    expect(values.azureIdentities).toMatchObject([
      {
        ...{ name: 'web', namespace: 'shop', type: 0, resourceID: '/r', clientID: 'c' },
        binding: { name: 'web-binding', selector: 'web' },
      },
    ]);
  });

  it.each([
    ['', ''],
    ['installCRDs: true', 'installCRDs'],
    ['installCRDs: "false"', 'installCRDs'],
    [
      'azureIdentity: {enabled: false}\nazureIdentityBinding: {selector: a}',
      'azureIdentity, azureIdentityBinding',
    ],
    ['forceNamespaced: "false"', 'forceNamespaced'],
    ['forceNameSpaced: false', 'forceNameSpaced'],
    ['forceNamespaced: True', ''],
    ['installMICException: "false"', 'installMICException'],
    ['installMICException: "true"', ''],
    [
      'nmi: {enableScaleFeatures: "false", setRetryAfterHeader: true}',
      'nmi.enableScaleFeatures, nmi.setRetryAfterHeader',
    ],
    ['nmi: {enableConntrackDeletion: True, image: nmi}', 'nmi.enableConntrackDeletion, nmi.image'],
    ['nmi: {enableConntrackDeletion: false, setRetryAfterHeader: ""}', ''],
    ['mic: {resources: {}, tolerations: [], replicas: 2}', ''],
    ['mic: {leaderElection: {name: lock}}', 'mic.*'],
    ['mic: {customCloud: {enabled: true}}', 'mic.*'],
    ['mic: {replicas: 1}\nadminsecret: {useMSI: true}', 'adminsecret, mic.*'],
    ['operationMode: standard\nforceNamespaced: "false"\nnmi: {enableScaleFeatures: false}', ''],
    ['operationMode: standard\nmic: {image: mic, replicas: 1}\nnmi: {tag: v1}', 'mic.image, nmi.tag'],
    [
      'operationMode: standard\npodid: {mic: {clientId: 00000000-0000-4000-8000-000000000042, tenantId: t}}\nadminsecret: {useMSI: true}\ninstallMICException: "false"',
      'adminsecret, installMICException',
    ],
    [
      'operationMode: standard\nadminsecret: {clientID: c, tenantID: t, clientSecret: s, vmType: vmss}',
      'adminsecret.vmType',
    ],
    ['operationMode: standard\nadminsecret: {useMSI: "true"}\ninstallMICException: false', ''],
  ])('name what has no effect: %j', (text, names) => {
    const { values, faults } = read(text);
    expect(faults).toEqual([]);
    expect(values.withoutEffect.join(', ')).toBe(names);
  });

  it.each([
    ['enabled: true', 0],
    ['enabled: ""', 0],
    ['enabled: false', 1],
    ['enabled: "False"', 1],
  ])('may be switched by the condition of a parent chart alone: %s', (text, count) => {
    expect(read(text).faults).toHaveLength(count);
  });

  it.each([
    [
      'operationMode: both',
      'mine.yaml:1:16: operationMode has to be one of managed, standard; this is "both".',
    ],
    ['mic: {colour: red}', 'mine.yaml:1:15: There is no value mic.colour.'],
    ['mic: {replicas: many}', 'mic.replicas has to be a whole number from 0 to 100; this is "many".'],
    ['mic: {clientQps: 0}', 'mic.clientQps has to be a number above 0; this is "0".'],
    ['mic: {cloudConfig: azure.json}', 'mic.cloudConfig azure.json must be an absolute path'],
    ['mic: {cloudConfig: ""}', 'Nothing says as whom the controller signs in to Azure'],
    ['adminsecret: {tenantID: t, clientID: c}', 'adminsecret needs tenantID, clientID and clientSecret'],
    ['podid: {mic: {clientId: c}}', 'podid.mic.clientId needs podid.mic.tenantId'],
    ['podid: {mic: {cloud: here}}', 'podid.mic.cloud has to be one of'],
  ])('are refused in standard mode, with the reason: %s', (text, reason) => {
    const mode = text.startsWith('operationMode') ? '' : '\noperationMode: standard';
    expect(read(`${text}${mode}`).faults.join('\n')).toContain(reason);
  });

  it('never put a secret into a message', () => {
    const secret = 'adminsecret: {clientSecret: hidden-words, clientsecret: hidden-words}';
    expect(read(`${secret}\noperationMode: standard`).faults.join()).not.toContain('hidden-words');
  });

  it('are reported with all their faults at once, each at its place', () => {
    const { faults } = read(
      'nmi:\n  probePort: many\n  podLabels: {team: 7}\nrbca: {}\npodid: {addressGuard: maybe}\n',
      ['podid.image.tga=1'],
    );
    expect(faults.toSorted()).toEqual(
      [
        'mine.yaml:2:14: nmi.probePort has to be a whole number from 1 to 65535; this is "many".',
        'mine.yaml:3:21: nmi.podLabels.team has to be a text; this is 7. Write it in quotes: "7".',
        'mine.yaml:5:23: podid.addressGuard has to be one of auto, off; this is "maybe".',
        '--set: There is no value podid.image.tga.',
        'mine.yaml:4:7: There is no value rbca. Did you mean rbac?',
      ].toSorted(),
    );
  });

  it.each(['-1', '51', '10.5', '1e1', '9999999999', '0x5', '+5'])(
    'may not hold a request for %s s',
    (seconds) => {
      expect(read(`podid: {holdSeconds: "${seconds}"}`).faults).toEqual([
        `mine.yaml:1:22: podid.holdSeconds has to be a whole number from 0 to 50; this is "${seconds}".`,
      ]);
    },
  );

  it.each(['probePort', 'prometheusPort', 'ipTableUpdateTimeIntervalInSeconds'])(
    'may not have 0 for nmi.%s',
    (key) => {
      expect(read(`nmi: {${key}: 0}`).faults.join()).toContain(
        `nmi.${key} has to be a whole number from 1 to `,
      );
    },
  );

  it.each(['0', '"50"', '""', 'null'])('may hold a request for %s s', (seconds) => {
    expect(read(`podid: {holdSeconds: ${seconds}}`).faults).toEqual([]);
  });

  it("read upstream's booleans as booleans, as words and as nothing", () => {
    const { values, faults } = read(
      'nmi: {blockInstanceMetadata: "true", metadataHeaderRequired: "false", allowNetworkPluginKubenet: ""}',
    );
    expect(faults).toEqual([]);
    expect(values.nmi).toMatchObject({
      blockInstanceMetadata: true,
      metadataHeaderRequired: false,
      allowNetworkPluginKubenet: false,
    });
  });

  it('let --set win over files, and files over the chart', () => {
    const { values } = read('nmi: {logVerbosity: 3, prometheusPort: "9191"}', ['nmi.logVerbosity=5']);
    expect(values.nmi).toMatchObject({ logVerbosity: 5, prometheusPort: 9191, probePort: 8085 });
  });

  it('ask who may read secrets where an identity needs one', () => {
    const identity = 'azureIdentities: {ledger: {namespace: billing, type: 1, clientID: c, tenantID: t}}\n';
    expect(read(identity).faults.join()).toContain('sign in with a secret (billing/ledger)');
    expect(read(`${identity}rbac: {allowAccessToSecrets: false}`).faults).toEqual([]);
  });
});

describe('--set', () => {
  it('takes the simple form of helm', () => {
    expect(setJson('a.b=1,c={x,y}', 'd=true', String.raw`e=a\,b`, String.raw`f\.g=h`)).toEqual({
      a: { b: 1 },
      c: ['x', 'y'],
      d: true,
      e: 'a,b',
      'f.g': 'h',
    });
    expect(setJson('tag=007', 'empty=', 'list={}', 'equal=a=b', 'items[0].key=x')).toEqual({
      tag: '007',
      empty: '',
      list: [''],
      equal: 'a=b',
      items: [{ key: 'x' }],
    });
  });

  it('names what is no KEY=VALUE', () => {
    const faults = new UsageFaults();
    setValues(noValues, '--set', ['a', '=b', 'a..b=c', 'd=e,f', 'g[x]=1', 'h={i}j'], faults);
    expect(faults.messages).toHaveLength(6);
  });

  it('gives back any path and text that are escaped', () => {
    const escaped = (text: string) => text.replaceAll(/[\\,.={}[\]]/g, (letter) => `\\${letter}`);
    const key = fc.string({ minLength: 1 }).filter((text) => !/\[\d+\]$/.test(text) && text !== '__proto__');
    const text = fc.string().filter((each) => !/^(?:true|false|null|[-+]?\d+)$/.test(each));
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 4 }), text, (path, value) => {
        const json = setJson(`${path.map(escaped).join('.')}=${escaped(value)}`);
        let inner: unknown = json;
        for (const step of path) {
          inner = (inner as Record<string, unknown>)[step];
        }
        expect(inner).toBe(value);
      }),
    );
  });
});

describe('merging values', () => {
  const tree = (json: unknown): ValueNode => treeOfJson(json, 'test');
  const merged = (base: unknown, over: unknown) => jsonOf(mergeTrees(tree(base), tree(over)));
  const over = (defaults: unknown, given: unknown) => jsonOf(overDefaults(tree(defaults), tree(given)));

  it('goes member by member, replaces lists, and keeps null for what is under it', () => {
    expect(merged({ a: { b: 1, c: 2 }, l: [1, 2], n: 1 }, { a: { c: 3 }, l: [9], n: null })).toEqual({
      a: { b: 1, c: 3 },
      l: [9],
      n: null,
    });
  });

  it('takes away a default that is null, and keeps a null for which there is none', () => {
    expect(
      over({ a: { b: 1, c: 2 }, l: [1], d: null }, { a: { b: null, e: null }, l: null, f: null }),
    ).toEqual({ a: { c: 2, e: null }, d: null, f: null });
  });

  it('changes nothing by an empty map, and nothing twice', () => {
    const values = fc.dictionary(
      fc.string(),
      fc.oneof(fc.integer(), fc.dictionary(fc.string(), fc.integer())),
    );
    fc.assert(
      fc.property(values, (json) => {
        expect(merged(json, {})).toEqual(json);
        expect(merged(json, json)).toEqual(json);
      }),
    );
  });
});
