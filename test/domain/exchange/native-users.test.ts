import { describe, expect, it } from 'vitest';
import { nativeUsers } from '../../../src/domain/exchange/native-users.ts';
import type { PodTemplate } from '../../../src/domain/migrate/read-workload.ts';

const audience = 'api://AzureADTokenExchange';
const none = { templates: [], serviceAccounts: [], providerClasses: [], audience };
const blank: PodTemplate = {
  labels: {},
  annotations: {},
  serviceAccount: 'web',
  hostNetwork: false,
  windows: false,
  virtualNode: false,
  variables: [],
  ports: [],
  imagePullSecrets: [],
  audiences: [],
  secretProviderClasses: [],
};

function of(template: Partial<PodTemplate>, kind = 'Deployment') {
  return { kind, namespace: 'shop', name: 'app', template: { ...blank, ...template } };
}

const account = { namespace: 'shop', name: 'web', imagePullSecrets: [], secrets: [] };
const subject = 'system:serviceaccount:shop:web';

describe('who may use a federated credential without the agent', () => {
  it.each([
    ['nobody', none, undefined],
    [
      'nobody by a label with another value',
      { ...none, templates: [of({ labels: { 'azure.workload.identity/use': 'false' } })] },
      undefined,
    ],
    [
      'a pod with the label',
      { ...none, templates: [of({ labels: { 'azure.workload.identity/use': 'true' } }, 'Pod')] },
      /^Pod shop\/app has the label azure.workload.identity\/use$/,
    ],
    [
      'nobody by a token for somebody else',
      { ...none, templates: [of({ audiences: ['vault'] })] },
      undefined,
    ],
    [
      'a template with a token for Entra',
      { ...none, templates: [of({ audiences: ['vault', audience] }, 'CronJob')] },
      /^CronJob shop\/app mounts a token for api/,
    ],
    [
      'a template with a class of the Key Vault driver',
      { ...none, templates: [of({ secretProviderClasses: ['kv'] })] },
      /^Deployment shop\/app mounts SecretProviderClass kv$/,
    ],
    [
      'nobody by a class that asks the agent',
      {
        ...none,
        templates: [of({ secretProviderClasses: ['kv'] })],
        providerClasses: [{ namespace: 'shop', name: 'kv', usesPodIdentity: true }],
      },
      undefined,
    ],
    [
      'a template whose class of another namespace asks the agent',
      {
        ...none,
        templates: [of({ secretProviderClasses: ['kv'] })],
        providerClasses: [{ namespace: 'bank', name: 'kv', usesPodIdentity: true }],
      },
      /SecretProviderClass kv/,
    ],
    [
      'a service account with the annotation',
      {
        ...none,
        serviceAccounts: [{ ...account, annotations: { 'azure.workload.identity/client-id': 'x' } }],
      },
      /^ServiceAccount shop\/web has the annotation azure.workload.identity\/client-id$/,
    ],
    [
      'nobody by another annotation',
      {
        ...none,
        serviceAccounts: [{ ...account, annotations: { 'azure.workload.identity/tenant-id': 'x' } }],
      },
      undefined,
    ],
  ] as const)('is %s', (_who, facts, why) => {
    const found = nativeUsers(facts).get(subject);
    why === undefined ? expect(found).toBeUndefined() : expect(found).toMatch(why);
  });

  it('is an account of the template’s own namespace', () => {
    const labels = { 'azure.workload.identity/use': 'true' };
    expect([
      ...nativeUsers({ ...none, templates: [of({ labels, serviceAccount: 'other' })] }).keys(),
    ]).toEqual(['system:serviceaccount:shop:other']);
  });
});
