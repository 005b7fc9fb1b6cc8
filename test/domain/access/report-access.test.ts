import { describe, expect, it } from 'vitest';
import type { AccessFacts } from '../../../src/domain/access/access-facts.ts';
import { reportAccess } from '../../../src/domain/access/report-access.ts';
import { identityId } from '../../workflows/fake-azure.ts';
import {
  agent,
  bound,
  factsWith,
  issuer,
  machine,
  node,
  nowMs,
  pod,
  read,
  rights,
  side,
  unread,
  workload,
  workloads,
} from './access-facts.ts';

/** Ways to the identity of that name, as `way namespace: who (pods)`. */
function waysTo(name: string, facts: AccessFacts): readonly string[] {
  const { identities } = reportAccess(facts, nowMs);
  const found = identities.find((each) => each.name === name);
  return (found?.ways ?? []).map(
    ({ way, namespace, who, pods }) => `${way} ${namespace || '*'}: ${who} (${pods ?? 'unknown'})`,
  );
}

const trust = (subject: string | undefined, of = issuer) => ({
  name: 'trust',
  issuer: of,
  ...(subject === undefined ? {} : { subject }),
  audiences: ['api://AzureADTokenExchange'],
});

describe('the ways of an access report', () => {
  const labelled = { labels: { aadpodidbinding: 'web' } };

  it.each<[string, AccessFacts, readonly string[]]>([
    [
      'a binding, by the label alone',
      factsWith({
        resources: bound('web'),
        pods: read([pod('a', labelled), pod('b'), pod('c', { ...labelled, namespace: 'other' })]),
      }),
      ['binding shop: pods with aadpodidbinding=web (AzureIdentityBinding shop/web-binding) (1)'],
    ],
    [
      'a binding without any pod',
      factsWith({ resources: bound('web') }),
      ['binding shop: pods with aadpodidbinding=web (AzureIdentityBinding shop/web-binding) (0)'],
    ],
    [
      'a binding whose pods nobody may list',
      factsWith({ resources: bound('web'), pods: unread('pods') }),
      ['binding shop: pods with aadpodidbinding=web (AzureIdentityBinding shop/web-binding) (unknown)'],
    ],
    [
      'no binding with an empty selector',
      factsWith({
        resources: {
          ...bound('web'),
          bindings: [
            { metadata: { namespace: 'shop', name: 'b' }, spec: { azureIdentity: 'web', selector: '' } },
          ],
        },
        pods: read([pod('a', { labels: { aadpodidbinding: '' } })]),
      }),
      [],
    ],
    [
      'an exchange, where the annotation says so',
      factsWith({
        resources: {
          ...bound('web'),
          identities: [
            {
              metadata: {
                namespace: 'shop',
                name: 'web',
                annotations: {
                  'podid.io/token-source': 'exchange',
                  'podid.io/tenant-id': '00000000-0000-4000-8000-00000000aaaa',
                },
              },
              spec: {
                type: 0,
                resourceID: identityId('web'),
                clientID: '00000000-0000-4000-8000-000000000001',
              },
            },
          ],
        },
      }),
      ['exchange shop: pods with aadpodidbinding=web (AzureIdentityBinding shop/web-binding) (0)'],
    ],
    [
      'an exception without any pod, on nodes that carry it',
      factsWith({
        resources: {
          ...bound('web'),
          bindings: [],
          exceptions: [{ metadata: { namespace: 'ops', name: 'e' }, spec: { podLabels: { a: 'b' } } }],
        },
        machines: read([machine(1, ['web'])]),
      }),
      ['exception ops: pods with a=b (AzurePodIdentityException ops/e) (0)'],
    ],
    [
      'no exception without labels, and none on nodes that do not carry it',
      factsWith({
        resources: {
          ...bound('web'),
          bindings: [],
          exceptions: [
            { metadata: { namespace: 'ops', name: 'e' }, spec: {} },
            { metadata: { namespace: 'ops', name: 'f' }, spec: { podLabels: { a: 'b' } } },
          ],
        },
      }),
      [],
    ],
    [
      'the network of the node, and privileged pods',
      factsWith({
        resources: { ...bound('web'), bindings: [] },
        machines: read([machine(1, ['web'])]),
        pods: read([pod('host', { hostNetwork: true }), pod('root', { privileged: true })]),
      }),
      [
        'host-network shop: Pod/host (on the network of its node) (1)',
        'host-network shop: Pod/root (privileged) (1)',
      ],
    ],
    [
      'a node whose agent is not ready, and one with Windows',
      factsWith({
        resources: { ...bound('web'), bindings: [] },
        nodes: read([node(1), node(2, { os: 'windows' })]),
        agents: read([agent('node-1', false)]),
        machines: read([machine(1, ['web']), machine(2, ['web'])]),
        pods: read([pod('a')]),
      }),
      [
        'unguarded-node *: every pod on node node-1 (no agent is ready there) (1)',
        'unguarded-node *: every pod on node node-2 (Windows has no agent) (0)',
      ],
    ],
    [
      'no virtual node',
      factsWith({
        resources: { ...bound('web'), bindings: [] },
        nodes: read([node(1), node(2, { virtual: true, providerId: '' })]),
        machines: read([machine(1, ['web'])]),
      }),
      [],
    ],
    [
      "federated credentials of the cluster's own issuer, to the letter",
      factsWith({
        resources: { ...bound('web'), bindings: [] },
        azure: new Map([
          side('web', {
            credentials: read([
              trust('system:serviceaccount:shop:app'),
              trust('system:serviceaccount:shop:app', issuer.replace(/\/$/, '')),
              trust('repo:org/web'),
              trust(undefined),
            ]),
          }),
        ]),
        pods: read([pod('a', { serviceAccount: 'app' }), pod('b')]),
      }),
      [
        'federated *: whoever fits the expression of federated credential trust (unknown)',
        'federated shop: service account shop/app (federated credential trust) (1)',
      ],
    ],
    [
      'an identity binding, by the right to use it',
      factsWith({
        identityBindings: read([{ name: 'ib', resourceId: identityId('web'), clientId: 'C1' }]),
        rbac: read(
          rights(
            { kind: 'ServiceAccount', namespace: 'shop', name: 'app' },
            { verbs: ['use-managed-identity'], apiGroups: ['cid.wi.aks.azure.com'], resources: ['c1'] },
          ),
        ),
        pods: read([pod('a', { serviceAccount: 'app' }), pod('b')]),
      }),
      ['identity-binding shop: ServiceAccount shop/app (ClusterRoleBinding held, identity binding ib) (1)'],
    ],
    [
      'an identity binding, by wildcards for all accounts of a namespace, and for no person',
      factsWith({
        identityBindings: read([{ name: 'ib', resourceId: identityId('web'), clientId: 'c1' }]),
        rbac: read({
          roles: [
            { name: 'all', rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [] }] },
          ],
          bindings: [
            {
              name: 'b',
              roleKind: 'ClusterRole',
              roleName: 'all',
              subjects: [
                { kind: 'Group', name: 'system:serviceaccounts:shop' },
                { kind: 'User', name: 'ann@example.net' },
                { kind: 'Group', name: 'system:masters' },
              ],
            },
          ],
        }),
        pods: read([pod('a'), pod('b', { namespace: 'other' })]),
      }),
      [
        'identity-binding *: Group system:serviceaccounts:shop (ClusterRoleBinding b, identity binding ib) (1)',
      ],
    ],
  ])('has %s', (_what, facts, ways) => {
    expect(waysTo('web', facts)).toEqual(ways);
  });

  it.each<[string, Parameters<typeof factsWith>[0], readonly string[]]>([
    [
      'binding, by its label',
      { resources: bound('web'), workloads: workloads(workload('CronJob', 'nightly', labelled)) },
      ['binding CronJob/nightly shop/default'],
    ],
    [
      'binding, once for a Deployment and its ReplicaSets',
      {
        resources: bound('web'),
        workloads: workloads(workload('Deployment', 'app', labelled), {
          ...workload('ReplicaSet', 'app-6d5f7c9b8', labelled),
          controller: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'app', uid: 'Deployment-app' },
        }),
      },
      ['binding Deployment/app shop/default'],
    ],
    [
      'federated credential, by its account',
      {
        resources: { ...bound('web'), bindings: [] },
        azure: new Map([side('web', { credentials: read([trust('system:serviceaccount:shop:app')]) })]),
        workloads: workloads(workload('Deployment', 'app', { serviceAccount: 'app' })),
      },
      ['federated Deployment/app shop/app'],
    ],
    [
      'exception, and the network of its node',
      {
        resources: {
          ...bound('web'),
          bindings: [],
          exceptions: [
            { metadata: { namespace: 'shop', name: 'e' }, spec: { podLabels: { tier: 'tools' } } },
          ],
        },
        machines: read([machine(1, ['web'])]),
        workloads: workloads(
          workload('Deployment', 'tool', { labels: { tier: 'tools' } }),
          workload('Deployment', 'host', { hostNetwork: true }),
          workload('Deployment', 'root', { privileged: true, labels: { tier: 'tools' } }),
          workload('Deployment', 'windows', { hostNetwork: true, windows: true }),
        ),
      },
      [
        'exception Deployment/tool shop/default',
        'host-network Deployment/host shop/default',
        'host-network Deployment/root shop/default',
      ],
    ],
    [
      'no way where a Job has ended',
      {
        resources: bound('web'),
        workloads: workloads({ ...workload('Job', 'once', labelled), finished: true }),
      },
      ['binding  '],
    ],
  ])('has of a workload without pods its %s', (_what, more, expected) => {
    const [web] = reportAccess(factsWith(more), nowMs).identities;
    expect(web?.ways.every(({ pods }) => pods === 0)).toBe(true);
    expect(web?.ways.map(({ way, workloads: made, accounts }) => `${way} ${made} ${accounts}`)).toEqual(
      expected,
    );
  });

  it('does not know of ways by workloads that nobody may list', () => {
    const { identities, unread: missing } = reportAccess(
      factsWith({
        resources: bound('web'),
        workloads: new Map([
          ['CronJob', unread('cronjobs')],
          ['Deployment', unread('deployments')],
          ['Job', read([])],
        ]),
      }),
      nowMs,
    );
    expect(identities[0]?.unknown).toEqual(['binding', 'exchange', 'host-network']);
    expect(missing).toEqual([
      { what: 'workloads without pods: CronJob, Deployment', why: 'You may not read cronjobs.' },
    ]);
  });

  it('knows that no workload which nobody may list is bound to an identity that no binding names', () => {
    const { identities } = reportAccess(
      factsWith({
        resources: {
          identities: [...bound('web').identities, ...bound('spare').identities],
          bindings: bound('web').bindings,
        },
        workloads: new Map([['CronJob', unread('cronjobs')]]),
      }),
      nowMs,
    );
    const unknown = identities.map(({ name, unknown: ways }) => `${name} ${ways.includes('binding')}`);
    expect(unknown).toEqual(['spare false', 'web true']);
  });

  it('names pods by what stands at the top of their owners, once, and by their names where that was not read', () => {
    const controller = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      name: 'web',
      uid: 'Rollout-web',
    };
    const operator = { apiVersion: 'example.net/v1', kind: 'Probe', name: 'all', uid: 'of-nobody' };
    const pods = read([
      pod('web-7d9f8c6b5-1', {
        ...labelled,
        workload: 'Deployment/web',
        controllerUid: 'ReplicaSet-web-7d9f8c6b5',
      }),
      pod('old-7d9f8c6b5-1', { ...labelled, workload: 'Deployment/old', controllerUid: 'not-read' }),
      pod('probe-1', { hostNetwork: true, workload: 'DaemonSet/probe', controllerUid: 'DaemonSet-probe' }),
    ]);
    const made = [
      workload('Rollout', 'web', labelled),
      { ...workload('ReplicaSet', 'web-7d9f8c6b5', labelled), controller },
      { ...workload('DaemonSet', 'probe', { hostNetwork: true }), controller: operator },
    ];
    const facts = factsWith({
      resources: bound('web'),
      machines: read([machine(1, ['web'])]),
      pods,
      workloads: workloads(...made),
    });
    const [web] = reportAccess(facts, nowMs).identities;
    expect(web?.ways.map(({ way, workloads: who }) => `${way} ${who}`)).toEqual([
      'binding Deployment/old,Rollout/web',
      'host-network Probe/all',
    ]);
  });

  it('has of a service principal the readers of its Secret, and nothing of nodes', () => {
    const principal = {
      metadata: { namespace: 'shop', name: 'sp' },
      spec: {
        type: 1,
        clientID: 'app',
        tenantID: 'tenant',
        clientPassword: { name: 'key', namespace: 'shop' },
      },
    };
    const readers = (resourceNames: readonly string[], namespace?: string) =>
      read(
        rights(
          { kind: 'User', name: 'ann' },
          { verbs: ['get'], resources: ['secrets'], resourceNames },
          namespace,
        ),
      );
    const facts = (rbac: AccessFacts['rbac']) =>
      factsWith({
        resources: { identities: [principal] },
        rbac,
        pods: read([pod('a', { secrets: ['key'] })]),
      });
    const coming = factsWith({
      resources: { identities: [principal] },
      workloads: workloads(workload('CronJob', 'nightly', { secrets: ['key'] })),
    });
    expect(waysTo('shop/sp', coming)).toEqual(['secret shop: pods that mount Secret shop/key (0)']);
    const mounts = 'secret shop: pods that mount Secret shop/key (1)';
    const ann = 'secret *: User ann, who may read Secret shop/key';
    expect(waysTo('shop/sp', facts(readers([])))).toEqual([`${ann} (ClusterRoleBinding held) (0)`, mounts]);
    expect(waysTo('shop/sp', facts(readers(['key'], 'shop')))).toEqual([
      `${ann} (RoleBinding shop/held) (0)`,
      mounts,
    ]);
    expect(waysTo('shop/sp', facts(readers(['other'])))).toEqual([mounts]);
    expect(waysTo('shop/sp', facts(readers([], 'other')))).toEqual([mounts]);
    const [found] = reportAccess(facts(unread('roles')), nowMs).identities;
    expect(found?.unknown).toEqual(['federated', 'secret']);
  });

  it('does not know whether an agent of another namespace guards where nobody may read rights', () => {
    const unknown = (namespace: string) => {
      const facts = factsWith({
        resources: bound('web'),
        agents: read([{ ...agent('node-1'), namespace }]),
        rbac: unread('roles'),
        machines: read([machine(1, ['web'])]),
      });
      const [web] = reportAccess(facts, nowMs).identities;
      expect(web?.ways.map(({ way }) => way)).toEqual(['binding']);
      return web?.unknown.includes('unguarded-node');
    };
    expect([unknown('agents'), unknown('kube-system')]).toEqual([true, false]);
  });

  it('knows one identity by all that name it', () => {
    const facts = factsWith({
      resources: {
        identities: [
          {
            metadata: { namespace: 'a', name: 'one' },
            spec: { resourceID: identityId('web').toUpperCase() },
          },
          { metadata: { namespace: 'b', name: 'two' }, spec: { clientID: 'CLIENT-WEB' } },
        ],
      },
      machines: read([machine(1, ['web', 'other'])]),
      serviceAccounts: read([
        {
          namespace: 'shop',
          name: 'app',
          annotations: { 'azure.workload.identity/client-id': 'client-native' },
          imagePullSecrets: [],
          secrets: [],
        },
      ]),
      idsByClient: new Map([
        ['client-web', identityId('web')],
        ['client-native', identityId('native')],
      ]),
      azure: new Map([side('web'), side('other'), side('native')]),
    });
    const { identities } = reportAccess(facts, nowMs);
    expect(identities.map(({ name, objects }) => [name, objects])).toEqual([
      ['native', []],
      ['other', []],
      ['web', ['a/one', 'b/two']],
    ]);
  });

  it('says the day on which a pod of it last asked, also by a pod that is gone', () => {
    const seen = read({
      since: '2026-11-01T00:00:00Z',
      pods: [
        {
          namespace: 'shop',
          name: 'web-6d5f7c9b8-abcde',
          controller: { kind: 'ReplicaSet', name: 'web-6d5f7c9b8', uid: 'u' },
          sdk: '',
          version: '',
          lastAsked: '2026-11-29T23:59:59Z',
          chosenBy: 'nothing' as const,
        },
      ],
    });
    const pods = read([pod('web-1', { labels: { aadpodidbinding: 'web' }, workload: 'Deployment/web' })]);
    const [web] = reportAccess(factsWith({ resources: bound('web'), pods, seen }), nowMs).identities;
    expect(web?.lastAsked).toBe('2026-11-29');
  });
});
