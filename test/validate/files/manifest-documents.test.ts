import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { WantedEntries } from '../../../src/domain/entries/pod-identities-file.ts';
import { parsePodIdentitiesFiles } from '../../../src/validate/files/pod-identities-file.ts';
import { faultsOf } from '../faults-of.ts';

const idOf = (name: string) =>
  `/subscriptions/s-1/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
const apiVersion = 'aadpodidentity.k8s.io/v1';

function object(kind: string, name: string, spec: object, metadata: object = {}) {
  return { apiVersion, kind, metadata: { name, namespace: 'shop', ...metadata }, spec };
}
const identity = (name: string, more: object = {}) =>
  object('AzureIdentity', name, { type: 0, resourceID: idOf(name), clientID: 'c', ...more });
const binding = (name: string, selector = name, called = `${name}-binding`) =>
  object('AzureIdentityBinding', called, { azureIdentity: name, selector });
const exception = (name: string, podLabels: object) =>
  object('AzurePodIdentityException', name, { podLabels });
const documents = (...values: readonly object[]) => values.map((value) => stringify(value)).join('---\n');

function parse(...texts: readonly string[]) {
  const warnings: string[] = [];
  const sources = texts.map((text, at) => ({ name: `${at + 1}.yaml`, text }));
  let wanted: WantedEntries = {};
  const faults = faultsOf((found) => {
    wanted = parsePodIdentitiesFiles(sources, found, (text) => warnings.push(text));
  });
  return { wanted, warnings, faults };
}

const web = { name: 'web', namespace: 'shop', identityResourceId: idOf('web'), bindingSelector: 'front' };

describe('a manifest of identities', () => {
  it.each([
    ['documents', [documents(identity('web'), binding('web', 'front'))]],
    ['documents in another order', [documents(binding('web', 'front'), identity('web'))]],
    ['two files', [documents(binding('web', 'front')), documents(identity('web'))]],
    [
      'a list',
      [documents({ apiVersion: 'v1', kind: 'List', items: [identity('web'), binding('web', 'front')] })],
    ],
    [
      'lists of a kind, as kubectl prints them',
      [
        documents(
          {
            apiVersion,
            kind: 'AzureIdentityList',
            metadata: { resourceVersion: '1' },
            items: [identity('web')],
          },
          { apiVersion, kind: 'AzureIdentityBindingList', items: [binding('web', 'front')] },
        ),
      ],
    ],
    [
      'JSON',
      [JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [identity('web'), binding('web', 'front')] })],
    ],
    [
      'what kubectl adds',
      [
        documents(
          {
            ...identity('web'),
            status: {},
            metadata: { name: 'web', namespace: 'shop', uid: 'u', managedFields: [] },
          },
          binding('web', 'front'),
        ),
      ],
    ],
  ])('may be %s', (_what, texts) => {
    expect(parse(...texts)).toEqual({ wanted: { identities: [web] }, warnings: [], faults: [] });
  });

  it('may stand beside exceptions, other objects and a file of podid', () => {
    const own = {
      apiVersion: 'podid.io/v1',
      kind: 'PodIdentities',
      exceptions: [{ name: 'old', namespace: 'shop', podLabels: { a: 'b' } }],
    };
    const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: {} };
    const text = documents(
      identity('web'),
      binding('web', 'front'),
      exception('legacy', { app: 'x' }),
      deployment,
      own,
    );
    const { wanted, warnings, faults } = parse(text);
    expect(faults).toEqual([]);
    expect(wanted.identities).toEqual([web]);
    expect(wanted.exceptions?.map(({ name }) => name).toSorted()).toEqual(['legacy', 'old']);
    expect(warnings).toEqual(['Passed over: objects of other kinds (Deployment).']);
  });

  it('becomes as many entries as it has bindings, and says what no entry can be', () => {
    const text = documents(
      ...[identity('web'), binding('web', 'front'), binding('web', 'back', 'jobs-binding')],
      ...[identity('alone'), identity('robot', { type: 1 }), binding('robot')],
    );
    const { wanted, warnings, faults } = parse(text);
    expect(faults).toEqual([]);
    expect(wanted.identities?.map((entry) => [entry.name, entry.bindingSelector])).toEqual([
      ['jobs', 'back'],
      ['web', 'front'],
    ]);
    expect(warnings).toEqual([
      expect.stringContaining('Left out: AzureIdentity shop/alone has no AzureIdentityBinding'),
      expect.stringContaining('Left out: AzureIdentity shop/robot is a service principal'),
    ]);
  });

  it('says nothing of identities where it has bindings alone, so that none is pruned', () => {
    const { wanted, warnings, faults } = parse(documents(binding('web')));
    expect([wanted, faults]).toEqual([{}, []]);
    expect(warnings).toEqual([
      'Left out: AzureIdentityBinding shop/web-binding names AzureIdentity web, which is in none of the files.',
    ]);
  });

  it('passes over what the controller writes', () => {
    const assigned = object('AzureAssignedIdentity', 'pod-shop-web', {});
    const { wanted, warnings, faults } = parse(documents(identity('web'), binding('web', 'front'), assigned));
    expect([wanted, faults]).toEqual([{ identities: [web] }, []]);
    expect(warnings).toEqual(['Passed over: objects of other kinds (AzureAssignedIdentity).']);
  });

  it('may hold an exception without labels, with a warning', () => {
    const { faults, warnings } = parse(documents(exception('old', {})));
    expect(faults).toEqual([]);
    expect(warnings).toEqual(['Exception shop/old has no labels, so it excepts no pod.']);
  });

  it('may spell the labels of an exception as releases before 1.6.0, and they are judged alike', () => {
    const old = (value: unknown) => object('AzurePodIdentityException', 'old', { PodLabels: { app: value } });
    const { wanted, faults, warnings } = parse(documents(old('web')));
    expect([wanted, faults, warnings]).toEqual([
      { exceptions: [{ name: 'old', namespace: 'shop', podLabels: { app: 'web' } }] },
      [],
      [],
    ]);
    expect(parse(documents(old('no label value'))).faults).toHaveLength(1);
    expect(parse(documents(old(7))).faults).toHaveLength(1);
  });

  it('leaves out the exception that AKS keeps for itself', () => {
    const addon = object(
      'AzurePodIdentityException',
      'aks-addon-exception',
      { podLabels: { a: 'b' } },
      { namespace: 'kube-system' },
    );
    expect(parse(documents(addon))).toEqual({ wanted: { exceptions: [] }, warnings: [], faults: [] });
  });

  it.each([
    [
      'no namespace',
      documents({ ...identity('web'), metadata: { name: 'web' } }, binding('web')),
      '1.yaml:1:1: metadata.namespace is missing: AzureIdentity needs it.',
    ],
    [
      'an id that is none',
      documents(identity('web', { resourceID: 'web' }), binding('web')),
      '1.yaml:1:1: "web" is not the id of a managed identity',
    ],
    [
      'an id that was wrapped',
      documents(
        identity('web', { resourceID: `https://management.azure.com${idOf('web')}` }),
        binding('web'),
      ),
      `Nearest: ${idOf('web')}`,
    ],
    [
      'a selector that is none',
      documents(identity('web'), binding('web', 'a b')),
      '"a b" is not a binding selector',
    ],
    [
      'nothing of the three kinds',
      documents({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' } }),
      '1.yaml:1:1: there is no AzureIdentity, AzureIdentityBinding, AzurePodIdentityException in it.',
    ],
    [
      'an entry that another file has',
      documents(identity('web'), binding('web'), {
        apiVersion: 'podid.io/v1',
        kind: 'PodIdentities',
        identities: [web],
      }),
      'pod identity shop/web appears twice',
    ],
    [
      'a namespace that is none',
      documents({ ...exception('old', { a: 'b' }), metadata: { name: 'old', namespace: 'A_' } }),
      '"A_" is not a namespace',
    ],
    [
      'a label that is a number',
      documents(exception('old', { app: 1 })),
      'the value of the label "app" has to be a text',
    ],
    [
      'a kind that upstream has not',
      documents({ ...identity('web'), kind: 'AzureIdentiy' }),
      'Did you mean AzureIdentity?',
    ],
    [
      'an empty list',
      documents({ apiVersion: 'v1', kind: 'List', items: [] }),
      '1.yaml:1:1: there is no AzureIdentity',
    ],
    [
      'no apiVersion',
      documents({ ...identity('web'), apiVersion: undefined }, binding('web')),
      '1.yaml:1:1: apiVersion is missing: AzureIdentity needs it.',
    ],
  ])('is refused with %s', (_what, text, fault) => {
    expect(parse(text).faults).toEqual(expect.arrayContaining([expect.stringContaining(fault)]));
  });
});

describe('a manifest, word for word as kubectl reads it', () => {
  const head = `apiVersion: ${apiVersion}\n`;
  const bindingOf = (metadata: string, spec: string) =>
    `${head}kind: AzureIdentityBinding\nmetadata: ${metadata}\nspec: ${spec}\n`;
  const whole = documents(identity('web'));

  it.each([
    [
      bindingOf('{name: b, namespace: shop}', '{azureIdentity: web, selector: yes}'),
      /spec\.selector has to be a text, in quotes: kubectl reads true\.$/,
    ],
    [
      bindingOf('{name: 0644, namespace: shop}', '{azureIdentity: web, selector: web}'),
      /metadata\.name has to be a text, in quotes: kubectl reads 420\.$/,
    ],
    [
      bindingOf('{name: b, namespace: shop}', '{azureIdentity: off, selector: web}'),
      /spec\.azureIdentity has to be a text, in quotes: kubectl reads false\.$/,
    ],
    [
      `${head}kind: AzurePodIdentityException\nmetadata: {name: e, namespace: shop}\nspec: {podLabels: {app: no}}\n`,
      /the value of the label "app" has to be a text, in quotes\.$/,
    ],
    [`%YAML 1.2\n---\n${whole}`, /refuse %YAML 1\.2/],
  ])('is refused where that is no text: %s', (text, fault) => {
    expect(parse(text).faults).toEqual([expect.stringMatching(fault)]);
  });

  it('takes words in quotes, and times of day, as they stand', () => {
    const selector = (text: string) =>
      parse(whole, bindingOf('{name: b, namespace: shop}', `{azureIdentity: web, selector: ${text}}`)).wanted
        .identities?.[0]?.bindingSelector;
    expect(['"yes"', "'0644'", '2020-01-01', '!!str on'].map(selector)).toEqual([
      'yes',
      '0644',
      '2020-01-01',
      'on',
    ]);
  });

  it("leaves podid's own file to YAML 1.2", () => {
    const own = `apiVersion: podid.io/v1\nkind: PodIdentities\nidentities:\n- {name: web, namespace: shop, identityResourceId: ${idOf('web')}, bindingSelector: yes}\n`;
    expect(parse(own).wanted.identities?.[0]?.bindingSelector).toBe('yes');
  });
});
