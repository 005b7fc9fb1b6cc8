import { describe, expect, it } from 'vitest';
import { readMigration } from '../../../src/k8s/workloads/read-migration.ts';
import type { Asked, WorkloadApi } from '../../../src/k8s/workloads/workload-api.ts';

const { signal } = new AbortController();
const named = { metadata: { namespace: 'demo', name: 'web' } };

/** An API that holds these items at these paths, and what it was asked. */
function apiOf(items: Readonly<Record<string, readonly unknown[]>>) {
  const asked: Asked[] = [];
  const api: Pick<WorkloadApi, 'get' | 'list'> = {
    async get(one) {
      asked.push(one);
      return items[one.path]?.[0];
    },
    async list(one) {
      asked.push(one);
      return items[one.path] ?? [];
    },
  };
  return { asked, objects: readMigration(api as WorkloadApi) };
}

describe('what a migration looks at', () => {
  it.each([
    ['workloads', 'deployments.apps', '/apis/apps/v1/namespaces/demo/deployments'],
    ['pods', 'pods', '/api/v1/namespaces/demo/pods'],
    ['serviceAccounts', 'serviceaccounts', '/api/v1/namespaces/demo/serviceaccounts'],
    [
      'disruptionBudgets',
      'poddisruptionbudgets.policy',
      '/apis/policy/v1/namespaces/demo/poddisruptionbudgets',
    ],
    [
      'providerClasses',
      'secretproviderclasses.secrets-store.csi.x-k8s.io',
      '/apis/secrets-store.csi.x-k8s.io/v1/namespaces/demo/secretproviderclasses',
    ],
  ] as const)('%s are listed where the API has them', async (what, resource, path) => {
    const { asked, objects } = apiOf({ [path]: [named, {}] });
    const found =
      what === 'workloads'
        ? await objects.workloads('Deployment', 'demo', signal)
        : await objects[what]('demo', signal);
    expect(found).toMatchObject([{ namespace: 'demo', name: 'web' }]);
    expect(asked).toEqual([{ path, resource, verb: 'list', namespace: 'demo' }]);
  });

  it('is of all namespaces where none is named', async () => {
    const { asked, objects } = apiOf({});
    expect(await objects.pods(undefined, signal)).toEqual([]);
    expect(asked).toEqual([{ path: '/api/v1/pods', resource: 'pods', verb: 'list' }]);
  });

  it('has the role bindings of the namespace and those of the cluster', async () => {
    const { objects } = apiOf({
      '/apis/rbac.authorization.k8s.io/v1/namespaces/demo/rolebindings': [named],
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings': [{ metadata: { name: 'all' } }],
    });
    expect((await objects.roleBindings('demo', signal)).map(({ kind, name }) => [kind, name])).toEqual([
      ['RoleBinding', 'web'],
      ['ClusterRoleBinding', 'all'],
    ]);
  });

  it("has KEDA's authentications of all namespaces and of the cluster", async () => {
    const { objects } = apiOf({
      '/apis/keda.sh/v1alpha1/triggerauthentications': [named],
      '/apis/keda.sh/v1alpha1/clustertriggerauthentications': [{ metadata: { name: 'all' } }],
    });
    expect((await objects.triggers(signal)).map(({ kind }) => kind)).toEqual([
      'TriggerAuthentication',
      'ClusterTriggerAuthentication',
    ]);
  });

  it('has one namespace where one is named, which needs no right on all', async () => {
    const { asked, objects } = apiOf({
      '/api/v1/namespaces/demo': [{ metadata: { name: 'demo', labels: { a: 'b' } } }],
    });
    expect(await objects.namespaces('demo', signal)).toEqual([{ name: 'demo', labels: { a: 'b' } }]);
    expect(asked).toMatchObject([{ verb: 'get' }]);
    expect(await objects.namespaces('none', signal)).toEqual([]);
  });

  it('knows whether the webhook is registered', async () => {
    const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
    const webhooks = [{ name: 'mutation.azure-workload-identity.io' }];
    expect(await apiOf({ [path]: [{ webhooks: [] }, { webhooks }] }).objects.webhook(signal)).toBe(true);
    expect(await apiOf({ [path]: [{ webhooks: [] }] }).objects.webhook(signal)).toBe(false);
  });
});
