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
  {
    command: 'create deployment web --image=web:1 --replicas=0 --port=80 -n shop -- sleep 1d',
    path: '/apis/apps/v1/namespaces/shop/deployments',
    body: 'azhzAAoVCgdhcHBzL3YxEgpEZXBsb3ltZW50EsUBCiMKA3dlYhIAGgRzaG9wIgAqADIAOABCAFoKCgNhcHASA3dlYhKPAQgAEgwKCgoDYXBwEgN3ZWIadQocCgASABoAIgAqADIAOABCAFoKCgNhcHASA3dlYhJVEjcKA3dlYhIFd2ViOjEaBXNsZWVwGgIxZCoAMgoKABAAGFAiACoAQgBqAHIAgAEAiAEAkAEAogEAGgAyAEIASgBSAFgAYABoAIIBAIoBAJoBAMIBACICCgAoADgAGgwIABAAGAAgACgAOAAaACIA',
    stored: {
      kind: 'Deployment',
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        strategy: {},
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              {
                name: 'web',
                image: 'web:1',
                command: ['sleep', '1d'],
                ports: [{ containerPort: 80 }],
                resources: {},
              },
            ],
          },
        },
      },
    },
  },
  {
    command: 'create job j --image=x -n shop',
    path: '/apis/batch/v1/namespaces/shop/jobs',
    body: 'azhzAAoPCghiYXRjaC92MRIDSm9iEnYKFQoBahIAGgRzaG9wIgAqADIAOABCABJTMlEKEAoAEgAaACIAKgAyADgAQgASPRIaCgFqEgF4KgBCAGoAcgCAAQCIAQCQAQCiAQAaBU5ldmVyMgBCAEoAUgBYAGAAaACCAQCKAQCaAQDCAQAaCCAAKAAwADoAGgAiAA==',
    stored: {
      kind: 'Job',
      spec: {
        template: {
          metadata: {},
          spec: { containers: [{ name: 'j', image: 'x', resources: {} }], restartPolicy: 'Never' },
        },
      },
    },
  },
  {
    command: "create cronjob cj --image=x --schedule='*/5 * * * *' -n shop",
    path: '/apis/batch/v1/namespaces/shop/cronjobs',
    body: 'azhzAAoTCghiYXRjaC92MRIHQ3JvbkpvYhKbAQoWCgJjahIAGgRzaG9wIgAqADIAOABCABJ/CgsqLzUgKiAqICogKhoAKm4KEgoCY2oSABoAIgAqADIAOABCABJYMlYKEAoAEgAaACIAKgAyADgAQgASQhIbCgJjahIBeCoAQgBqAHIAgAEAiAEAkAEAogEAGglPbkZhaWx1cmUyAEIASgBSAFgAYABoAIIBAIoBAJoBAMIBABoAGgAiAA==',
    stored: {
      kind: 'CronJob',
      spec: { schedule: '*/5 * * * *', jobTemplate: { metadata: { name: 'cj' } } },
    },
  },
  {
    command: 'create service clusterip svc --tcp=80:web -n shop',
    path: '/api/v1/namespaces/shop/services',
    body: 'azhzAAoNCgJ2MRIHU2VydmljZRJuCiMKA3N2YxIAGgRzaG9wIgAqADIAOABCAFoKCgNhcHASA3N2YxJDChwKBjgwLXdlYhIDVENQGFAiCQgBEAAaA3dlYigAEgoKA2FwcBIDc3ZjGgAiCUNsdXN0ZXJJUDoAQgBSAFoAYABoABoCCgAaACIA',
    stored: {
      kind: 'Service',
      spec: {
        ports: [{ name: '80-web', protocol: 'TCP', port: 80, targetPort: 'web' }],
        selector: { app: 'svc' },
        type: 'ClusterIP',
      },
    },
  },
  {
    command: 'create ingress i --rule=a/b=svc:80 -n shop',
    path: '/apis/networking.k8s.io/v1/namespaces/shop/ingresses',
    body: 'azhzAAofChRuZXR3b3JraW5nLms4cy5pby92MRIHSW5ncmVzcxJCChUKAWkSABoEc2hvcCIAKgAyADgAQgASJRojCgFhEh4KHAoaCgIvYhINIgsKA3N2YxIECgAQUBoFRXhhY3QaAgoAGgAiAA==',
    stored: {
      spec: {
        rules: [
          {
            host: 'a',
            http: {
              paths: [
                {
                  path: '/b',
                  pathType: 'Exact',
                  backend: { service: { name: 'svc', port: { number: 80 } } },
                },
              ],
            },
          },
        ],
      },
    },
  },
  {
    command: 'create quota q --hard=cpu=1 -n shop',
    path: '/api/v1/namespaces/shop/resourcequotas',
    body: 'azhzAAoTCgJ2MRINUmVzb3VyY2VRdW90YRInChUKAXESABoEc2hvcCIAKgAyADgAQgASDAoKCgNjcHUSAwoBMRoAGgAiAA==',
    stored: { kind: 'ResourceQuota', spec: { hard: { cpu: '1' } } },
  },
  {
    command: 'create poddisruptionbudget pdb --selector=app=web --min-available=50% -n shop',
    path: '/apis/policy/v1/namespaces/shop/poddisruptionbudgets',
    body: 'azhzAAogCglwb2xpY3kvdjESE1BvZERpc3J1cHRpb25CdWRnZXQSQAoXCgNwZGISABoEc2hvcCIAKgAyADgAQgASGQoJCAEQABoDNTAlEgwKCgoDYXBwEgN3ZWIaCggAGAAgACgAMAAaACIA',
    stored: { spec: { minAvailable: '50%', selector: { matchLabels: { app: 'web' } } } },
  },
  {
    command: 'create priorityclass pc --value=-5',
    path: '/apis/scheduling.k8s.io/v1/priorityclasses',
    body: 'azhzAAolChRzY2hlZHVsaW5nLms4cy5pby92MRINUHJpb3JpdHlDbGFzcxI5ChIKAnBjEgAaACIAKgAyADgAQgAQ+///////////ARgAIgAqFFByZWVtcHRMb3dlclByaW9yaXR5GgAiAA==',
    stored: { kind: 'PriorityClass', value: -5, preemptionPolicy: 'PreemptLowerPriority' },
  },
  {
    command: 'autoscale deployment web --max=3 --cpu=50% -n shop',
    path: '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers',
    body: 'azhzAAopCg5hdXRvc2NhbGluZy92MhIXSG9yaXpvbnRhbFBvZEF1dG9zY2FsZXISXwoTCgN3ZWISABoAIgAqADIAOABCABJCChoKCkRlcGxveW1lbnQSA3dlYhoHYXBwcy92MRgDIiIKCFJlc291cmNlIhYKA2NwdRIPCgtVdGlsaXphdGlvbiAyGgQYACAAGgAiAA==',
    stored: {
      spec: {
        maxReplicas: 3,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
          },
        ],
      },
    },
  },
  {
    command: 'auth whoami',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: 'azhzAAotChhhdXRoZW50aWNhdGlvbi5rOHMuaW8vdjESEVNlbGZTdWJqZWN0UmV2aWV3EhoKEAoAEgAaACIAKgAyADgAQgASBgoECgASABoAIgA=',
    stored: { status: { userInfo: { username: 'admin', groups: ['system:authenticated'] } } },
  },
  {
    command: 'auth can-i --list',
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    body: 'azhzAAoxChdhdXRob3JpemF0aW9uLms4cy5pby92MRIWU2VsZlN1YmplY3RSdWxlc1JldmlldxIjChAKABIAGgAiACoAMgA4AEIAEgkKB2RlZmF1bHQaBBgAIgAaACIA',
    stored: { spec: { namespace: 'default' }, status: { incomplete: true } },
  },
];

/** A CertificateSigningRequest without anything in it. */
const unread = 'azhzAAozChZjZXJ0aWZpY2F0ZXMuazhzLmlvL3YxEhlDZXJ0aWZpY2F0ZVNpZ25pbmdSZXF1ZXN0EgA=';

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
    const { status, json } = await asProtobuf('/api/v1/namespaces', Buffer.from(unread, 'base64'));
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

  const deployment = (port: number) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { template: { spec: { containers: [{ name: 'web', ports: [{ containerPort: port }] }] } } },
  });
  const deployments = '/apis/apps/v1/namespaces/shop/deployments';

  it('shows rows where rows are asked for, in lists, of one object and in watches', async () => {
    kube.store.seed(deployment(80));
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const asTable = async (path: string) => (await fetch(kube.url + path, { headers: { accept } })).text();
    const row = ['web', '0/1', 0, 0];
    for (const path of [deployments, `${deployments}/web`]) {
      const table = JSON.parse(await asTable(path));
      expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
      expect(table.rows[0].cells.slice(0, 4)).toEqual(row);
      expect(table.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata' });
    }
    const event = JSON.parse(await asTable(`${deployments}?watch=1&timeoutSeconds=1`));
    expect(event).toMatchObject({ type: 'ADDED', object: { kind: 'Table' } });
    expect(event.object.rows[0].cells.slice(0, 4)).toEqual(row);
    kube.store.seed({
      apiVersion: `${group}/v1`,
      kind: 'AzureIdentityBinding',
      metadata: { name: 'b', namespace: 'shop', creationTimestamp: '2020-01-01T00:00:00Z' },
      spec: { azureIdentity: 'web', selector: 'web' },
    });
    // A definition says itself what is shown.
    const bindings = JSON.parse(await asTable(`/apis/${group}/v1/azureidentitybindings`));
    expect(bindings.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      ...['Name', 'AzureIdentity', 'Selector', 'Age'],
    ]);
    expect(bindings.rows[0].cells).toEqual(['b', 'web', 'web', expect.stringMatching(/^\d+y\d+d$/)]);
    const whole = JSON.parse(await asTable(`${deployments}?includeObject=Object`));
    expect(whole.rows[0].object).toMatchObject({ kind: 'Deployment', spec: deployment(80).spec });
  });

  it.each([
    ['GET', undefined, 200, 1],
    ['PATCH', { spec: { replicas: 3 } }, 200, 3],
    ['PUT', { spec: { replicas: 0 } }, 200, 0],
    ['PATCH', { spec: { replicas: -1 } }, 400, undefined],
    ['PATCH', { spec: 5 }, 400, undefined],
    ['DELETE', undefined, 405, undefined],
  ])('%s of a scale with %o is answered with %i', async (method, body, status, replicas) => {
    kube.store.seed(deployment(80));
    const type = 'application/merge-patch+json';
    const told = await ask(`${deployments}/web/scale`, method, type, body && JSON.stringify(body));
    expect(told.status).toBe(status);
    if (replicas !== undefined) {
      expect(told.json).toMatchObject({ kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas } });
    }
  });

  it.each([
    ['POST', 'exec', "The emulator's nodes run no pods"],
    ['GET', 'exec', "The emulator's nodes run no pods"],
    ['POST', 'attach', "The emulator's nodes run no pods"],
    ['GET', 'portforward', "The emulator's nodes run no pods"],
    ['PATCH', 'ephemeralcontainers', "The emulator's nodes run no pods"],
    ['GET', 'resize', 'pods/resize "p" not found'],
  ])("answers %s of a pod's %s by why it cannot", async (method, subresource, why) => {
    kube.store.seed({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'shop' } });
    const { status, json } = await ask(`/api/v1/namespaces/shop/pods/p/${subresource}`, method);
    expect(json).toMatchObject({ kind: 'Status', status: 'Failure', message: expect.stringContaining(why) });
    expect(status).toBe(json['code']);
  });

  it('ends the rollout of what it was given to run, which it does not, at every change', async () => {
    const noPods = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' };
    const made = await ask(deployments, 'POST', 'application/json', JSON.stringify(deployment(80)));
    expect(made.json).toMatchObject({ status: { observedGeneration: 1, conditions: [noPods] } });
    const type = 'application/merge-patch+json';
    const changed = await ask(`${deployments}/web`, 'PATCH', type, '{"spec":{"replicas":2}}');
    expect(changed.json).toMatchObject({ status: { observedGeneration: 2, unavailableReplicas: 2 } });
    const labelled = await ask(`${deployments}/web`, 'PATCH', type, '{"metadata":{"labels":{"a":"b"}}}');
    expect(labelled.json).toMatchObject({ status: { observedGeneration: 2 } });
  });

  it('merges ports of a Service by port, and of a container by containerPort', async () => {
    const type = 'application/strategic-merge-patch+json';
    kube.store.seed(deployment(80));
    kube.store.seed({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { ports: [{ name: 'a', port: 80 }] },
    });
    const service = {
      spec: {
        ports: [
          { port: 81, name: 'b' },
          { port: 80, targetPort: 8080 },
        ],
      },
    };
    await ask('/api/v1/namespaces/shop/services/web', 'PATCH', type, JSON.stringify(service));
    expect(kube.store.get('Service', 'shop', 'web')?.spec).toEqual({
      ports: [
        { name: 'a', port: 80, targetPort: 8080 },
        { port: 81, name: 'b' },
      ],
    });
    await ask(`${deployments}/web`, 'PATCH', type, JSON.stringify({ spec: deployment(81).spec }));
    const { spec } = kube.store.get('Deployment', 'shop', 'web') ?? {};
    expect(JSON.stringify(spec)).toContain('[{"containerPort":80},{"containerPort":81}]');
  });

  it('has a schema for each of its own kinds that it reads in protobuf, whole', async () => {
    const core = (await ask('/openapi/v3/api/v1')).json as {
      components: { schemas: Record<string, { properties?: Record<string, object> }> };
    };
    const { schemas } = core.components;
    expect(schemas['Pod']?.properties).toMatchObject({
      kind: { type: 'string' },
      spec: { $ref: '#/components/schemas/PodSpec' },
    });
    // Of a message that JSON does not have, its fields.
    expect(schemas['Volume']?.properties).toMatchObject({
      name: { type: 'string' },
      secret: { $ref: '#/components/schemas/SecretVolumeSource' },
    });
    const named = [...JSON.stringify(core).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name = '']) => name,
    );
    expect(named.filter((name) => !Object.hasOwn(schemas, name))).toEqual([]);
    expect(named.length).toBeGreaterThan(100);
  });
});
