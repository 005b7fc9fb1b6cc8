import { describe, expect, it } from 'vitest';
import { readObjects } from '../../src/k8s/read-objects.ts';
import type { ObjectKind } from '../../src/k8s/render-objects.ts';
import { objectsInMemory } from './objects-in-memory.ts';

function object(name: string, spec: object, namespace = 'shop') {
  return { metadata: { namespace, name }, spec };
}

function apiOf(lists: Partial<Record<ObjectKind, readonly unknown[]>>) {
  return objectsInMemory([], { list: async (kind) => lists[kind] ?? [] }).api;
}

describe('reading the objects of a cluster', () => {
  it('puts an identity and its binding together, by name before by reference', async () => {
    const api = apiOf({
      AzureIdentity: [
        object('web', { type: 0, resourceID: '/s/web', clientID: 'c' }),
        object('web', { resourceID: '/s/other' }, 'other'),
        object('bare', {}),
      ],
      AzureIdentityBinding: [
        object('a-first', { azureIdentity: 'web', selector: 'by-reference' }),
        object('web-binding', { azureIdentity: 'web', selector: 'by-name' }),
        object('z', { azureIdentity: 'web', selector: 'elsewhere' }, 'other'),
      ],
    });
    expect(await readObjects(api, new AbortController().signal)).toMatchObject({
      identities: [
        { namespace: 'shop', name: 'web', bindingSelector: 'by-name', resourceId: '/s/web', clientId: 'c' },
        { namespace: 'other', name: 'web', bindingSelector: 'elsewhere', resourceId: '/s/other' },
        { namespace: 'shop', name: 'bare' },
      ],
      exceptions: [],
      moreBindings: [
        { namespace: 'shop', name: 'a-first', identity: 'web', bindingSelector: 'by-reference' },
      ],
      servicePrincipals: [],
    });
  });

  it("makes no entries of service principals, what is no object, and AKS's own exception", async () => {
    const api = apiOf({
      AzureIdentity: [object('sp', { type: 1, clientID: 'c' }), null, { metadata: {} }],
      AzurePodIdentityException: [
        object(
          'aks-addon-exception',
          { podLabels: { 'kubernetes.azure.com/managedby': 'aks' } },
          'kube-system',
        ),
        object('legacy', { podLabels: { app: 'legacy' } }),
        object('empty', {}),
      ],
    });
    expect(await readObjects(api, new AbortController().signal)).toMatchObject({
      identities: [],
      exceptions: [
        { namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy' } },
        { namespace: 'shop', name: 'empty', podLabels: {} },
      ],
      moreBindings: [],
      servicePrincipals: [{ namespace: 'shop', name: 'sp' }],
    });
  });
});
