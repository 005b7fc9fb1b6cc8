import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import type { PodIdentity } from '../../src/domain/entries/pod-identity.ts';
import { podToTry } from '../../src/domain/kubernetes/pod-to-try.ts';
import { golden, type KubeObject, podOf, read } from './renders.ts';

describe('a values file of upstream', () => {
  it('keeps its identities, whether in a map or in a list', () => {
    const identities = (name: string) =>
      golden(name)
        .filter(({ kind }) => /^AzureIdentity/.test(kind))
        .map(
          ({ kind, metadata, spec }) =>
            `${kind} ${metadata.namespace}/${metadata.name} ${spec.selector ?? spec.clientID}`,
        );
    expect(identities('upstream-retail').sort()).toEqual([
      'AzureIdentity orders/orders 00000000-0000-4000-8000-000000000022',
      'AzureIdentity storefront/storefront 00000000-0000-4000-8000-000000000021',
      'AzureIdentityBinding orders/orders-binding orders',
      'AzureIdentityBinding storefront/storefront-binding storefront',
    ]);
    expect(identities('upstream-kubenet').sort()).toEqual([
      'AzureIdentity kube-system/sandbox 00000000-0000-4000-8000-000000000031',
      'AzureIdentityBinding kube-system/sandbox-binding sandbox',
    ]);
  });

  it('keeps names that YAML would read as something else, and leaves out what a later file set to null', () => {
    const made = golden('identities-odd-names')
      .filter(({ kind }) => /^AzureIdentity/.test(kind))
      .map(({ kind, metadata: { namespace, name }, spec }) => [
        ...[kind, namespace, name, spec.azureIdentity ?? spec.type, spec.selector],
      ]);
    expect(made.sort()).toEqual([
      ['AzureIdentity', '456', '123', 0, undefined],
      ['AzureIdentity', 'kube-system', 'true', 0, undefined],
      ['AzureIdentityBinding', '456', '1e3', '123', '789'],
      ['AzureIdentityBinding', 'kube-system', 'true-binding', 'true', 'null'],
    ]);
  });

  it('keeps its flags', () => {
    const args = (name: string) => podOf(golden(name)).containers.flatMap((container) => container.args);
    expect(args('upstream-bank')).toEqual(
      expect.arrayContaining([
        '--ipt-update-interval-sec=30',
        '--block-instance-metadata',
        '--custom-user-agent=contoso-bank/platform',
        '--log-format=json',
        '-v=2',
      ]),
    );
    expect(args('upstream-kubenet')).toContain('--allow-network-plugin-kubenet');
    expect(args('upstream-retail')).toContain('--prometheus-port=9090');
  });
});

describe('the manifest of the demo', () => {
  it('is the pod that podid init gives people to try', () => {
    const version: string = JSON.parse(read('package.json')).version;
    const entry = { namespace: 'demo', name: 'demo', bindingSelector: 'demo' } as PodIdentity;
    expect(parse(read('deploy/manifests/demo.yaml'))).toEqual(
      podToTry(entry, { cloud: undefined, version, image: undefined }),
    );
  });
});

describe.each(['managed', 'standard'])('the manifest for kubectl in %s mode', (mode) => {
  const manifest = read(`deploy/manifests/${mode}.yaml`);
  const objects: KubeObject[] = parseAllDocuments(manifest)
    .map((document) => document.toJS())
    .filter((object) => object !== null);

  it('holds the definitions first, then what the chart renders, and nothing that only Helm runs', () => {
    const kinds = objects.map(({ kind }) => kind);
    expect(kinds.slice(0, 4)).toEqual(Array(4).fill('CustomResourceDefinition'));
    expect(kinds.slice(4).sort()).toEqual(
      golden(mode)
        .filter(({ metadata }) => metadata.annotations?.['helm.sh/hook'] === undefined)
        .map(({ kind }) => kind)
        .sort(),
    );
    expect(objects.some(({ metadata }) => metadata.annotations?.['helm.sh/hook'])).toBe(false);
    expect(manifest).not.toContain('managed-by: Helm');
  });
});
