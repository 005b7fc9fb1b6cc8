import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StartedKube, startKube } from '../../../src/emulator/kube/start-kube.ts';

/** What kubectl 1.34 sends for its own commands: the command, the path, and the body in base64. */
const recorded = [
  {
    command: 'create namespace new',
    path: '/api/v1/namespaces',
    body: 'azhzAAoPCgJ2MRIJTmFtZXNwYWNlEhsKEwoDbmV3EgAaACIAKgAyADgAQgASABoCCgAaACIA',
    stored: { kind: 'Namespace', metadata: { name: 'new' }, status: { phase: 'Active' } },
  },
  {
    command: 'create configmap c --from-literal=a=b -n shop',
    path: '/api/v1/namespaces/shop/configmaps',
    body: 'azhzAAoPCgJ2MRIJQ29uZmlnTWFwEh8KFQoBYxIAGgRzaG9wIgAqADIAOABCABIGCgFhEgFiGgAiAA==',
    stored: { kind: 'ConfigMap', metadata: { name: 'c', namespace: 'shop' }, data: { a: 'b' } },
  },
  {
    command: 'create secret generic s --from-literal=a=b -n shop',
    path: '/api/v1/namespaces/shop/secrets',
    body: 'azhzAAoMCgJ2MRIGU2VjcmV0EiEKFQoBcxIAGgRzaG9wIgAqADIAOABCABIGCgFhEgFiGgAaACIA',
    stored: { kind: 'Secret', metadata: { name: 's' }, data: { a: 'Yg==' } },
  },
  {
    command: 'create serviceaccount me -n shop',
    path: '/api/v1/namespaces/shop/serviceaccounts',
    body: 'azhzAAoUCgJ2MRIOU2VydmljZUFjY291bnQSGAoWCgJtZRIAGgRzaG9wIgAqADIAOABCABoAIgA=',
    stored: { kind: 'ServiceAccount', metadata: { name: 'me' } },
  },
  {
    command: 'create role r --verb=get --resource=pods -n shop',
    path: '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles',
    body: 'azhzAAokChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEgRSb2xlEiYKFQoBchIAGgRzaG9wIgAqADIAOABCABINCgNnZXQSABoEcG9kcxoAIgA=',
    stored: { kind: 'Role', rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] },
  },
  {
    command: 'create rolebinding rb --role=r --serviceaccount=shop:me -n shop',
    path: '/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings',
    body: 'azhzAAorChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEgtSb2xlQmluZGluZxJcChYKAnJiEgAaBHNob3AiACoAMgA4AEIAEhwKDlNlcnZpY2VBY2NvdW50EgAaAm1lIgRzaG9wGiQKGXJiYWMuYXV0aG9yaXphdGlvbi5rOHMuaW8SBFJvbGUaAXIaACIA',
    stored: {
      kind: 'RoleBinding',
      subjects: [{ kind: 'ServiceAccount', name: 'me', namespace: 'shop' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
    },
  },
  {
    command: 'create clusterrole cr --verb=get --resource=nodes',
    path: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
    body: 'azhzAAorChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEgtDbHVzdGVyUm9sZRIkChIKAmNyEgAaACIAKgAyADgAQgASDgoDZ2V0EgAaBW5vZGVzGgAiAA==',
    stored: { kind: 'ClusterRole', rules: [{ verbs: ['get'], apiGroups: [''], resources: ['nodes'] }] },
  },
  {
    command: 'create clusterrolebinding crb --clusterrole=cr --user=ann',
    path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
    body: 'azhzAAoyChxyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvL3YxEhJDbHVzdGVyUm9sZUJpbmRpbmcSbQoTCgNjcmISABoAIgAqADIAOABCABIoCgRVc2VyEhlyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvGgNhbm4iABosChlyYmFjLmF1dGhvcml6YXRpb24uazhzLmlvEgtDbHVzdGVyUm9sZRoCY3IaACIA',
    stored: {
      kind: 'ClusterRoleBinding',
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'ann' }],
    },
  },
  {
    command: 'auth can-i delete pods -n shop',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: 'azhzAAoyChdhdXRob3JpemF0aW9uLms4cy5pby92MRIXU2VsZlN1YmplY3RBY2Nlc3NSZXZpZXcSPAoQCgASABoAIgAqADIAOABCABIeChwKBHNob3ASBmRlbGV0ZRoAIgAqBHBvZHMyADoAGggIABIAGgAgABoAIgA=',
    stored: {
      spec: { resourceAttributes: { namespace: 'shop', verb: 'delete', resource: 'pods' } },
      status: { allowed: false },
    },
  },
];

const job =
  'azhzAAoPCghiYXRjaC92MRIDSm9iEnYKFQoBahIAGgRzaG9wIgAqADIAOABCABJTMlEKEAoAEgAaACIAKgAyADgAQgASPRIaCgFqEgF4KgBCAGoAcgCAAQCIAQCQAQCiAQAaBU5ldmVyMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAaCCAAKAAwADoAGgAiAA==';

const group = 'aadpodidentity.k8s.io';

describe('the emulated Kubernetes API, as kubectl meets it,', () => {
  let kube: StartedKube;
  beforeEach(async () => {
    kube = await startKube({ namespaces: ['shop'] });
    kube.store.faults = { ...kube.store.faults, deny: [{ verb: 'delete', resource: 'pods' }] };
  });
  afterEach(() => kube.stop());

  async function ask(path: string, method = 'GET', type = 'application/json', body?: string | Buffer) {
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : new Uint8Array(body) };
    const response = await fetch(kube.url + path, { method, headers: { 'content-type': type }, ...sent });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  }
  const asProtobuf = (path: string, body: Buffer) =>
    ask(path, 'POST', 'application/vnd.kubernetes.protobuf', body);

  it.each(recorded)('reads the protobuf of kubectl $command', async ({ path, body, stored }) => {
    const { status, json } = await asProtobuf(path, Buffer.from(body, 'base64'));
    expect(json).toMatchObject(stored);
    expect(status).toBe(201);
  });

  it('names a way around for a kind that it does not read in protobuf', async () => {
    const { status, json } = await asProtobuf(
      '/apis/batch/v1/namespaces/shop/jobs',
      Buffer.from(job, 'base64'),
    );
    expect(status).toBe(415);
    expect(json['message']).toContain('--dry-run=client -o yaml | kubectl apply -f -');
  });

  it.each([
    ['nothing', ''],
    ['no envelope', Buffer.from('{"kind":"Namespace"}').toString('base64')],
    ['a length beyond the end', 'azhzAAr/CgJ2MRIJTmFtZXNwYWNl'],
    ['a number without an end', 'azhzAP//////////'],
    ['a number where text stands', 'azhzAAgB'],
  ])('refuses %s as protobuf with 400', async (_what, body) => {
    const { status } = await asProtobuf('/api/v1/namespaces', Buffer.from(body, 'base64'));
    expect(status).toBe(400);
  });

  it('says in its OpenAPI documents that it checks fields, so that kubectl does not', async () => {
    const { paths } = (await ask('/openapi/v3')).json as {
      paths: Record<string, { serverRelativeURL: string }>;
    };
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['api/v1', `apis/${group}/v1`]));
    for (const { serverRelativeURL } of Object.values(paths)) {
      const document = (await ask(serverRelativeURL)).json as {
        paths: Record<string, { patch: { parameters: { name: string }[] } }>;
      };
      for (const { patch } of Object.values(document.paths)) {
        expect(patch.parameters.map(({ name }) => name)).toContain('fieldValidation');
      }
    }
  });

  it('refuses a field that a definition does not have, when asked to', async () => {
    const path = `/apis/${group}/v1/namespaces/shop/azureidentitybindings`;
    const binding = (name: string) =>
      JSON.stringify({
        apiVersion: `${group}/v1`,
        kind: 'AzureIdentityBinding',
        metadata: { name },
        spec: { azureIdentity: 'web', slector: 'web' },
      });
    const refused = await ask(`${path}?fieldValidation=Strict`, 'POST', 'application/json', binding('a'));
    expect(refused).toMatchObject({
      status: 400,
      json: { message: 'strict decoding error: unknown field "spec.slector"' },
    });
    const pruned = await ask(path, 'POST', 'application/json', binding('b'));
    expect(pruned).toMatchObject({ status: 201, json: { spec: { azureIdentity: 'web' } } });
  });

  it('takes strategic merge patches for its own kinds, and not for those of a definition', async () => {
    const type = 'application/strategic-merge-patch+json';
    await ask('/api/v1/namespaces/shop', 'PATCH', type, '{"metadata":{"labels":{"a":"b"}}}');
    expect(kube.store.get('Namespace', '', 'shop')?.metadata.labels).toMatchObject({ a: 'b' });
    kube.store.seed({
      apiVersion: `${group}/v1`,
      kind: 'AzureIdentity',
      metadata: { name: 'x', namespace: 'shop' },
    });
    const path = `/apis/${group}/v1/namespaces/shop/azureidentities/x`;
    expect((await ask(path, 'PATCH', type, '{}')).status).toBe(415);
  });
});
