import { describe, expect, it } from 'vitest';
import type { AccessFacts } from '../../../../src/domain/access/access-facts.ts';
import { reportAccess } from '../../../../src/domain/access/report-access.ts';
import { identityId } from '../../../workflows/fake-azure.ts';
import {
  agent,
  bound,
  factsWith,
  issuer,
  machine,
  nowMs,
  pod,
  read,
  rights,
  side,
  unread,
  workload,
  workloads,
} from '../access-facts.ts';

function found(facts: AccessFacts): readonly string[] {
  return reportAccess(facts, nowMs).findings.map(
    ({ severity, code, hint }) => `${severity} ${code} → ${hint.toString()}`,
  );
}

const cluster = '-g rg -c aks --subscription sub';
const labelled = { labels: { aadpodidbinding: 'web' }, workload: 'Deployment/web' };
const used = { resources: bound('web'), pods: read([pod('web-1', labelled)]) };
const credentials = (...all: readonly { readonly issuer?: string; readonly subject: string }[]) =>
  new Map([
    side('web', {
      credentials: read(all.map((each) => ({ name: 'trust', issuer, audiences: ['a'], ...each }))),
    }),
  ]);
const azDelete =
  'Where nobody needs it: az identity federated-credential delete --name trust --identity-name web -g rg --subscription sub --yes';
const exception = {
  metadata: { namespace: 'shop', name: 'tools' },
  spec: { podLabels: { tier: 'tools' } },
};
const tools = (count: number, workload: (at: number) => string) =>
  read(
    Array.from({ length: count }, (_, at) =>
      pod(`t-${at}`, { labels: { tier: 'tools' }, workload: workload(at) }),
    ),
  );
const role = (scope: string, name: string): Pick<AccessFacts, 'roles'> => ({
  roles: [
    {
      subscriptionId: 'sub',
      assignments: read([
        {
          id: 'assignment',
          name: 'assignment',
          scope,
          principalId: 'PRINCIPAL-WEB',
          roleDefinitionId: 'R',
          hasCondition: false,
        },
      ]),
      definitions: new Map([['r', { id: 'R', roleName: name, permissions: [] }]]),
    },
  ],
});
const all = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
const installed = read(
  rights(
    { kind: 'ServiceAccount', namespace: 'agents', name: 'podid-nmi' },
    { verbs: ['list'], apiGroups: ['aadpodidentity.k8s.io'], resources: ['azureidentities'] },
  ),
);
const watched = (since: string, more: object = {}) => read({ since, pods: [], ...more });

describe('a finding of an access report', () => {
  it.each<[string, AccessFacts, readonly string[]]>([
    ['is nothing where all is in use', factsWith(used), []],
    [
      'is an exception that takes ten pods',
      factsWith({ resources: { exceptions: [exception] }, pods: tools(10, () => 'Deployment/t') }),
      [
        `high ExceptionBroad → podid exception delete ${cluster} --namespace shop --name tools --mode cluster  # once those that need it have a label of their own and an exception for it`,
      ],
    ],
    [
      'is no exception that takes nine of two workloads',
      factsWith({ resources: { exceptions: [exception] }, pods: tools(9, (at) => `Deployment/${at % 2}`) }),
      [],
    ],
    [
      "is no exception of AKS's own, whatever it takes",
      factsWith({
        resources: {
          exceptions: [{ ...exception, metadata: { namespace: 'kube-system', name: 'aks-addon-exception' } }],
        },
        pods: read(
          Array.from({ length: 20 }, (_, at) =>
            pod(`t-${at}`, { namespace: 'kube-system', labels: { tier: 'tools' } }),
          ),
        ),
      }),
      [],
    ],
    [
      'is a workload on the network of nodes with identities of applications',
      factsWith({
        ...used,
        pods: read([pod('web-1', labelled), pod('p', { hostNetwork: true, workload: 'Deployment/p' })]),
        machines: read([machine(1, ['web'])]),
      }),
      [
        `high HostNetwork → kubectl patch deployment p -n shop -p '{"spec":{"template":{"spec":{"hostNetwork":false}}}}'`,
      ],
    ],
    [
      'is no agent, nothing of kube-system, and nothing on nodes without such identities',
      factsWith({
        ...used,
        pods: read([
          pod('web-1', labelled),
          pod('nmi', { namespace: 'agents', hostNetwork: true, workload: 'DaemonSet/podid-nmi' }),
          pod('proxy', { namespace: 'kube-system', hostNetwork: true }),
        ]),
        agents: read([{ ...agent('node-1'), namespace: 'agents' }]),
        rbac: installed,
        machines: read([machine(1, ['web'])]),
      }),
      [],
    ],
    [
      'is a node without an agent',
      factsWith({ ...used, agents: read([]), machines: read([machine(1, ['web'])]) }),
      [`high NodeUnguarded → podid nmi status ${cluster}`],
    ],
    ...(
      [
        ['is not on the network of its node', { hostNetwork: false }],
        ['nobody let read identities', { namespace: 'shop' }],
      ] as const
    ).map(([what, more]): [string, AccessFacts, readonly string[]] => [
      `is a node whose agent ${what}, and that agent`,
      factsWith({
        ...used,
        agents: read([{ ...agent('node-1'), ...more }]),
        machines: read([machine(1, ['web'])]),
        rbac: installed,
      }),
      [
        `high NodeUnguarded → podid nmi status ${cluster}`,
        `medium AgentFalse → What it is: kubectl get daemonset podid-nmi -n ${'namespace' in more ? 'shop' : 'kube-system'} -o yaml`,
      ],
    ]),
    [
      'is a service account that may do everything, by a binding of whatever name',
      factsWith({
        rbac: read({
          ...rights({ kind: 'ServiceAccount', namespace: 'shop', name: 'ci' }, all),
          bindings: [
            {
              namespace: 'shop',
              name: 'system:x',
              roleKind: 'ClusterRole',
              roleName: 'role',
              subjects: [
                { kind: 'ServiceAccount', namespace: 'shop', name: 'ci' },
                { kind: 'Group', name: 'system:nodes' },
              ],
            },
          ],
        }),
      }),
      ['medium WildcardRights → kubectl edit rolebinding system:x -n shop'],
    ],
    [
      'is a service account that may do everything',
      factsWith({
        rbac: read(
          rights(
            { kind: 'ServiceAccount', namespace: 'shop', name: 'ci' },
            { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          ),
        ),
      }),
      ['high WildcardRights → kubectl edit clusterrolebinding held'],
    ],
    [
      'is less where it may in one namespace alone, and nothing of a person',
      factsWith({
        rbac: read({
          roles: [
            {
              name: 'role',
              rules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], resourceNames: [] }],
            },
          ],
          bindings: ['ServiceAccount', 'User'].map((kind) => ({
            namespace: 'shop',
            name: `of-${kind}`,
            roleKind: 'ClusterRole',
            roleName: 'role',
            subjects: [{ kind, ...(kind === 'User' ? {} : { namespace: 'shop' }), name: 'ci' }],
          })),
        }),
      }),
      ['medium WildcardRights → kubectl edit rolebinding of-ServiceAccount -n shop'],
    ],
    [
      'is trust of the account default',
      factsWith({ ...used, azure: credentials({ subject: 'system:serviceaccount:shop:default' }) }),
      [`high TrustOfDefault → ${azDelete}`],
    ],
    [
      'is trust of an account that is not there',
      factsWith({ ...used, azure: credentials({ subject: 'system:serviceaccount:shop:gone' }) }),
      [`medium TrustDangling → ${azDelete}`],
    ],
    [
      'is trust of another issuer, and not of the one by which AKS binds',
      factsWith({
        ...used,
        azure: credentials(
          { issuer: 'https://ci.example.net', subject: 'repo' },
          { issuer: 'https://ib.oic.prod-aks.azure.com/tenant/client', subject: 'x' },
        ),
      }),
      [`medium TrustOfOtherIssuer → ${azDelete}`],
    ],
    [
      'is a role of a whole group that leads anywhere',
      factsWith({ ...used, ...role('/subscriptions/sub/resourceGroups/rg', 'Owner') }),
      ['medium StrongRole → With a smaller role in its place: az role assignment delete --ids assignment'],
    ],
    [
      'is no such role of one resource, and no small one of a group',
      factsWith({ ...used, ...role('/subscriptions/sub/resourceGroups/rg/providers/A.B/c/d', 'Owner') }),
      [],
    ],
    [
      'is an identity that is gone',
      factsWith({ ...used, azure: new Map([side('web', { state: read('gone') })]) }),
      [`medium IdentityGone → podid delete ${cluster} --namespace shop --name web --mode cluster`],
    ],
    [
      'is an identity on nodes that nobody is bound to',
      factsWith({ machines: read([machine(1, ['left'])]), azure: new Map([side('left')]) }),
      [`medium OnNodesUnused → podid node unassign ${cluster} --identities ${identityId('left')}`],
    ],
    [
      "is none of AKS's own",
      factsWith({
        machines: read([machine(1, ['left'])]),
        azure: new Map([side('left')]),
        cluster: { nodeResourceGroup: 'RG' },
      }),
      [],
    ],
    [
      'is a label that no pod has',
      factsWith({ resources: bound('web') }),
      [
        `low NoPodMatches → Unless somebody starts such pods without a workload: podid delete ${cluster} --namespace shop --name web --mode cluster`,
      ],
    ],
    [
      'is no label that a workload without pods gives to its next',
      factsWith({
        resources: bound('web'),
        workloads: workloads(workload('CronJob', 'web', { labels: { aadpodidbinding: 'web' } })),
      }),
      [],
    ],
    [
      'is nothing that rests on workloads which nobody may read',
      factsWith({
        resources: bound('web'),
        machines: read([machine(1, ['web'])]),
        workloads: new Map([['CronJob', unread('cronjobs')]]),
      }),
      [],
    ],
    [
      'is no identity on nodes that a workload without pods is bound to',
      factsWith({
        resources: bound('web'),
        machines: read([machine(1, ['web'])]),
        workloads: workloads(workload('Deployment', 'web', { labels: { aadpodidbinding: 'web' } })),
      }),
      [],
    ],
    [
      'is silence for as long as all agents have watched',
      factsWith({ ...used, seen: watched('2026-11-01T00:00:00Z') }),
      [`low NeverAsked → podid delete ${cluster} --namespace shop --name web --mode cluster`],
    ],
    ['is no silence of days', factsWith({ ...used, seen: watched('2026-11-25T00:00:00Z') }), []],
    [
      'is no silence that one agent did not tell',
      factsWith({
        ...used,
        seen: watched('2026-11-01T00:00:00Z', {
          nodes: [{ name: 'node-1', since: '2026-11-01T00:00:00Z' }],
          unheard: [{ node: 'node-2', why: 'away' }],
        }),
      }),
      [],
    ],
    [
      'is one identity for two namespaces',
      factsWith({
        resources: {
          identities: [...bound('web').identities, ...bound('web', 'other').identities],
          bindings: [...bound('web').bindings, ...bound('web', 'other').bindings],
        },
        pods: read([pod('web-1', labelled), pod('web-2', { ...labelled, namespace: 'other' })]),
      }),
      [
        `low SharedByNamespaces → With an identity of its own, made by az identity create: podid update ${cluster} --namespace shop --name web --identity IDENTITY --mode cluster`,
      ],
    ],
  ])('%s', (_what, facts, expected) => {
    expect(found(facts)).toEqual(expected);
  });

  it.each<[string, Partial<AccessFacts>]>([
    ['pods', { pods: unread('pods') }],
    ['objects', { objects: unread('objects') }],
    ['agents', { agents: unread('agents') }],
    ['what agents saw', { seen: unread('records') }],
    ['accounts and roles', { serviceAccounts: unread('accounts'), rbac: unread('roles') }],
  ])('is nothing that rests on %s which nobody may read', (_what, more) => {
    const { cluster: _, resources: __, ...plain } = more;
    const facts = factsWith({
      resources: bound('web'),
      machines: read([machine(1, ['web'])]),
      azure: credentials({ subject: 'system:serviceaccount:shop:app' }),
      serviceAccounts: read([
        { namespace: 'shop', name: 'app', annotations: {}, imagePullSecrets: [], secrets: [] },
      ]),
      pods: read([pod('web-1', labelled)]),
      ...plain,
    });
    expect(found(facts)).toEqual([]);
  });
});
