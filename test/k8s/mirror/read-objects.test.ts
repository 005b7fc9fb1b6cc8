import { describe, expect, it } from 'vitest';
import { readObjects } from '../../../src/k8s/mirror/read-objects.ts';
import type { ObjectKind } from '../../../src/k8s/objects/render-objects.ts';
import { objectsInMemory } from '../objects-in-memory.ts';

function object(name: string, spec: object, namespace = 'shop') {
  return { metadata: { namespace, name }, spec };
}

function apiOf(lists: Partial<Record<ObjectKind, readonly unknown[]>>) {
  return objectsInMemory([], { list: async ({ kind }) => lists[kind as ObjectKind] ?? [] }).api;
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
      servicePrincipals: [
        {
          namespace: 'shop',
          name: 'sp',
          clientId: 'c',
          fault: 'lacks a clientID, a tenantID or the name of its secret',
        },
      ],
    });
  });

  it('says of service principals how they sign in, and what binds them', async () => {
    const whole = { clientID: 'c', tenantID: 't', clientPassword: { name: 's' } };
    const api = apiOf({
      AzureIdentity: [
        object('by-secret', { ...whole, type: 1, auxiliaryTenantIDs: ['u'] }),
        object('by-certificate', {
          ...whole,
          type: 2,
          clientPassword: { name: 's', namespace: 'bank' },
          auxiliaryTenantIDs: ['u'],
        }),
        object('by-nothing', { ...whole, type: 7 }),
      ],
      AzureIdentityBinding: [object('b', { azureIdentity: 'by-secret', selector: 'x' })],
    });
    const { servicePrincipals } = await readObjects(api, new AbortController().signal);
    const common = { namespace: 'shop', clientId: 'c' };
    expect(servicePrincipals).toEqual([
      {
        ...common,
        name: 'by-secret',
        bindingSelector: 'x',
        signIn: {
          signsInBy: 'secret',
          tenantId: 't',
          auxiliaryTenantIds: ['u'],
          secret: { namespace: 'shop', name: 's' },
        },
      },
      {
        ...common,
        name: 'by-certificate',
        signIn: { signsInBy: 'certificate', tenantId: 't', secret: { namespace: 'bank', name: 's' } },
      },
      { ...common, name: 'by-nothing', fault: 'has the type 7, which is not 0, 1 or 2' },
    ]);
  });

  it("reports the versions of all objects, and which of them are podid's alone", async () => {
    const item = (name: string, managers: string[], labels: object = {}) => ({
      metadata: {
        ...{ namespace: 'shop', name, uid: `uid-${name}`, resourceVersion: `1-${name}`, labels },
        managedFields: managers.map((manager) => ({ manager, operation: 'Apply', fieldsV1: {} })),
      },
      spec: {},
    });
    const api = apiOf({
      AzureIdentity: [item('mine', ['podid']), item('theirs', ['kubectl'])],
      AzureIdentityBinding: [
        item('helms', ['podid'], { 'app.kubernetes.io/managed-by': 'Helm' }),
        item('mine', ['podid', 'mic'], { 'app.kubernetes.io/managed-by': 'podid' }),
      ],
    });
    const { facts } = await readObjects(api, new AbortController().signal);
    expect(facts?.versions).toEqual({
      'AzureIdentity shop/mine': '1-mine',
      'AzureIdentity shop/theirs': '1-theirs',
      'AzureIdentityBinding shop/helms': '1-helms',
      'AzureIdentityBinding shop/mine': '1-mine',
    });
    expect([...(facts?.own ?? [])]).toEqual(['AzureIdentity shop/mine', 'AzureIdentityBinding shop/mine']);
  });
});
